import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { businessDayOf } from '../../domain/business-day.ts';
import type { QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { compareQueuePlaces } from '../../domain/queue-policy.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import { DEMO_COUNTERS, DEMO_KIOSK_ID, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import { pushEvents } from '../sync/push.ts';
import { insertPaidSessions, outboxEvent } from '../testing/paid-session.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { executeQueueCommand } from './queue-command.ts';
import { lockUnitTickets, readQueue } from './ticket-store.ts';

const kiosk: KioskPrincipal = { role: 'kiosk', ...DEMO_SHOP, kioskId: DEMO_KIOSK_ID };
const [FIRST, SECOND] = DEMO_COUNTERS;

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

/** Tickets that wait, in the order of their numbers unless `issuedAt` says otherwise. */
async function enqueue(count: number, issuedAt?: (index: number) => number): Promise<string[]> {
  const atMs = clock.nowMs();
  const paid = await insertPaidSessions(database.db, { count, firstNumber: nextNumber, atMs });
  nextNumber += count;
  const events = paid.flatMap(({ ticketId, issued }, index) => [
    outboxEvent('ticket.issued', { ...issued, issuedAt: issuedAt?.(index) ?? issued.issuedAt }, atMs),
    outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: atMs }, atMs),
  ]);
  const results = await pushEvents(context, kiosk, events);
  expect(results.every(({ outcome }) => outcome === 'applied')).toBe(true);
  return paid.map(({ ticketId }) => ticketId);
}

const run = (command: QueueCommand): Promise<QueueResult> => executeQueueCommand(context, DEMO_SHOP, command);

function callNext(counter: string, commandId: string = randomUUID()): Promise<QueueResult> {
  return run({ kind: 'queue.call_next', commandId, counter });
}

type Step = 'recall' | 'start' | 'complete' | 'no_show' | 'return';
function step(name: Step, counter: string, ticketId: string): Promise<QueueResult> {
  return run({ kind: `queue.${name}`, commandId: randomUUID(), counter, ticketId });
}

async function called(result: Promise<QueueResult>): Promise<TicketView> {
  const answer = await result;
  if (!answer.ok) throw new Error(`refused: ${answer.code}`);
  return answer.ticket;
}

test('Qmatic (two browsers at one counter): fifty calls at once from two servers, each counter gets one ticket, no ticket goes to two', async () => {
  const ticketIds = await enqueue(60);
  const other = openDatabase(database.url, () => undefined);
  const servers = [context, testContext({ db: other, clock })];
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      executeQueueCommand(servers[index % 2] as ServerContext, DEMO_SHOP, {
        kind: 'queue.call_next',
        commandId: randomUUID(),
        counter: DEMO_COUNTERS[index % 3] as string,
      }),
    ),
  );
  await other.close();
  const given = results.flatMap((result) => (result.ok ? [result.ticket] : []));
  expect(new Set(given.map(({ counter }) => counter)).size).toBe(3);
  expect(given.map(({ ticketId }) => ticketId).sort()).toEqual(ticketIds.slice(0, 3).sort());
  const refused = results.flatMap((result) => (result.ok ? [] : [result.code]));
  expect(refused).toEqual(Array.from({ length: 47 }, () => 'counter_busy'));
});

test('counters that serve as fast as they can empty the queue, each ticket once and in order', async () => {
  const ticketIds = await enqueue(24);
  const served: string[] = [];
  const work = async (counter: string): Promise<void> => {
    for (;;) {
      const result = await callNext(counter);
      if (!result.ok) {
        expect(result.code).toBe('queue_empty');
        return;
      }
      served.push(result.ticket.ticketId);
      await called(step('start', counter, result.ticket.ticketId));
      await called(step('complete', counter, result.ticket.ticketId));
    }
  };
  await Promise.all(DEMO_COUNTERS.map(work));
  expect([...served].sort()).toEqual([...ticketIds].sort());
});

