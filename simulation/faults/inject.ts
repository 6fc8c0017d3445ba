import { CONFIRMATION_LEASE_MS, RESCUE_MARGIN_MS } from '../../domain/protocol/leases.ts';
import type { Hall } from '../hall.ts';
import { customerArrives } from '../people/customer.ts';
import { enrol, revoke } from '../people/manager.ts';
import { PIN } from '../sides/kiosk-side.ts';
import type { Line } from '../world/network.ts';
import type { FaultEvent, Profile } from './profile.ts';

const HOUR_MS = 60 * 60_000;
/** After so long an operator may rescue what a totem has heard nothing of. */
const LEASE_MS = CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS;

/** Plans the profile's events at moments of the seed's choice, and switches its standing faults on. */
export function injectFaults(hall: Hall, profile: Profile): void {
  const { world } = hall;
  for (const { line } of hall.kiosks) line.faults = profile.kioskLine;
  for (const { bank, callbacks, line, callbackLine } of hall.banks) {
    line.faults = profile.bankLine;
    callbackLine.faults = profile.callbackLine;
    bank.faults = profile.bank;
    callbacks.faults = profile.callbacks;
  }
  hall.replay.chance = profile.feedRepeats;
  hall.lateClaims.chance = profile.lateClaims;
  for (const { printer } of hall.kiosks) printer.faults = profile.printer;
  for (const [kind, count] of Object.entries(profile.events) as [FaultEvent, number][])
    for (let index = 0; index < count; index += 1)
      world.agenda.after(world.random.int(1_000, profile.faultsMs), `fault ${kind}`, () => {
        if (world.faulty) EVENTS[kind](hall);
      });
}

/** Everything works again; who is gone for good stays gone, and a clock that is wrong stays wrong. */
export function healEverything(hall: Hall): void {
  const { world } = hall;
  world.faulty = false;
  world.tell('world', 'all faults end');
  for (const { line } of hall.kiosks) line.cut = false;
  for (const { line, callbackLine } of hall.banks) {
    line.cut = false;
    callbackLine.cut = false;
  }
  hall.server.deathAtCommit = null;
  hall.mishap.fate = null;
  hall.poison.kind = null;
  hall.poison.about = null;
  for (const kiosk of hall.kiosks) {
    kiosk.deathAtCommit = null;
    kiosk.plugged = true;
    kiosk.printer.status = 'ready';
  }
}

/** Each commit of the server writes to some of these. */
const TABLES = [
  'webhook_inbox',
  'payment_transactions',
  'receipts',
  'refunds',
  'sync_events',
  'tickets',
  'queue_commands',
  'number_leases',
] as const;

