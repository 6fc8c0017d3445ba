import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OutboxEvent, PushResponse } from '../../domain/protocol/sync.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_KIOSK_ID, DEMO_SERVICES, DEMO_SHOP } from '../catalog/demo-shop.ts';
import { type App, createApp } from '../http/app.ts';
import { kioskAuthorization, SECOND_KIOSK_ID } from '../testing/kiosk-identity.ts';
import { insertPaidSessions, outboxEvent, type PaidSession } from '../testing/paid-session.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readFeedPage } from './feed-page.ts';
import { registerPushRoutes } from './push-routes.ts';

const clock = new ManualClock();
const atMs = clock.nowMs();
let database: TestDatabase;
let app: App;
let nextNumber = 1;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, atMs);
  const context = testContext({ db: database.db, clock });
  app = await createApp(context);
  registerPushRoutes(app, context);
});
afterAll(async () => {
  await app.close();
  await database.close();
});
let paid: PaidSession;
beforeEach(async () => {
  [paid] = (await insertPaidSessions(database.db, { count: 1, firstNumber: nextNumber, atMs })) as [
    PaidSession,
  ];
  nextNumber += 1;
});

async function push(events: readonly OutboxEvent[], kioskId: string = DEMO_KIOSK_ID): Promise<PushResponse> {
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/sync/push',
    headers: kioskAuthorization(kioskId, clock),
    payload: { events },
  });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

function lifeOf({ sessionId, ticketId, issued }: PaidSession): OutboxEvent[] {
  return [
    outboxEvent(
      'session.opened',
      { sessionId, serviceId: DEMO_SERVICES[0].serviceId, amountCents: 5_000, openedAt: atMs },
      atMs,
    ),
    outboxEvent('ticket.issued', issued, atMs),
    outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: atMs + 5 }, atMs + 5),
    outboxEvent(
      'ticket.print_finished',
      {
        ticketId,
        jobId: randomUUID(),
        copyNumber: 1,
        attempts: 1,
        outcome: 'printed',
        detail: null,
        finishedAt: atMs + 5,
      },
      atMs + 5,
    ),
  ];
}

const outcomes = (response: PushResponse): string[] => response.results.map(({ outcome }) => outcome);
const reasons = (response: PushResponse): (string | null)[] => response.results.map(({ reason }) => reason);

async function ticketRow(ticketId: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await database.db.query(
    'SELECT status, label, delivery, revision, business_day FROM tickets WHERE ticket_id = $1',
    [ticketId],
  );
  return row;
}

test('the events of a sale become a ticket in the queue, told to the unit once', async () => {
  const { head } = await readFeedPage(database.db, DEMO_SHOP, 0, 1);
  expect(outcomes(await push(lifeOf(paid)))).toEqual(['applied', 'applied', 'applied', 'applied']);
  expect(await ticketRow(paid.ticketId)).toEqual({
    status: 'in_queue',
    label: paid.issued.label,
    delivery: 'printed',
    revision: 2,
    business_day: '2026-03-10',
  });
  const steps = await database.db.query(
    'SELECT from_status, to_status FROM ticket_transitions WHERE ticket_id = $1 ORDER BY position',
    [paid.ticketId],
  );
  expect(steps).toEqual([
    { from_status: null, to_status: 'paid' },
    { from_status: 'paid', to_status: 'in_queue' },
  ]);
  const { entries } = await readFeedPage(database.db, DEMO_SHOP, head, 10);
  expect(entries).toMatchObject([
    {
      kind: 'ticket.changed',
      payload: { ticket: { ticketId: paid.ticketId, status: 'in_queue', revision: 2 } },
    },
  ]);
  expect(entries[0]?.payload).toMatchObject({ ticket: { issuedAt: atMs, queuedAt: atMs + 5 } });
});

test('the same events again are duplicates and change nothing; a rejection is told again', async () => {
  const bad: OutboxEvent = {
    id: randomUUID(),
    kind: 'ticket.queued',
    at: atMs,
    v: 1,
    payload: { nonsense: true },
  };
  const events = [...lifeOf(paid), bad];
  const first = await push(events);
  const { head } = await readFeedPage(database.db, DEMO_SHOP, 0, 1);
  const second = await push(events);
  expect(outcomes(second)).toEqual(['duplicate', 'duplicate', 'duplicate', 'duplicate', 'rejected']);
  expect(second.results[4]).toEqual(first.results[4]);
  expect((await readFeedPage(database.db, DEMO_SHOP, 0, 1)).head).toBe(head);
});

test('one event twice in one batch is applied once', async () => {
  const [opened] = lifeOf(paid) as [OutboxEvent];
  expect(outcomes(await push([opened, { ...opened, id: opened.id.toUpperCase() }]))).toEqual([
    'applied',
    'duplicate',
  ]);
});