test('the order is the one of the queue policy, ties included', async () => {
  const atMs = clock.nowMs();
  await enqueue(12, (index) => atMs + ((index * 7) % 4));
  const rows = await database.db.query<{ issuedAt: Date; label: string }>(
    'SELECT issued_at AS "issuedAt", label FROM tickets',
  );
  const expected = rows
    .map(({ issuedAt, label }) => ({ issuedAt: issuedAt.getTime(), label }))
    .sort(compareQueuePlaces)
    .map(({ label }) => label);
  const actual: string[] = [];
  for (let count = 0; count < 12; count += 1) {
    const ticket = await called(callNext(FIRST));
    actual.push(ticket.label);
    await called(step('no_show', FIRST, ticket.ticketId));
  }
  expect(actual).toEqual(expected);
  expect(actual).not.toEqual([...actual].sort());
});

test('the same command again is answered the same and does nothing', async () => {
  await enqueue(2);
  const commandId = randomUUID();
  const [one, two] = await Promise.all([callNext(FIRST, commandId), callNext(FIRST, commandId)]);
  expect(one).toEqual(two);
  await called(step('no_show', FIRST, (one as { ticket: TicketView }).ticket.ticketId));
  expect(await callNext(FIRST, commandId)).toEqual(one);
  expect(one).not.toHaveProperty('ticket.transactionId');
});

test('a ticket goes from call to completion, and every step counts a revision', async () => {
  await enqueue(1);
  const first = await called(callNext(FIRST));
  expect(first).toMatchObject({ status: 'called', counter: FIRST, callCount: 1, calledAt: clock.nowMs() });
  clock.advance(30_000);
  const again = await called(step('recall', FIRST, first.ticketId));
  expect(again).toMatchObject({ status: 'called', callCount: 2, calledAt: clock.nowMs(), revision: 4 });
  await called(step('start', FIRST, first.ticketId));
  const done = await called(step('complete', FIRST, first.ticketId));
  expect(done).toMatchObject({
    status: 'completed',
    endedAt: clock.nowMs(),
    startedAt: clock.nowMs(),
    revision: 6,
  });
});

test('who missed the call and came back is next, by the original time', async () => {
  const [first, second] = await enqueue(3);
  await called(callNext(FIRST));
  await called(step('no_show', FIRST, first as string));
  expect((await called(callNext(FIRST))).ticketId).toBe(second);
  expect(await called(step('return', SECOND, first as string))).toMatchObject({
    status: 'in_queue',
    counter: null,
  });
  expect((await called(callNext(SECOND))).ticketId).toBe(first);
});

test('refusals say why, and show the ticket as it is', async () => {
  expect(await callNext(FIRST)).toEqual({ ok: false, code: 'queue_empty', ticket: null });
  expect(await callNext('Guichê 99')).toEqual({ ok: false, code: 'unknown_counter', ticket: null });
  expect(await step('start', FIRST, randomUUID())).toMatchObject({ code: 'unknown_ticket', ticket: null });
  const [ticketId] = (await enqueue(2)) as [string, string];
  expect(await step('start', FIRST, ticketId)).toMatchObject({
    code: 'not_allowed',
    ticket: { status: 'in_queue' },
  });
  await called(callNext(FIRST));
  expect(await callNext(FIRST)).toMatchObject({ code: 'counter_busy', ticket: { ticketId } });
  expect(await step('start', SECOND, ticketId)).toMatchObject({
    code: 'ticket_taken',
    ticket: { counter: FIRST },
  });
  expect(await step('complete', FIRST, ticketId)).toMatchObject({ code: 'not_allowed' });
});