const EVENTS: Readonly<Record<FaultEvent, (hall: Hall) => void>> = {
  kioskDies: ({ world, kiosks }) => world.random.pick(kiosks).kill('of a power cut'),
  serverDies: ({ server }) => server.kill('of a power cut'),
  kioskDiesInCommit: ({ world, kiosks }) => {
    world.random.pick(kiosks).deathAtCommit = death(world.random);
  },
  serverDiesInCommit: ({ world, server }) => {
    const { left, where } = death(world.random);
    // Most commits are of the same few tables: the others get their turn by name.
    const isOfTable = world.random.chance(0.6);
    server.deathAtCommit = isOfTable
      ? { left: world.random.int(1, 3), where, table: world.random.pick(TABLES) }
      : { left, where, table: null };
  },
  callbackUnstored: ({ world, mishap }) => {
    mishap.fate = world.random.pick(['fails', 'before']);
  },
  databaseFails: ({ world, server }) => {
    server.deathAtCommit = { left: 1, where: 'fails', table: world.random.pick(TABLES) };
  },
  kioskGoneForGood: ({ world, kiosks }) => {
    const kiosk = world.random.pick(kiosks);
    kiosk.goneForGood = true;
    kiosk.kill('for good');
  },
  kioskCut: ({ world, kiosks }) => {
    const kiosk = world.random.pick(kiosks);
    // Now and then for longer than the lease of a confirmation: an operator may have rescued the ticket meanwhile.
    const isLong = world.random.chance(0.4);
    cutFor(
      world,
      kiosk.line,
      isLong ? world.random.int(LEASE_MS - 3_000, 2 * LEASE_MS) : world.random.int(2_000, 60_000),
    );
    // Its own cable, or something farther away.
    if (world.random.chance(0.3)) {
      kiosk.plugged = false;
      world.agenda.after(world.random.int(2_000, 60_000), 'cable', () => {
        kiosk.plugged = true;
      });
    }
  },
  bankCut: ({ world, banks }) =>
    cutFor(world, world.random.pick(banks).line, world.random.int(2_000, 60_000)),
  callbacksCut: ({ world, banks }) =>
    cutFor(world, world.random.pick(banks).callbackLine, world.random.int(2_000, 60_000)),
  kioskClockSet: ({ world, kiosks }) => {
    const { machine } = world.random.pick(kiosks);
    machine.skewMs += jump(world.random);
    world.tell(machine.name, `clock is now off by ${machine.skewMs} ms`);
  },
  serverClockSet: ({ world, server }) => {
    server.machine.skewMs += jump(world.random);
    world.tell('server', `clock is now off by ${server.machine.skewMs} ms`);
  },
  paperOut: (hall) => printerTrouble(hall, 'paper_out'),
  printerOff: (hall) => printerTrouble(hall, 'offline'),
  chargeClosedByBank: ({ world, banks }) => {
    const { bank } = world.random.pick(banks);
    const open = [...bank.charges.values()].filter((charge) => charge.status === 'ATIVA');
    if (open.length > 0) bank.withdraw(world.random.pick(open), 'bank');
  },
  lie: ({ world, banks }) => {
    const { bank, callbacks } = world.random.pick(banks);
    const open = [...bank.charges.values()].filter((charge) => charge.status === 'ATIVA');
    if (open.length === 0) return;
    const charge = world.random.pick(open);
    callbacks.lie(charge.txid, charge.amountCents);
  },
  technicianReprints: ({ world, kiosks }) => {
    const { engine, kioskId } = world.random.pick(kiosks);
    const [job] = engine?.snapshot('technician').needsAttention ?? [];
    const ticketId = job?.ticketId ?? null;
    if (engine === null || ticketId === null) return;
    world.tell('technician', `reprints ${job?.label} at ${kioskId}`);
    void engine.execute({ kind: 'technician.reprint', pin: PIN, ticketId });
  },
  serverFlaps: ({ world, server }) => {
    server.kill('of a bad start');
    // The next life is as short.
    server.deathAtCommit = { left: world.random.int(1, 4), where: 'before', table: null };
  },
  totemRevoked: (hall) =>
    revoke(hall, hall.world.random.pick(hall.kiosks), hall.world.random.int(2_000, 40_000)),
  folderLost: (hall) => {
    const kiosk = hall.world.random.pick(hall.kiosks);
    if (!kiosk.machine.alive) return;
    kiosk.loseFolder();
    enrol(hall, kiosk);
  },
  backupRestored: ({ world, kiosks, banks }) => {
    const kiosk = world.random.pick(kiosks);
    if (!kiosk.machine.alive) return;
    kiosk.backUp();
    world.tell(kiosk.kioskId, 'is copied');
    const restoredAfterMs = world.random.int(10_000, 80_000);
    world.agenda.after(restoredAfterMs, 'a copy is restored', () => {
      if (world.faulty && kiosk.machine.alive) kiosk.restoreBackUp(world.random.chance(0.6));
    });
    // What was sold between the copy and its return is what it does not know.
    for (const afterMs of [restoredAfterMs / 2, restoredAfterMs + 40_000])
      world.agenda.after(afterMs, 'customer arrives', () =>
        customerArrives(world, {
          kiosk,
          banks,
          manners: {
            onTime: 1,
            late: 0,
            twice: 0,
            wrongAmount: 0,
            cancels: 0,
            cancelsAndPays: 0,
            walksAway: 0,
          },
          atCounterChance: 1,
          prefix: 'K',
        }),
      );
  },
  poison: ({ world, poison }) => {
    poison.kind = world.random.pick([
      'ticket.queued',
      'session.ended',
      'ticket.issued',
      'queue.executed_locally',
    ]);
    world.tell('server', `fails over the next ${poison.kind}`);
  },
};

function death(random: { int(from: number, to: number): number; chance(p: number): boolean }) {
  return { left: random.int(1, 12), where: random.chance(0.5) ? ('before' as const) : ('after' as const) };
}

function cutFor(world: Hall['world'], line: Line, durationMs: number): void {
  line.cut = true;
  world.tell(line.name, `is cut for ${durationMs} ms`);
  world.agenda.after(durationMs, 'line heals', () => {
    line.cut = false;
  });
}

/** Minutes to hours, either way. */
function jump(random: Hall['world']['random']): number {
  const sizeMs = random.pick([90_000, 10 * 60_000, HOUR_MS, 5 * HOUR_MS]);
  return random.chance(0.5) ? sizeMs : -sizeMs;
}

function printerTrouble({ world, kiosks }: Hall, status: 'paper_out' | 'offline'): void {
  const { printer, kioskId } = world.random.pick(kiosks);
  printer.status = status;
  world.tell(kioskId, `printer: ${status}`);
  world.agenda.after(world.random.int(1_000, 40_000), 'printer mended', () => {
    printer.status = 'ready';
  });
}
