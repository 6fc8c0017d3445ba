import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import type { OutboxEvent, PushResult } from '../../domain/protocol/sync.ts';
import type { QueueStep } from '../../domain/queue-decision.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import { DEMO_COUNTERS, DEMO_KIOSK_ID, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { pushEvents } from '../sync/push.ts';
import { insertPaidSessions, outboxEvent } from '../testing/paid-session.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { executeQueueCommand } from './queue-command.ts';

const kiosk: KioskPrincipal = { role: 'kiosk', ...DEMO_SHOP, kioskId: DEMO_KIOSK_ID };
const neighbour: KioskPrincipal = { ...kiosk, kioskId: 'totem-2' };
const [FIRST, SECOND] = DEMO_COUNTERS;
const AWAY_MS = 20 * 60_000;

let clock: ManualClock;
let database: TestDatabase;
let context: ServerContext;
let nextNumber: number;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
});
afterAll(() => database.close());
beforeEach(async () => {
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  nextNumber = 1;
  await database.db.query(
    'TRUNCATE tickets, ticket_transitions, queue_commands, payment_transactions CASCADE',
  );
});

/** Tickets of `by` that wait. */
async function enqueue(count: number, by: KioskPrincipal = kiosk): Promise<string[]> {
  const atMs = clock.nowMs();
  const { kioskId } = by;
  const paid = await insertPaidSessions(database.db, { count, firstNumber: nextNumber, atMs, kioskId });
  nextNumber += count;
  const events = paid.flatMap(({ ticketId, issued }) => [
    outboxEvent('ticket.issued', issued, atMs),
    outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: atMs }, atMs),
  ]);
  for (const { outcome } of await pushEvents(context, by, events)) expect(outcome).toBe('applied');
  return paid.map(({ ticketId }) => ticketId);
}

function command(name: 'call_next' | 'start' | 'complete', counter: string, ticketId: string): QueueStep {
  const commandId = randomUUID();
  return name === 'call_next'
    ? { kind: 'queue.call_next', commandId, counter }
    : { kind: `queue.${name}`, commandId, counter, ticketId };
}

/** What a cut-off kiosk did, as it tells of it later. */
function didLocally(done: QueueCommand, ticketId: string, executedAt = clock.nowMs()): OutboxEvent {
  return outboxEvent('queue.executed_locally', { command: done, ticketId, executedAt }, executedAt);
}

const push = (events: readonly OutboxEvent[], by = kiosk): Promise<PushResult[]> =>
  pushEvents(context, by, events);
const ask = (asked: QueueCommand): Promise<QueueResult> => executeQueueCommand(context, DEMO_SHOP, asked);

async function ticketRow(ticketId: string): Promise<Record<string, unknown>> {
  const [row] = await database.db.query(
    `SELECT status, counter, call_count AS "callCount", revision,
       (extract(epoch FROM called_at) * 1000)::bigint AS "calledAt",
       (extract(epoch FROM ended_at) * 1000)::bigint AS "endedAt"
     FROM tickets WHERE ticket_id = $1`,
    [ticketId],
  );
  return row ?? {};
}

