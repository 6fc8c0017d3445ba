import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { BankPix } from './bank/bank.ts';
import { type BankSide, openBank } from './bank/bank-side.ts';
import type { Told } from './people/operator.ts';
import { KioskSide } from './sides/kiosk-side.ts';
import type { Memories } from './sides/memories.ts';
import { ServerSide } from './sides/server-side.ts';
import type { CommitFate, ServerStorage } from './sides/server-storage.ts';
import { SimMail } from './sides/sim-mail.ts';
import type { Paper } from './sides/sim-printer.ts';
import { GOOD_LINE, Line, type Listener, type WireRequest } from './world/network.ts';
import type { World } from './world/world.ts';

/** A hall with two totems, its server, a bank or two far away, and the lines between them. */
export interface Hall {
  readonly world: World;
  readonly server: ServerSide;
  readonly kiosks: readonly KioskSide[];
  /** One, or two that can stand in for one another. */
  readonly banks: readonly BankSide[];
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
  /** How often a claim that was answered comes once more, seconds later: something on the way had kept it. */
  readonly lateClaims: { chance: number };
  /** Every Pix whose callback the server has answered with 200, in the order of the answers. */
  readonly acknowledged: BankPix[];
}

/** A bug of the server: the next event of that kind, known again by its content, is answered by 500 each time. */
export interface Poison {
  kind: string | null;
  about: string | null;
}

/** Both speak API Pix; to the server they are two providers, as two of different makes would be. */
const BANKS = [
  { provider: 'bacen-pix', name: 'bank' },
  { provider: 'second-pix', name: 'bank 2' },
] as const;
const TWO_BANKS_CHANCE = 0.25;
/** Of so many worlds one has a mail server, and customers who leave an address. */
const MAIL_OF = 4;

export const KIOSK_IDS = ['totem-1', 'totem-2'] as const;
/** A machine that lost its power is switched on again after this long, ms. */
const OFF_MS = { from: 500, to: 20_000 };
/** Or nobody looks after it for a while: longer than the lease of a confirmation. */
const LONG_OFF_MS = { from: 70_000, to: 130_000 };
const LONG_OFF_CHANCE = 0.15;
/** A claim that comes again comes within this time, ms. */
const LATEST_CLAIM_MS = 10_000;

export function buildHall(
  world: World,
  storage: ServerStorage,
  disk: { readonly folder: string; readonly template: string },
  memories: Memories,
): Hall {
  const { random, agenda } = world;
  const server = new ServerSide(world, storage, 0);
  if (world.seed % MAIL_OF === 0) server.mail = new SimMail(world);
  const mishap: Hall['mishap'] = { fate: null };
  const acknowledged: BankPix[] = [];
  const banks = (random.chance(TWO_BANKS_CHANCE) ? BANKS : BANKS.slice(0, 1)).map((names) =>
    openBank(world, names, () => storing(server, mishap)),
  );
  for (const { callbacks } of banks) callbacks.onAcknowledged = (pix) => acknowledged.push(pix);
  server.banks = banks;
  server.hasRules = banks.length > 1 && random.chance(0.5);
  const poison: Poison = { kind: null, about: null };
  const replay = { chance: 0 };
  const lateClaims = { chance: 0 };
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
            poisoned(
              poison,
              claimingLate(world, lateClaims, () => server.listener()),
            ),
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
    banks,
    papers,
    poison,
    mishap,
    replay,
    lateClaims,
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

/** What a proxy holds back is delivered, and nobody waits for the answer any more. */
function claimingLate(world: World, lateClaims: Hall['lateClaims'], listener: Listener): Listener {
  return () => {
    const answer = listener();
    if (answer === null) return null;
    return (request) => {
      if (
        request.path === '/v1/confirmations/claim' &&
        world.faulty &&
        world.random.chance(lateClaims.chance)
      )
        world.agenda.after(world.random.int(1_000, LATEST_CLAIM_MS), 'a claim comes again', () => {
          world.tell('server', 'is given a claim once more');
          listener()?.({ ...request, isCopy: true }).catch((error: unknown) => {
            world.tell('server', `breaks off: ${String(error)}`);
          });
        });
      return answer(request);
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
