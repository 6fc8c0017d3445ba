import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { CommandResult, type ScreenCommand } from '../domain/protocol/screen-commands.ts';
import { TotemSnapshot } from '../domain/protocol/screens.ts';
import type { ServiceMessage } from '../platform/service.ts';
import { systemClock } from '../platform/system.ts';
import { eventually } from '../platform/testing/eventually.ts';
import { kioskPaths } from './data-folder.ts';
import { enrolFolder, KIOSK_ID, SERVICE_ID } from './testing/kiosk-harness.ts';
import { StubServer } from './testing/stub-server.ts';

const ENTRY = fileURLToPath(new URL('./main.ts', import.meta.url));
const KILLER = new URL('./testing/kill-at-write.ts', import.meta.url).href;
/** Far beyond the writes of one sale: the walk ends by itself when a sale has none left. */
const MOST_WRITES = 60;
const RANDOM_KILLS = 3;

const cleanups: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

interface Kill {
  readonly at: number;
  readonly when: 'before' | 'after';
  /** Counted from the program's start, and not from the first commit of a sale. */
  readonly anySale?: boolean;
}

interface Program {
  readonly base: string;
  readonly child: ChildProcess;
  readonly gone: Promise<unknown>;
}

/** One totem's folder and its server, for a single sale. */
async function shop() {
  const server = new StubServer(systemClock);
  await server.start();
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-crash-points-'));
  const report = join(dataDir, 'killed-at');
  enrolFolder(dataDir, server);
  const children = new Set<ChildProcess>();
  const close = async (): Promise<void> => {
    for (const child of children) child.kill('SIGKILL');
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  cleanups.push(close);

  /** @returns null when it was killed before it was ready */
  async function run(kill: Kill | null): Promise<Program | null> {
    const child = fork(ENTRY, {
      execPath: process.execPath,
      execArgv: ['--import', KILLER],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {
        ...process.env,
        TOTEM_KIOSK_PORT: '0',
        TOTEM_DATA_DIR: dataDir,
        TOTEM_SYNC_URL: server.url,
        TOTEM_PRINTER: 'mock',
        TOTEM_RENDERER_DIR: dataDir,
        TOTEM_TECHNICIAN_PIN: '4711',
        ...(kill === null
          ? {}
          : {
              KILL_AT: String(kill.at),
              KILL_WHEN: kill.when,
              KILL_REPORT: report,
              KILL_FROM_START: String(kill.anySale === true),
            }),
      },
    });
    children.add(child);
    const gone = once(child, 'exit');
    const message = await Promise.race([
      once(child, 'message').then(([first]) => first as ServiceMessage),
      gone.then(() => null),
    ]);
    if (message === null) return null;
    if (message.kind !== 'ready') throw new Error(message.message);
    return { child, gone, base: new URL(message.addresses['totem'] ?? '').origin };
  }

  return { server, dataDir, report, run, close };
}

type Shop = Awaited<ReturnType<typeof shop>>;

async function started(place: Shop, kill: Kill | null): Promise<Program> {
  const program = await place.run(kill);
  if (program === null) throw new Error('the program ended before it was ready');
  return program;
}

async function checkoutOf({ base }: Program) {
  const response = await fetch(`${base}/api/screens/totem/snapshot`);
  return TotemSnapshot.parse(await response.json());
}

async function command({ base }: Program, body: ScreenCommand): Promise<CommandResult> {
  const response = await fetch(`${base}/api/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return CommandResult.parse(await response.json());
}

/** Whatever state the totem is found in: goes on with the sale, until its ticket is out and the server knows it all. */
async function sell(program: Program, { server }: Shop, how: Sale): Promise<void> {
  await eventually(async () => expect((await checkoutOf(program)).services).not.toEqual([]));
  await eventually(async () => {
    const { checkout } = await checkoutOf(program);
    if (checkout.step === 'idle') {
      await command(program, { kind: 'checkout.start', serviceId: SERVICE_ID });
    }
    if (checkout.step === 'awaiting_payment') how.pay(server, checkout.sessionId);
    expect(checkout.step).toBe('ticket');
  });
  await eventually(() => expect(kindsOf(server)).toEqual(expect.arrayContaining([...how.kinds])));
  await eventually(async () => {
    const response = await fetch(`${program.base}/api/screens/technician/snapshot`);
    const technician = (await response.json()) as { sync: { outboxPending: number } };
    expect(technician.sync.outboxPending).toBe(0);
  });
}

interface Sale {
  pay(server: StubServer, sessionId: string): void;
  readonly kinds: readonly string[];
}

const isPaid = (server: StubServer, sessionId: string): boolean =>
  server.feed.some(
    ({ kind, payload }) =>
      kind === 'payment.confirmed' && (payload as { sessionId: string }).sessionId === sessionId,
  );

const PIX: Sale = {
  pay(server, sessionId) {
    if (!isPaid(server, sessionId)) server.pay(sessionId, KIOSK_ID);
  },
  kinds: ['session.opened', 'ticket.issued', 'ticket.print_finished', 'ticket.queued'],
};

const kindsOf = (server: StubServer): string[] => [...new Set(server.pushed.map(({ kind }) => kind))];

/** What has to hold of the folder and of the server after the sale, however often the totem was killed in it. */
function expectOneSale({ dataDir, server }: Shop, context: string): void {
  const db = new Database(kioskPaths(dataDir).database, { readonly: true });
  const all = (sql: string): unknown[] => db.prepare(sql).pluck().all();
  try {
    expect(all('PRAGMA integrity_check'), context).toEqual(['ok']);
    expect(all('PRAGMA foreign_key_check'), context).toEqual([]);
    expect(all('SELECT status FROM payment_sessions'), context).toEqual(['paid']);
    expect(all('SELECT status FROM tickets'), context).toEqual(['in_queue']);
    expect(all(`SELECT count(*) FROM print_jobs WHERE kind = 'ticket'`), context).toEqual([1]);
    expect(all(`SELECT count(*) FROM session_transitions WHERE to_status = 'paid'`), context).toEqual([1]);
    expect(all('SELECT feed_cursor FROM sync_state'), context).toEqual([server.feed.length]);
    expect(all('SELECT count(*) FROM outbox WHERE outcome IS NULL'), context).toEqual([0]);
    // Once in effect: each event has one id, and each fact was told by one event.
    const stored = all('SELECT event_id FROM outbox ORDER BY event_id');
    expect([...new Set(server.pushed.map(({ id }) => id))].toSorted(), context).toEqual(stored);
    expect(all('SELECT kind FROM outbox ORDER BY kind'), context).toEqual([...PIX.kinds].toSorted());
    expect(all('SELECT count(*) FROM print_attempts'), context).toEqual([1]);
  } finally {
    db.close();
  }
}

/** @returns what the program was writing when it was killed; null when the sale has no such write */
async function sellWithKill(kill: Kill): Promise<string | null> {
  const place = await shop();
  const first = await started(place, kill);
  let ended = false;
  const gone = first.gone.then(() => {
    ended = true;
  });
  const sold = sell(first, place, PIX).catch((error: unknown) => {
    if (!ended && first.child.exitCode === null && first.child.signalCode === null) throw error;
  });
  await Promise.race([gone, sold]);
  if (!existsSync(place.report)) {
    await sold;
    expectOneSale(place, 'without a kill');
    first.child.kill('SIGKILL');
    await gone;
    await place.close();
    return null;
  }
  await gone;
  const point = readFileSync(place.report, 'utf8').trim();
  const second = await started(place, null);
  await sell(second, place, PIX);
  expectOneSale(place, `killed ${kill.when} commit ${kill.at}: ${point}`);
  second.child.kill('SIGKILL');
  await second.gone;
  await place.close();
  return point;
}

/** By what a commit writes, the name that a person gives it. */
const NAMES: readonly (readonly [name: string, writes: RegExp])[] = [
  ['session stored', /INSERT payment_sessions/],
  ['paper ended', /UPDATE print_attempts/],
  ['ticket, paper and event stored with the cursor', /INSERT tickets/],
  ['charge stored', /UPDATE payment_sessions/],
  ['paper begun', /INSERT print_attempts/],
  ['event answered', /UPDATE outbox/],
];

const nameOf = (point: string): string => NAMES.find(([, writes]) => writes.test(point))?.[0] ?? point;

test.each(['before', 'after'] as const)(
  'killed %s each commit of a sale, it is one ticket, one paper, and told once (PowerSync #308)',
  async (when) => {
    const points: string[] = [];
    for (let at = 1; at <= MOST_WRITES; at += 1) {
      const point = await sellWithKill({ at, when });
      if (point === null) break;
      points.push(nameOf(point));
    }
    console.log(`  killed ${when}: ${points.join(' | ')}`);
    expect(points.length).toBeLessThan(MOST_WRITES);
    expect(points).toEqual(expect.arrayContaining(NAMES.map(([name]) => name)));
  },
  120_000,
);

test(`killed at ${RANDOM_KILLS} random commits, one after the other`, async () => {
  const seed = Number(process.env['TOTEM_SEED'] ?? randomInt(1_000_000));
  console.log(`  TOTEM_SEED=${seed} replays these kills`);
  const place = await shop();
  let state = seed;
  for (let round = 0; round < RANDOM_KILLS; round += 1) {
    // Park and Miller's generator: the same on every machine.
    state = (state * 48_271 + 1) % 2_147_483_647;
    const kill: Kill = { at: 1 + (state % 4), when: state % 8 < 4 ? 'before' : 'after', anySale: true };
    const program = await place.run(kill);
    if (program === null) continue;
    const sold = sell(program, place, PIX).catch(() => undefined);
    await Promise.race([program.gone, sold]);
    program.child.kill('SIGKILL');
    await program.gone;
  }
  const last = await started(place, null);
  await sell(last, place, PIX);
  last.child.kill('SIGKILL');
  await last.gone;
  expectOneSale(place, `seed ${seed}`);
});
