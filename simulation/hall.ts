import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Bank, type BankPix } from './bank/bank.ts';
import { BankApi } from './bank/bank-api.ts';
import { Callbacks } from './bank/callbacks.ts';
import type { Told } from './people/operator.ts';
import { KioskSide } from './sides/kiosk-side.ts';
import type { Memories } from './sides/memories.ts';
import { ServerSide } from './sides/server-side.ts';
import type { CommitFate, ServerStorage } from './sides/server-storage.ts';
import type { Paper } from './sides/sim-printer.ts';
import { Machine } from './world/machine.ts';
import { GOOD_LINE, Line, type Listener, type WireRequest } from './world/network.ts';
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
  /** The server fails over this event, whatever comes with it. */
  readonly poison: Poison;
  /** What befalls the server while it stores the next callback. */
  readonly mishap: { fate: CommitFate | null };
  /** How often the feed begins with entries that its reader has had: it is delivered at least once. */
  readonly replay: { chance: number };
  /** Every Pix whose callback the server has answered with 200, in the order of the answers. */
  readonly acknowledged: BankPix[];
}

/** A bug of the server: the next event of that kind, known again by its content, is answered by 500 each time. */
export interface Poison {
  kind: string | null;
  about: string | null;
}

export const KIOSK_IDS = ['totem-1', 'totem-2'] as const;
/** A machine that lost its power is switched on again after this long, ms. */
const OFF_MS = { from: 500, to: 20_000 };
/** Or nobody looks after it for a while: longer than the lease of a confirmation. */
const LONG_OFF_MS = { from: 70_000, to: 130_000 };
const LONG_OFF_CHANCE = 0.15;

export function buildHall(
  world: World,
  storage: ServerStorage,
  disk: { readonly folder: string; readonly template: string },
  memories: Memories,
): Hall {
  const { random, agenda } = world;
  const bank = new Bank(world);
  const bankApi = new BankApi(world, bank);
  const server = new ServerSide(world, storage, 0);
  const toBank = new Line(world, 'bank line', GOOD_LINE, () => (request) => bankApi.answer(request));
  server.lineToBank = toBank;
  const mishap: Hall['mishap'] = { fate: null };
  const callbackLine = new Line(world, 'callbacks', GOOD_LINE, () => storing(server, mishap));
  const bankLife = new Machine(world, 'bank', 0).boot();
  const callbacks = new Callbacks(world, bank, bankLife, callbackLine);
  const acknowledged: BankPix[] = [];
  callbacks.onAcknowledged = (pix) => acknowledged.push(pix);
  const poison: Poison = { kind: null, about: null };
  const replay = { chance: 0 };
  const papers: Paper[] = [];
  const folder = join(disk.folder, String(world.seed));
  mkdirSync(folder, { recursive: true });
  const kiosks = KIOSK_IDS.map(
    (kioskId) =>
      new KioskSide(world, {
        kioskId,
        folder,
        template: disk.template,
        memories,
        skewMs: random.int(-3_000, 3_000),
        line: new Line(
          world,
          `${kioskId} ->`,
          GOOD_LINE,
          repeating(
            world,
            replay,
            poisoned(poison, () => server.listener()),
          ),
        ),
        papers,
      }),
  );
  server.onDeath = () =>
    void agenda.after(random.int(OFF_MS.from, OFF_MS.to), 'server is switched on', () => {
      if (!server.machine.alive) server.start().catch((error: unknown) => world.fail(error));
    });
  for (const kiosk of kiosks)
    kiosk.onDeath = () => {
      const { from, to } = random.chance(LONG_OFF_CHANCE) ? LONG_OFF_MS : OFF_MS;
      agenda.after(random.int(from, to), `${kiosk.kioskId} is switched on`, () => {
        if (!kiosk.goneForGood && !kiosk.machine.alive) kiosk.start();
      });
    };
  return {
    world,
    server,
    kiosks,
    bank,
    bankApi,
    callbacks,
    lines: { kiosks: kiosks.map((kiosk) => kiosk.line), bank: toBank, callbacks: callbackLine },
    papers,
    poison,
    mishap,
    replay,
    told: [],
    acknowledged,
  };
}

function storing(server: ServerSide, mishap: Hall['mishap']): ReturnType<Listener> {
  const answer = server.listener();
  if (answer === null || mishap.fate === null) return answer;
  server.deathAtCommit = { left: 1, where: mishap.fate, table: 'webhook_inbox' };
  mishap.fate = null;
  return answer;
}

/** What is asked for from the feed is answered from some entries before. */
function repeating(world: World, replay: Hall['replay'], listener: Listener): Listener {
  return () => {
    const answer = listener();
    if (answer === null) return null;
    return (request) => {
      const after = Number(/^\/v1\/feed\?.*\bafter=(\d+)/.exec(request.path)?.[1] ?? 0);
      if (after === 0 || !world.faulty || !world.random.chance(replay.chance)) return answer(request);
      const earlier = Math.max(0, after - world.random.int(1, 4));
      world.tell('server', `repeats ${after - earlier} entries of its feed`);
      const { 'last-event-id': _, ...headers } = request.headers;
      return answer({
        ...request,
        headers,
        path: request.path.replace(`after=${after}`, `after=${earlier}`),
      });
    };
  };
}

function poisoned(poison: Poison, listener: Listener): Listener {
  return () => {
    const answer = listener();
    if (answer === null || poison.kind === null) return answer;
    return async (request) =>
      isPoisoned(poison, request)
        ? { status: 500, headers: { 'content-type': 'application/json' }, body: FAILED }
        : answer(request);
  };
}

const FAILED = JSON.stringify({ error: { code: 'internal_error', message: 'a bug' } });

/** An event that was set aside has a new id when it is sent again, so it is known by its content. */
function isPoisoned(poison: Poison, { path, headers, body }: WireRequest): boolean {
  if (!path.startsWith('/v1/sync/push')) return false;
  const text =
    headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : Buffer.from(body).toString();
  const { events } = JSON.parse(text) as { events: { kind: string; payload: unknown }[] };
  return events.some(({ kind, payload }) => {
    if (kind !== poison.kind) return false;
    poison.about ??= JSON.stringify(payload);
    return poison.about === JSON.stringify(payload);
  });
}