test('one batch sent ten times at once is applied once', async () => {
  const events = lifeOf(paid);
  const all = await Promise.all(Array.from({ length: 10 }, () => push(events)));
  expect(all.flatMap(outcomes).filter((outcome) => outcome === 'applied')).toHaveLength(events.length);
  expect((await ticketRow(paid.ticketId))?.['revision']).toBe(2);
});

test('bad events are rejected alone, with a reason', async () => {
  const [opened, issued, queued] = lifeOf(paid) as [OutboxEvent, OutboxEvent, OutboxEvent];
  const response = await push([
    { ...opened, id: randomUUID(), kind: 'coffee.brewed' },
    opened,
    { ...opened, id: randomUUID(), v: 2 },
    issued,
    { ...queued, id: randomUUID(), payload: { ticketId: paid.ticketId, delivery: 'pigeon', queuedAt: atMs } },
    queued,
  ]);
  expect(outcomes(response)).toEqual(['rejected', 'applied', 'rejected', 'applied', 'rejected', 'applied']);
  expect(reasons(response)[0]).toBe('unknown_kind');
  expect(reasons(response)[2]).toContain('unknown_version');
  expect(reasons(response)[4]).toContain('delivery');
});

test('a value that only the database refuses does not block the others', async () => {
  const [opened, issued] = lifeOf(paid) as [OutboxEvent, OutboxEvent];
  const ended = outboxEvent(
    'session.ended',
    { sessionId: paid.sessionId, outcome: 'failed', reason: 'nul \0 byte', endedAt: atMs },
    Number.MAX_SAFE_INTEGER,
  );
  const response = await push([opened, ended, issued]);
  expect(outcomes(response)).toEqual(['applied', 'rejected', 'applied']);
  expect(reasons(response)[1]).toBe('not_storable');
  expect(outcomes(await push([ended]))).toEqual(['rejected']);
});

test('Odoo #199846 (order sent before payment): no ticket without a settled payment, and none with another number', async () => {
  const [unpaid] = await insertPaidSessions(database.db, {
    count: 1,
    firstNumber: 900,
    atMs,
    status: 'PENDING',
  });
  const elsewhere = randomUUID();
  const wrong = { ...paid.issued, number: 999, label: 'C999' };
  const response = await push([
    outboxEvent('ticket.issued', (unpaid as PaidSession).issued, atMs),
    outboxEvent('ticket.issued', { ...paid.issued, sessionId: elsewhere }, atMs),
    outboxEvent('ticket.issued', wrong, atMs),
    outboxEvent('ticket.issued', { ...paid.issued, ticketId: randomUUID() }, atMs),
    outboxEvent('ticket.queued', { ticketId: paid.ticketId, delivery: 'printed', queuedAt: atMs }, atMs),
  ]);
  expect(reasons(response)).toEqual([
    'not_paid',
    'no_payment',
    `not_the_reserved_number: ${paid.issued.label} of 2026-03-10`,
    'wrong_ticket_id',
    'unknown_ticket',
  ]);
});

test('a kiosk speaks of its own sessions alone', async () => {
  const [opened, issued, queued] = lifeOf(paid) as [OutboxEvent, OutboxEvent, OutboxEvent];
  await push([opened, issued]);
  const ended = outboxEvent(
    'session.ended',
    { sessionId: paid.sessionId, outcome: 'cancelled', reason: null, endedAt: atMs },
    atMs,
  );
  const response = await push([opened, issued, queued, ended], SECOND_KIOSK_ID);
  expect(reasons(response)).toEqual([
    'not_your_session',
    'not_your_session',
    'not_your_ticket',
    'not_your_session',
  ]);
  expect((await ticketRow(paid.ticketId))?.['status']).toBe('paid');
});

test('the first ending of a session stays', async () => {
  const [opened] = lifeOf(paid) as [OutboxEvent];
  const end = (outcome: 'expired' | 'cancelled'): OutboxEvent =>
    outboxEvent('session.ended', { sessionId: paid.sessionId, outcome, reason: null, endedAt: atMs }, atMs);
  expect(outcomes(await push([opened, end('expired'), end('cancelled')]))).toEqual([
    'applied',
    'applied',
    'applied',
  ]);
  const rows = await database.db.query('SELECT outcome FROM payment_sessions WHERE session_id = $1', [
    paid.sessionId,
  ]);
  expect(rows).toEqual([{ outcome: 'expired' }]);
});

test('a compressed batch is taken; one that unfolds beyond the limit is refused', async () => {
  const send = async (body: Buffer): Promise<{ statusCode: number }> =>
    app.inject({
      method: 'POST',
      url: '/v1/sync/push',
      headers: {
        ...kioskAuthorization(DEMO_KIOSK_ID, clock),
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      payload: body,
    });
  const taken = await send(gzipSync(JSON.stringify({ events: lifeOf(paid) })));
  expect(taken.statusCode).toBe(200);
  expect((await send(gzipSync(Buffer.alloc(8 * 1024 * 1024, 0x20)))).statusCode).toBe(413);
  expect((await send(Buffer.from('not gzip'))).statusCode).toBe(400);
});
