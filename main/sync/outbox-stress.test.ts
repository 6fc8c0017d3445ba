import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { OutboxEvent } from '../../domain/protocol/sync.ts';
import { kioskPaths } from '../data-folder.ts';
import { KioskHarness, PIN } from '../testing/kiosk-harness.ts';

const HOUR_MS = 60 * 60_000;

/** Printings of as many tickets, as sales would leave them; the server is away meanwhile. */
async function totemWithBacklog(count: number): Promise<{ totem: KioskHarness; ids: string[] }> {
  const totem = await KioskHarness.start();
  await totem.server.stop();
  const ids = addEvents(totem, count);
  return { totem, ids };
}

function addEvents(totem: KioskHarness, count: number, ticketId?: string): string[] {
  const db = new Database(kioskPaths(totem.dataDir).database);
  const insert = db.prepare(
    "INSERT INTO outbox (event_id, kind, at, v, payload_json) VALUES (?, 'ticket.queued', ?, 1, ?)",
  );
  const ids = Array.from({ length: count }, () => randomUUID());
  db.transaction(() => {
    for (const [at, id] of ids.entries())
      insert.run(id, at, JSON.stringify({ ticketId: ticketId ?? randomUUID() }));
  })();
  db.close();
  return ids;
}

async function comeBack(totem: KioskHarness): Promise<void> {
  await totem.server.start();
  await totem.untilWithTime(() => totem.totem().server === 'online', 50);
}

const sync = (totem: KioskHarness) => totem.technician().sync;
/** In small steps: the totem's time is also what it measures the server's answers by. */
const drained = (totem: KioskHarness): Promise<void> =>
  totem.untilWithTime(
    () => totem.query('SELECT 1 FROM outbox WHERE outcome IS NULL LIMIT 1').length === 0,
    20,
  );
const fails = { status: 500, code: 'internal_error' } as const;
const has = (events: readonly OutboxEvent[], ids: readonly (string | undefined)[]): boolean =>
  events.some(({ id }) => ids.includes(id));

describe('an event over which the server fails', () => {
  it('is found, set aside after the third time, and shown; all others arrive', async () => {
    const { totem, ids } = await totemWithBacklog(150);
    const bad = [ids[70]];
    totem.server.refusePush = (events) => (has(events, bad) ? fails : null);
    await comeBack(totem);
    await drained(totem);
    expect(sync(totem).setAside).toMatchObject([
      { eventId: bad[0], outcome: 'set_aside', reason: '3 times HTTP 500 internal_error' },
    ]);
    expect(new Set(totem.server.pushed.map(({ id }) => id))).toEqual(
      new Set(ids.filter((id) => !bad.includes(id))),
    );
  });

  it('however many of them stand in front, they hold up nobody for ever', async () => {
    const { totem, ids } = await totemWithBacklog(30);
    const bad = ids.slice(0, 12);
    totem.server.refusePush = (events) => (has(events, bad) ? fails : null);
    await comeBack(totem);
    await drained(totem);
    expect(
      sync(totem)
        .setAside.map(({ eventId }) => eventId)
        .sort(),
    ).toEqual([...bad].sort());
  });

  it('takes those of its own ticket along, and in their order when it is tried again', async () => {
    const { totem } = await totemWithBacklog(5);
    const ofTicket = addEvents(totem, 3, randomUUID());
    totem.server.refusePush = (events) => (has(events, [ofTicket[0]]) ? fails : null);
    await comeBack(totem);
    await drained(totem);
    expect(sync(totem).setAside).toHaveLength(3);
    totem.server.refusePush = () => null;
    const before = totem.server.pushed.length;
    expect(await totem.execute({ kind: 'technician.retry_set_aside', pin: PIN })).toEqual({ ok: true });
    await drained(totem);
    expect(totem.server.pushed.slice(before).map(({ at }) => at)).toEqual([0, 1, 2]);
    expect(sync(totem).setAside).toEqual([]);
  });

  it('is tried again after an hour, and when the totem starts', async () => {
    const { totem, ids } = await totemWithBacklog(5);
    totem.server.refusePush = (events) => (events.some(({ at }) => at === 2) ? fails : null);
    await comeBack(totem);
    await totem.untilWithTime(() => sync(totem).setAside.length === 1 && sync(totem).outboxPending === 0);
    totem.server.refusePush = () => null;
    await totem.pass(HOUR_MS);
    await totem.untilWithTime(() => sync(totem).setAside.length === 0 && sync(totem).outboxPending === 0);
    expect(totem.server.pushed.filter(({ at }) => at === 2)).toHaveLength(1);
    expect(ids).toHaveLength(5);
  });
});

