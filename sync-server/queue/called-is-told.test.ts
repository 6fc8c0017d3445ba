import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FEED_PAYLOADS } from '../../domain/protocol/feed.ts';
import { QueueResult } from '../../domain/protocol/queue.ts';
import { systemClock } from '../../platform/system.ts';
import { DEMO_COUNTERS, DEMO_KIOSK_ID, DEMO_SHOP } from '../catalog/demo-shop.ts';
import { type App, createApp } from '../http/app.ts';
import { pushEvents } from '../sync/push.ts';
import { kioskAuthorization } from '../testing/kiosk-identity.ts';
import { insertPaidSessions, outboxEvent } from '../testing/paid-session.ts';
import { OPERATOR_TOKEN, seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { registerQueueRoutes } from './queue-routes.ts';

let database: TestDatabase;
let app: App;
beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
  const context = testContext({ db: database.db, clock: systemClock });
  app = await createApp(context);
  registerQueueRoutes(app, context);
  const atMs = systemClock.nowMs();
  const paid = await insertPaidSessions(database.db, { count: 4, firstNumber: 1, atMs });
  const kiosk = { role: 'kiosk', ...DEMO_SHOP, kioskId: DEMO_KIOSK_ID } as const;
  await pushEvents(
    context,
    kiosk,
    paid.flatMap(({ ticketId, issued }) => [
      outboxEvent('ticket.issued', issued, atMs),
      outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: atMs }, atMs),
    ]),
  );
});
afterAll(async () => {
  await app.close();
  await database.close();
});

/** What the unit's feed, from which every panel is drawn, says of calls: label, counter and how often. */
async function toldCalls(): Promise<string[]> {
  const rows = await database.db.query<{ payload: unknown }>(
    "SELECT payload FROM feed WHERE kind = 'ticket.changed' ORDER BY seq",
  );
  return rows
    .map(({ payload }) => FEED_PAYLOADS['ticket.changed'].parse(payload).ticket)
    .filter(({ status }) => status === 'called')
    .map(({ label, counter, callCount }) => `${label} ${counter} ${callCount}`);
}

test('Novo SGA #530 (a ticket called by API never reaches the panel): whoever calls, the feed tells of it once', async () => {
  const byKiosk = kioskAuthorization(DEMO_KIOSK_ID, systemClock);
  const byApi = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  const post = async (headers: Record<string, string>, payload: object): Promise<QueueResult> => {
    const answer = await app.inject({ method: 'POST', url: '/v1/queue/commands', headers, payload });
    return QueueResult.parse(answer.json());
  };
  const call = (counter: string) => ({ kind: 'queue.call_next', commandId: randomUUID(), counter });

  const first = call(DEMO_COUNTERS[0]);
  const called = await post(byKiosk, first);
  expect(called).toMatchObject({ ok: true });
  expect(await post(byApi, call(DEMO_COUNTERS[1]))).toMatchObject({ ok: true });
  const recall = {
    ...first,
    kind: 'queue.recall',
    commandId: randomUUID(),
    ticketId: called.ticket?.ticketId,
  };
  expect(await post(byApi, recall)).toMatchObject({ ok: true });
  // The same press again, and one that is refused, are no calls.
  await post(byKiosk, first);
  expect(await post(byApi, call(DEMO_COUNTERS[0]))).toMatchObject({ ok: false, code: 'counter_busy' });

  const [one, two] = DEMO_COUNTERS;
  expect(await toldCalls()).toEqual([`C001 ${one} 1`, `C002 ${two} 1`, `C001 ${one} 2`]);
});