test('a call and a push about the same tickets never wait for each other for ever', async () => {
  const atMs = clock.nowMs();
  const [waiting, gate, held] = (await enqueue(3)).sort() as [string, string, string];
  await called(callNext(FIRST));
  await database.db.query('UPDATE tickets SET status = $2, counter = NULL WHERE ticket_id <> ALL ($1)', [
    [waiting, held],
    'completed',
  ]);
  await database.db.query("UPDATE tickets SET status = 'in_queue', counter = NULL WHERE ticket_id = $1", [
    waiting,
  ]);
  await database.db.query("UPDATE tickets SET status = 'called', counter = $2 WHERE ticket_id = $1", [
    held,
    FIRST,
  ]);
  const reports = [waiting, gate, held].map((ticketId) =>
    outboxEvent(
      'ticket.print_finished',
      {
        ticketId,
        jobId: randomUUID(),
        copyNumber: 2,
        attempts: 1,
        outcome: 'printed',
        detail: null,
        finishedAt: atMs,
      },
      atMs,
    ),
  );
  const started = await database.db.transaction(async (transaction) => {
    // The push stops between its first ticket and its last; the call, which holds the last, asks for the first.
    await transaction.query('SELECT 1 FROM tickets WHERE ticket_id = $1 FOR UPDATE', [gate]);
    const pushed = pushEvents(context, kiosk, reports);
    await lockWaits(1);
    const refused = callNext(FIRST);
    await lockWaits(2);
    return { both: Promise.allSettled([pushed, refused]) };
  });
  const [pushed, refused] = await started.both;
  expect(pushed.status).toBe('fulfilled');
  expect(refused).toMatchObject({ status: 'fulfilled', value: { code: 'counter_busy' } });
});

test('a call that had to wait for its turn has the time of its turn: the last one made is the latest', async () => {
  await enqueue(1);
  const { call } = await database.db.transaction(async (transaction) => {
    await lockUnitTickets(transaction, DEMO_SHOP);
    const made = callNext(FIRST);
    await lockWaits(1);
    clock.advance(2_000);
    return { call: made };
  });
  expect(await called(call)).toMatchObject({ calledAt: clock.nowMs() });
});

/** Until so many connections of this test's database wait for a lock. */
async function lockWaits(count: number): Promise<void> {
  await vi.waitFor(async () => {
    const rows = await database.db.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    expect(rows).toHaveLength(count);
  });
}

describe('past midnight', () => {
  const NIGHT_MS = 24 * 60 * 60 * 1_000;

  test('who paid and still waits is called, before the tickets of the new day', async () => {
    const [yesterday] = await enqueue(1);
    clock.advance(NIGHT_MS);
    nextNumber = 1;
    const [today] = await enqueue(1);
    const first = await called(callNext(FIRST));
    const second = await called(callNext(SECOND));
    expect([first.ticketId, second.ticketId]).toEqual([yesterday, today]);
    expect(first.label).toBe(second.label);
  });

  test('who is being served is not closed by the next call, and is completed by hand', async () => {
    const [yesterday] = (await enqueue(2)) as [string, string];
    await called(callNext(FIRST));
    await called(step('start', FIRST, yesterday));
    clock.advance(NIGHT_MS);
    expect(await callNext(FIRST)).toMatchObject({ code: 'counter_busy', ticket: { ticketId: yesterday } });
    expect(await called(step('complete', FIRST, yesterday))).toMatchObject({ status: 'completed' });
  });

  test('the queue shows what is still open, and who may still come back; the rest is over', async () => {
    const [waiting, missedLong, missedJustNow, done] = (await enqueue(4)) as [string, string, string, string];
    await endBy('no_show', missedLong);
    await endBy('completed', done);
    clock.advance(NIGHT_MS);
    await endBy('no_show', missedJustNow);
    nextNumber = 1;
    const [today] = await enqueue(1);
    const shown = await readQueue(database.db, DEMO_SHOP, businessToday(), clock.nowMs());
    expect(shown.map(({ ticketId }) => ticketId)).toEqual([waiting, missedJustNow, today]);
  });

  async function endBy(status: 'no_show' | 'completed', ticketId: string): Promise<void> {
    await database.db.query('UPDATE tickets SET status = $2, ended_at = $3 WHERE ticket_id = $1', [
      ticketId,
      status,
      new Date(clock.nowMs()),
    ]);
  }

  const businessToday = (): string => businessDayOf(clock.nowMs(), 'America/Sao_Paulo');
});