test('Odoo #181419: a kiosk that was cut off has served its customers, and the server takes it over, times and all', async () => {
  const [ticketId] = (await enqueue(1)) as [string];
  const calledAt = clock.nowMs() + 1_000;
  const endedAt = calledAt + 60_000;
  const life = [
    didLocally(command('call_next', FIRST, ticketId), ticketId, calledAt),
    didLocally(command('start', FIRST, ticketId), ticketId, calledAt + 5_000),
    didLocally(command('complete', FIRST, ticketId), ticketId, endedAt),
  ];
  clock.advance(AWAY_MS);
  expect((await push(life)).map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied']);
  expect(await ticketRow(ticketId)).toMatchObject({ status: 'completed', counter: FIRST, calledAt, endedAt });
  const causes = await database.db.query(
    'SELECT cause FROM ticket_transitions WHERE ticket_id = $1 ORDER BY position',
    [ticketId],
  );
  expect(causes.slice(-1)).toEqual([{ cause: 'queue.complete executed_locally' }]);
});

test('a call from the future is one of now', async () => {
  const [ticketId] = (await enqueue(1)) as [string];
  const call = command('call_next', FIRST, ticketId);
  await push([didLocally(call, ticketId, clock.nowMs() + AWAY_MS)]);
  expect(await ticketRow(ticketId)).toMatchObject({ calledAt: clock.nowMs() });
});

describe('the first that is accepted has the ticket', () => {
  test('another counter called it meanwhile: rejected, with who has it now', async () => {
    const [ticketId] = (await enqueue(1)) as [string];
    const local = didLocally(command('call_next', FIRST, ticketId), ticketId);
    await ask(command('call_next', SECOND, ticketId));
    const [result] = await push([local]);
    expect(result).toMatchObject({
      outcome: 'rejected',
      reason: 'ticket_taken',
      current: { ticketId, status: 'called', counter: SECOND },
    });
    expect(await ticketRow(ticketId)).toMatchObject({ counter: SECOND, callCount: 1 });
  });

  test('it was served meanwhile: every local step is rejected, and nothing of it is done', async () => {
    const [ticketId] = (await enqueue(1)) as [string];
    for (const name of ['call_next', 'start', 'complete'] as const)
      await ask(command(name, SECOND, ticketId));
    const before = await ticketRow(ticketId);
    const results = await push([
      didLocally(command('call_next', FIRST, ticketId), ticketId),
      didLocally(command('start', FIRST, ticketId), ticketId),
    ]);
    expect(results.map(({ reason }) => reason)).toEqual(['not_allowed', 'not_allowed']);
    expect(results[1]?.current).toMatchObject({ status: 'completed', counter: SECOND });
    expect(await ticketRow(ticketId)).toEqual(before);
  });

  test('Novo SGA #214: two clerks on one counter name, one of them cut off: the counter holds one ticket', async () => {
    const [first, second] = (await enqueue(2)) as [string, string];
    expect(await ask(command('call_next', FIRST, first))).toMatchObject({ ok: true });
    const [result] = await push([didLocally(command('call_next', FIRST, second), second)]);
    expect(result).toMatchObject({
      outcome: 'rejected',
      reason: 'counter_busy',
      current: { ticketId: second, status: 'in_queue', counter: null },
    });
    const held = await database.db.query("SELECT 1 FROM tickets WHERE counter = $1 AND status = 'called'", [
      FIRST,
    ]);
    expect(held).toHaveLength(1);
  });

  test('Novo SGA #213: one clerk who starts two services while cut off gets one of them', async () => {
    const [first, second] = (await enqueue(2)) as [string, string];
    const results = await push([
      didLocally(command('call_next', FIRST, first), first),
      didLocally(command('start', FIRST, first), first),
      didLocally(command('call_next', FIRST, second), second),
      didLocally(command('complete', FIRST, first), first),
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'rejected', 'applied']);
    expect(await ticketRow(second)).toMatchObject({ status: 'in_queue', counter: null });
  });

  test('two kiosks that were both cut off: each serves its own, whoever comes first', async () => {
    const [own] = (await enqueue(1)) as [string];
    const [theirs] = (await enqueue(1, neighbour)) as [string];
    const mine = didLocally(command('call_next', FIRST, own), own);
    const other = didLocally(command('call_next', SECOND, theirs), theirs);
    const stolen = didLocally(command('call_next', FIRST, theirs), theirs);
    const results = await Promise.all([push([mine, stolen]), push([other], neighbour)]);
    expect(results.flat().map(({ reason }) => reason)).toEqual([null, 'not_your_ticket', null]);
  });
});

describe('one press counts once', () => {
  test('it reached the server just before the line broke, and was done locally as well', async () => {
    const [ticketId] = (await enqueue(1)) as [string];
    const call = command('call_next', FIRST, ticketId);
    await ask(call);
    const before = await ticketRow(ticketId);
    expect(await push([didLocally(call, ticketId)])).toMatchObject([{ outcome: 'applied' }]);
    expect(await ticketRow(ticketId)).toEqual(before);
  });

  test('it was done locally, and its request arrives after all', async () => {
    const [ticketId] = (await enqueue(2)) as [string];
    const call = command('call_next', FIRST, ticketId);
    await push([didLocally(call, ticketId)]);
    const before = await ticketRow(ticketId);
    expect(await ask(call)).toMatchObject({ ok: true, ticket: { ticketId } });
    expect(await ticketRow(ticketId)).toEqual(before);
  });

  test('the server gave the counter another ticket for it: that call stays, the local one is rejected', async () => {
    const [theirs] = (await enqueue(1, neighbour)) as [string];
    const [own] = (await enqueue(1)) as [string];
    const call = command('call_next', FIRST, own);
    expect(await ask(call)).toMatchObject({ ok: true, ticket: { ticketId: theirs } });
    const [result] = await push([didLocally(call, own)]);
    expect(result).toMatchObject({ outcome: 'rejected', current: { ticketId: own, status: 'in_queue' } });
    expect(result?.reason).toMatch(/^called_another_ticket/);
  });

  test('Odoo #152259, #40600, #149049: told again, under the same id or a new one, it changes nothing', async () => {
    const [ticketId] = (await enqueue(1)) as [string];
    const event = didLocally(command('call_next', FIRST, ticketId), ticketId);
    await push([event]);
    const before = await ticketRow(ticketId);
    expect(await push([event])).toMatchObject([{ outcome: 'duplicate' }]);
    expect(await push([{ ...event, id: randomUUID() }])).toMatchObject([{ outcome: 'applied' }]);
    expect(await ticketRow(ticketId)).toEqual(before);
    expect(before).toMatchObject({ callCount: 1 });
  });
});
