import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Bank, type BankPix } from './bank/bank.ts';
import { BankApi } from './bank/bank-api.ts';
import { Callbacks } from './bank/callbacks.ts';
import type { Told } from './people/operator.ts';
import { KioskSide } from './sides/kiosk-side.ts';
import { ServerSide } from './sides/server-side.ts';
import type { ServerStorage } from './sides/server-storage.ts';
import type { Paper } from './sides/sim-printer.ts';
import { Machine } from './world/machine.ts';
import { GOOD_LINE, Line } from './world/network.ts';
import type { World } from './world/world.ts';

/** A hall with two totems, its server, a bank far away, and the lines between them. */
export interface Hall {
  readonly world: World;
  readonly server: ServerSide;
  readonly kiosks: readonly KioskSide[];
  readonly bank: Bank;
  readonly bankApi: BankApi;
  readonly callbacks: Callbacks;
  readonly lines: { readonly kiosks: readonly Line[]; readonly bank: Line; readonly callbacks: Line };
  /** Every paper that came out of any printer. */
  readonly papers: Paper[];
  /** Every answer that an operator was given. */
  readonly told: Told[];
  /** Every Pix whose callback the server has answered with 200, in the order of the answers. */
  readonly acknowledged: BankPix[];
}

export const KIOSK_IDS = ['totem-1', 'totem-2'] as const;
/** A machine that lost its power is switched on again after this long, ms. */
const OFF_MS = { from: 500, to: 20_000 };

export function buildHall(
  world: World,
  storage: ServerStorage,
  disk: { readonly folder: string; readonly template: string },
): Hall {
  const { random, agenda } = world;
  const bank = new Bank(world);
  const bankApi = new BankApi(world, bank);
  const server = new ServerSide(world, storage, 0);
  const toBank = new Line(world, 'bank line', GOOD_LINE, () => (request) => bankApi.answer(request));
  server.lineToBank = toBank;
  const callbackLine = new Line(world, 'callbacks', GOOD_LINE, () => server.listener());
  const bankLife = new Machine(world, 'bank', 0).boot();
  const callbacks = new Callbacks(world, bank, bankLife, callbackLine);
  const acknowledged: BankPix[] = [];
  callbacks.onAcknowledged = (pix) => acknowledged.push(pix);
  const papers: Paper[] = [];
  const folder = join(disk.folder, String(world.seed));
  mkdirSync(folder, { recursive: true });
  const kiosks = KIOSK_IDS.map(
    (kioskId) =>
      new KioskSide(world, {
        kioskId,
        folder,
        template: disk.template,
        skewMs: random.int(-3_000, 3_000),
        line: new Line(world, `${kioskId} ->`, GOOD_LINE, () => server.listener()),
        papers,
      }),
  );
  server.onDeath = () =>
    void agenda.after(random.int(OFF_MS.from, OFF_MS.to), 'server is switched on', () => {
      if (!server.machine.alive) server.start().catch((error: unknown) => world.fail(error));
    });
  for (const kiosk of kiosks)
    kiosk.onDeath = () =>
      void agenda.after(random.int(OFF_MS.from, OFF_MS.to), `${kiosk.kioskId} is switched on`, () => {
        if (!kiosk.goneForGood && !kiosk.machine.alive) kiosk.start();
      });
  return {
    world,
    server,
    kiosks,
    bank,
    bankApi,
    callbacks,
    lines: { kiosks: kiosks.map((kiosk) => kiosk.line), bank: toBank, callbacks: callbackLine },
    papers,
    told: [],
    acknowledged,
  };
}