describe('a server that fails over everything', () => {
  it.each([
    ['by its own fault', 500],
    ['because its database is away', 503],
  ])('%s: nothing is set aside, and all arrives in order when it is well', async (_why, status) => {
    const { totem, ids } = await totemWithBacklog(40);
    totem.server.refusePush = () => ({ status, code: 'internal_error' });
    await comeBack(totem);
    for (let minute = 0; minute < 10; minute += 1) {
      const before = sync(totem).lastError;
      totem.clock.advance(60_000);
      await totem.untilWithTime(() => totem.totem().server === 'online', 250);
      expect(before === null || before.length > 0).toBe(true);
    }
    expect(sync(totem)).toMatchObject({ setAside: [], outboxPending: 40 });
    totem.server.refusePush = () => null;
    await drained(totem);
    // At least once: an answer that comes while this test's clock leaps is too late, and is asked for again.
    expect([...new Set(totem.server.pushed.map(({ id }) => id))]).toEqual(ids);
  });
});

describe('a server that is older than the totem', () => {
  it('does not understand an event: it is kept, with those behind it of its ticket, until the server is newer', async () => {
    const { totem } = await totemWithBacklog(3);
    const ticketId = randomUUID();
    const ofTicket = addEvents(totem, 2, ticketId);
    let understands = false;
    totem.server.judge = ({ id, payload }) => {
      if (understands || (payload as { ticketId: string }).ticketId !== ticketId) return undefined;
      return id === ofTicket[0] ? 'unknown_version: 2, this server knows 1' : 'unknown_ticket';
    };
    await comeBack(totem);
    await drained(totem);
    expect(sync(totem)).toMatchObject({
      outboxRejected: 0,
      setAside: [{ outcome: 'set_aside' }, { outcome: 'set_aside' }],
    });
    understands = true;
    await totem.execute({ kind: 'technician.retry_set_aside', pin: PIN });
    await drained(totem);
    const told = totem.server.pushed.filter(
      ({ payload }) => (payload as { ticketId: string }).ticketId === ticketId,
    );
    expect(told.slice(-2).map(({ at }) => at)).toEqual([0, 1]);
    // The old server keeps its answers by their ids.
    expect(told.slice(-2).map(({ id }) => id)).not.toEqual(ofTicket);
    expect(sync(totem).setAside).toEqual([]);
  });
});

/** The line breaks whenever a push has arrived, and before its answer goes out. */
function loseAnswersOfPushes({ server }: KioskHarness): void {
  server.refusePush = () => {
    server.loseAnswers = true;
    return null;
  };
}

describe('a line that breaks', () => {
  it('PowerSync #307: a partition in the midst of a push does not leave the queue stuck', async () => {
    const { totem, ids } = await totemWithBacklog(350);
    loseAnswersOfPushes(totem);
    await totem.server.start();
    await totem.untilWithTime(() => totem.server.pushed.length > 0, 50);
    await totem.server.stop();
    totem.server.refusePush = () => null;
    totem.server.loseAnswers = false;
    await comeBack(totem);
    await drained(totem);
    expect([...new Set(totem.server.pushed.map(({ id }) => id))]).toEqual(ids);
  });

  it('PowerSync #308: killed in the midst of a push, the totem goes on where the server’s answers end', async () => {
    const { totem, ids } = await totemWithBacklog(350);
    loseAnswersOfPushes(totem);
    await totem.server.start();
    await totem.untilWithTime(() => totem.server.pushed.length > 0, 50);
    await totem.powerCut(() => {
      totem.server.refusePush = () => null;
      totem.server.loseAnswers = false;
    });
    await drained(totem);
    expect([...new Set(totem.server.pushed.map(({ id }) => id))]).toEqual(ids);
    expect(totem.query("SELECT 1 FROM outbox WHERE outcome NOT IN ('applied', 'duplicate')")).toEqual([]);
  });

  it('PowerSync native#15: a push that failed is tried again though nothing new is written', async () => {
    const { totem, ids } = await totemWithBacklog(1);
    loseAnswersOfPushes(totem);
    await totem.server.start();
    await totem.untilWithTime(() => totem.server.pushed.length >= 2, 50);
    totem.server.refusePush = () => null;
    totem.server.loseAnswers = false;
    await drained(totem);
    expect(new Set(totem.server.pushed.map(({ id }) => id))).toEqual(new Set(ids));
  });
});

it('a week’s backlog goes in pieces of bounded size, in order', async () => {
  const { totem, ids } = await totemWithBacklog(10_500);
  const sizes: number[] = [];
  totem.server.refusePush = (events) => {
    sizes.push(events.length);
    return null;
  };
  await comeBack(totem);
  await drained(totem);
  expect(totem.server.pushed.map(({ id }) => id)).toEqual(ids);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  expect(sizes[0]).toBe(100);
});
