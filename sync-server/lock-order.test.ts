import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { businessDayOf } from '../domain/business-day.ts';
import { newId, ticketIdOfSession } from '../domain/ids.ts';
import type { QueueCommand } from '../domain/protocol/queue.ts';
import { ticketLabel } from '../domain/ticket-number.ts';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import { createEnrolmentCode, enrolKiosk } from './access/enrolment.ts';
import { revokeKiosk } from './access/fleet.ts';
import type { KioskPrincipal } from './access/principal.ts';
import {
  DEMO_COUNTERS,
  DEMO_KIOSK_ID,
  DEMO_MERCHANT_ID,
  DEMO_SERVICES,
  DEMO_SHOP,
} from './catalog/demo-shop.ts';
import { claimConfirmation } from './confirmations/claim-confirmation.ts';
import type { ServerContext } from './context.ts';
import { eraseCustomer } from './customers/erase-customer.ts';
import { openDatabase, type Transaction } from './db/database.ts';
import { leaseNumbers } from './numbers/lease-numbers.ts';
import { checkCharge } from './payments/check-charge.ts';
import { chargeCreator } from './payments/create-charge.ts';
import { startTicketMarker } from './payments/mark-tickets.ts';
import { findBySession } from './payments/payment-transaction.ts';
import { startRefundWorker } from './payments/refunds.ts';
import { chargeRequest, expectMoneyAddsUp, SERVICE } from './payments/testing/payment-steps.ts';
import type { ProviderReceipt } from './providers/provider.ts';
import { watchProvider } from './providers/provider-health.ts';
import { executeQueueCommand } from './queue/queue-command.ts';
import { startPoller } from './reconciliation/poller.ts';
import { resolveSuspense } from './reconciliation/resolve-suspense.ts';
import { putInSuspense } from './reconciliation/suspense.ts';
import { startSuspenseRefunds } from './reconciliation/suspense-refunds.ts';
import { startSweeper } from './reconciliation/sweeper.ts';
import { ListingBank } from './reconciliation/testing/listing-bank.ts';
import { onlyProvider } from './routing/charge-router.ts';
import { pushEvents } from './sync/push.ts';
import { enrolRequest, newTestKey, SECOND_KIOSK_ID } from './testing/kiosk-identity.ts';
import { outboxEvent } from './testing/paid-session.ts';
import { seedShop, testContext } from './testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';
import { startInboxProcessor } from './webhooks/processor.ts';

const SALES_PER_TOTEM = 40;
/** After so many more sales the lease of a confirmation has run out. */
const LATE = 9;
const LOCAL = DEMO_SERVICES[5];
const TOTEMS = [DEMO_KIOSK_ID, SECOND_KIOSK_ID];
const CPFS = ['52998224725', '11144477735', '39053344705'];

const clock = new ManualClock();
let database: TestDatabase;
/** Two server processes on one database, as far as the database can tell. */
let processes: [ServerContext, ServerContext];
let bank: ListingBank;
/** SQLSTATEs and messages of whatever threw, or was logged as an error and tried again. */
const errors: string[] = [];

beforeAll(async () => {
  // A deadlock that was mended by running again is one all the same.
  const keep = (error: unknown): void => void errors.push(describe(error));
  database = await createTestDatabase(keep);
  await seedShop(database.db, clock.nowMs());
  const lines = new Writable({
    write(line: Buffer, _encoding, done) {
      const { level, msg, error } = JSON.parse(line.toString()) as Record<string, unknown>;
      if (Number(level) >= 50) errors.push(`${String(msg)}: ${JSON.stringify(error ?? null)}`);
      done();
    },
  });
  const log = pino({ serializers: { error: describe } }, lines);
  const second = openDatabase(database.url, () => undefined, keep);
  processes = [testContext({ db: database.db, clock, log }), testContext({ db: { ...second }, clock, log })];
  bank = new ListingBank(clock);
});
afterAll(async () => {
  await processes[1].db.close();
  await database.close();
});

function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return `${code ?? ''} ${message ?? String(error)}`;
}

/** Whatever goes wrong is kept for the end: one deadlock must not hide the next. */
async function attempt<T>(work: Promise<T>): Promise<T | null> {
  // Leases run out and charges expire while the others are at work.
  clock.advance(1_500);
  try {
    return await work;
  } catch (error) {
    errors.push(describe(error));
    return null;
  }
}

let turns = 0;
const anyProcess = (): ServerContext => processes[turns++ % 2 === 0 ? 0 : 1];
const pick = <T>(items: readonly T[], seed: number): T => items[Math.max(0, seed) % items.length] as T;

async function pushTicket(kiosk: KioskPrincipal, sessionId: string): Promise<string[]> {
  const payment = await database.db.query<{ number: number; prefix: string; businessDay: string }>(
    `SELECT ticket_number AS number, service_prefix AS prefix, ticket_business_day AS "businessDay"
     FROM payment_transactions WHERE session_id = $1 AND ticket_number IS NOT NULL`,
    [sessionId],
  );
  const [reserved] = payment;
  if (reserved === undefined) return [];
  const ticketId = ticketIdOfSession(sessionId);
  const atMs = clock.nowMs();
  const { serviceId, name: serviceName } = SERVICE;
  const label = ticketLabel(reserved.prefix, reserved.number);
  const results = await pushEvents(anyProcess(), kiosk, [
    outboxEvent(
      'ticket.issued',
      { ticketId, sessionId, ...reserved, label, serviceId, serviceName, issuedAt: atMs },
      atMs,
    ),
    outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: atMs }, atMs),
    outboxEvent(
      'queue.executed_locally',
      {
        command: { kind: 'queue.call_next', commandId: randomUUID(), counter: pick(DEMO_COUNTERS, turns) },
        ticketId,
        executedAt: atMs,
      },
      atMs,
    ),
  ]);
  return results.slice(0, 1).map(({ outcome }) => outcome);
}

async function sellLocally(kiosk: KioskPrincipal): Promise<void> {
  const day = businessDayOf(clock.nowMs(), 'America/Sao_Paulo');
  // In any order: the server locks the counters in its own.
  const asks = ['I', 'K', 'L'].map((prefix) => ({ leaseId: randomUUID(), prefix, businessDay: day }));
  const leases = await leaseNumbers(anyProcess(), kiosk, turns % 2 === 0 ? asks : asks.reverse());
  const lease = leases.find(({ prefix }) => prefix === LOCAL.prefix);
  if (lease === undefined) throw new Error('no number was granted');
  const atMs = clock.nowMs();
  const sessionId = newId(clock, processes[0].randomBytes);
  const { leaseId, from: number, prefix, businessDay } = lease;
  const { serviceId, name: serviceName } = LOCAL;
  const [result] = await pushEvents(anyProcess(), kiosk, [
    outboxEvent(
      'ticket.issued_locally',
      {
        ticketId: ticketIdOfSession(sessionId),
        sessionId,
        leaseId,
        number,
        prefix,
        label: ticketLabel(prefix, number),
        businessDay,
        serviceId,
        serviceName,
        payment: 'free',
        amountDueCents: 0,
        issuedAt: atMs,
      },
      atMs,
    ),
  ]);
  expect(result).toMatchObject({ outcome: 'applied' });
}

/** Whoever it is: what is of a person goes while their sales go on. */
async function eraseSomebody(): Promise<void> {
  const [one] = await database.db.query<{ id: string }>(
    'SELECT customer_id AS id FROM customers WHERE erased_at IS NULL ORDER BY random() LIMIT 1',
  );
  if (one !== undefined)
    await attempt(
      eraseCustomer(anyProcess(), DEMO_MERCHANT_ID, one.id, { reason: 'asked for', by: 'manager' }),
    );
}

/** Everything that can happen to one sale, most of it at once. */
async function sell(kiosk: KioskPrincipal, index: number, sold: string[]): Promise<void> {
  // Few people, so that two totems learn of one at once; every fifth tells nothing.
  const customer = {
    name: 'Ana',
    cpf: pick(CPFS, index),
    email: `${pick(['a', 'b', 'c'], index)}@example.com`,
  };
  const request = chargeRequest(processes[0], index % 5 === 0 ? {} : { customer });
  const { sessionId, txid, serviceId, amountCents } = request;
  const openedAt = clock.nowMs();
  const opened = outboxEvent('session.opened', { sessionId, serviceId, amountCents, openedAt }, openedAt);
  await attempt(pushEvents(anyProcess(), kiosk, [opened]));
  await attempt(chargeCreator(anyProcess(), onlyProvider(bank))(kiosk, request));
  sold.push(sessionId);
  const receipt = bank.pay(txid, SERVICE.amountCents);
  if (index % 4 === 0) bank.pay(txid, SERVICE.amountCents);
  await attempt(
    database.db.query(
      `INSERT INTO webhook_inbox (inbox_id, provider, dedupe_key, received_at, body, headers, status, next_attempt_at)
       VALUES (gen_random_uuid(), 'bacen-pix', gen_random_uuid(), $1, $2, '{}', 'received', $1)`,
      [new Date(clock.nowMs()), Buffer.from(txid)],
    ),
  );
  const payment = await findBySession(database.db, DEMO_MERCHANT_ID, sessionId);
  if (payment === undefined) throw new Error('no charge was made');
  const endedAt = clock.nowMs();
  const ended = { sessionId, outcome: 'cancelled', reason: 'customer', endedAt } as const;
  await Promise.all([
    ...processes.map((process) => attempt(checkCharge(process, bank, payment, 'webhook'))),
    // A list that is ahead of its charge, at the very moment in which the charge tells of the money.
    ...(index % 4 === 1 ? [attempt(hold(receipt)), resolveStranger()] : []),
    ...(index % 8 === 5 ? [eraseSomebody()] : []),
    attempt(claimConfirmation(anyProcess(), kiosk, sessionId)),
    // Some customers give up in the moment in which their money comes.
    index % 3 === 0
      ? attempt(pushEvents(anyProcess(), kiosk, [outboxEvent('session.ended', ended, endedAt)]))
      : attempt(pushTicket(kiosk, sessionId)),
    attempt(press({ kind: 'queue.rescue', sessionId: pick(sold, index * 7), ...button() })),
    // Told by the totem and rescued at the same moment, long after it was paid.
    attempt(pushTicket(kiosk, pick(sold, index - LATE))),
    attempt(press({ kind: 'queue.rescue', sessionId: pick(sold, index - LATE), ...button() })),
    attempt(sellLocally(kiosk)),
  ]);
}

const hold = (receipt: ProviderReceipt) =>
  putInSuspense(anyProcess(), {
    merchantId: DEMO_MERCHANT_ID,
    provider: bank.name,
    receipt,
    foundBy: 'sweep',
    reason: 'not_in_charge',
    suggestedReceiptId: null,
  });

/** Money of nobody, found by both processes, sent back by one and said to be income by the other. */
async function resolveStranger(): Promise<void> {
  const receiptId = `E${randomUUID().replaceAll('-', '').slice(1)}`;
  const receipt = bank.receive({
    receiptId,
    endToEndId: receiptId,
    txid: null,
    pixKey: null,
    amountCents: 77,
    paidAtMs: clock.nowMs(),
    feeCents: null,
  });
  await Promise.all([attempt(hold(receipt)), attempt(hold(receipt))]);
  await Promise.all(
    (['refund', 'other_income'] as const).map((resolution) =>
      attempt(resolveSuspense(anyProcess(), DEMO_MERCHANT_ID, { receiptId, resolution, by: 'Manager' })),
    ),
  );
}

const button = () => ({ commandId: randomUUID(), counter: pick(DEMO_COUNTERS, turns) });
const press = (command: QueueCommand) => executeQueueCommand(anyProcess(), DEMO_SHOP, command);

async function operate(counter: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const called = await attempt(press({ kind: 'queue.call_next', commandId: randomUUID(), counter }));
    const ticketId = called?.ticket?.ticketId ?? randomUUID();
    for (const kind of ['queue.recall', 'queue.start', 'queue.complete', 'queue.no_show'] as const)
      await attempt(press({ kind, commandId: randomUUID(), counter, ticketId }));
  }
}

/** A totem that is enrolled by two codes and two requests at once, pushes, and is revoked. */
async function manageFleet(isOver: () => boolean): Promise<void> {
  const kioskId = 'totem-3';
  const kiosk: KioskPrincipal = { role: 'kiosk', ...DEMO_SHOP, kioskId };
  while (!isOver()) {
    const made = await attempt(
      createEnrolmentCode(anyProcess(), DEMO_MERCHANT_ID, { unitId: DEMO_SHOP.unitId, kioskId }),
    );
    if (made === null) continue;
    const request = enrolRequest(newTestKey(), made.code, clock);
    await Promise.all([
      attempt(enrolKiosk(processes[0], request)),
      attempt(enrolKiosk(processes[1], request)),
      attempt(sellLocally(kiosk)),
      attempt(revokeKiosk(anyProcess(), DEMO_MERCHANT_ID, kioskId)),
      attempt(createEnrolmentCode(anyProcess(), DEMO_MERCHANT_ID, { unitId: DEMO_SHOP.unitId, kioskId })),
    ]);
  }
}

test('everything at once, from two processes: no deadlock, no other error, and each payment one ticket', async () => {
  const workers = processes.flatMap((context) => {
    const watched = watchProvider(bank, clock);
    return [
      startInboxProcessor(context, watched.provider),
      startPoller(context, watched.provider, watched.health),
      startRefundWorker(context, watched.provider, watched.health),
      startTicketMarker(context),
      startSweeper(context, watched.provider, watched.health),
      startSuspenseRefunds(context, watched.provider, watched.health),
    ];
  });
  const sold = new Map<KioskPrincipal, string[]>(
    TOTEMS.map((kioskId) => [{ role: 'kiosk', ...DEMO_SHOP, kioskId }, []]),
  );
  let over = false;
  const others = [...DEMO_COUNTERS.map((counter) => operate(counter, () => over)), manageFleet(() => over)];
  await Promise.all(
    [...sold].map(async ([kiosk, sessions]) => {
      for (let index = 0; index < SALES_PER_TOTEM; index += 1) await sell(kiosk, index, sessions);
    }),
  );
  over = true;
  await Promise.all([...others, ...workers.map((worker) => worker.stop())]);

  // The totems tell the rest of what they know, and what the workers had not come to is done.
  for (const [kiosk, sessions] of sold) {
    for (const sessionId of sessions) {
      const payment = await findBySession(database.db, DEMO_MERCHANT_ID, sessionId);
      if (payment === undefined) throw new Error('a payment vanished');
      await checkCharge(processes[0], bank, payment, 'poll');
      expect((await pushTicket(kiosk, sessionId))[0]).toBe('applied');
    }
  }
  expect(errors).toEqual([]);
  await expectInvariants();
});

async function expectInvariants(): Promise<void> {
  const [counts] = await database.db.query(
    `SELECT
       (SELECT count(*) FROM payment_transactions WHERE paid_at IS NOT NULL) AS paid,
       (SELECT count(*) FROM tickets WHERE payment = 'pix') AS tickets,
       (SELECT count(*) FROM payment_transactions p JOIN tickets t USING (merchant_id, transaction_id)
        WHERE p.ticket_number = t.number AND p.service_prefix = t.prefix) AS "asReserved",
       (SELECT count(*) FROM receipts WHERE disposition = 'surplus') - (SELECT count(*) FROM refunds) AS owed,
       (SELECT max(seq) - count(*) FROM feed) AS gaps,
       (SELECT count(*) FROM suspense_items WHERE status = 'open') AS held,
       (SELECT count(*) > 0 FROM suspense_items WHERE resolution = 'released') AS "someReleased",
       (SELECT count(*) > 0 FROM suspense_items WHERE resolution IN ('refund', 'other_income')) AS "someResolved",
       (SELECT count(*) > 0 FROM tickets WHERE rescued) AS "someRescued",
       (SELECT count(*) > 0 FROM refunds) AS "someSentBack",
       (SELECT count(*) > 0 FROM customers WHERE erased_at IS NOT NULL) AS "someErased",
       (SELECT count(*) > 0 FROM ticket_transitions WHERE cause LIKE '%executed_locally') AS "someCalledAlone"`,
  );
  const all = SALES_PER_TOTEM * TOTEMS.length;
  expect(counts).toEqual({
    paid: all,
    tickets: all,
    asReserved: all,
    owed: 0,
    gaps: 0,
    held: 0,
    someReleased: true,
    someResolved: true,
    someRescued: true,
    someSentBack: true,
    someErased: true,
    someCalledAlone: true,
  });
  await database.db.query('DELETE FROM ticket_counters WHERE prefix <> $1', [SERVICE.prefix]);
  await expectMoneyAddsUp(processes[0]);
}

test('twin: two transactions that lock in opposite orders are a deadlock, and it is seen', async () => {
  const lockUnit = (transaction: Transaction) => transaction.query('SELECT 1 FROM units FOR UPDATE');
  const lockPayments = (transaction: Transaction) =>
    transaction.query('SELECT 1 FROM payment_transactions FOR UPDATE');
  errors.length = 0;
  const both = Promise.withResolvers<void>();
  let waiting = 0;
  const cross = async (
    first: (transaction: Transaction) => Promise<unknown>,
    then: (transaction: Transaction) => Promise<unknown>,
  ): Promise<void> =>
    database.db.transaction(async (transaction) => {
      await first(transaction);
      waiting += 1;
      if (waiting === 2) both.resolve();
      await both.promise;
      await then(transaction);
    });
  await Promise.all([attempt(cross(lockUnit, lockPayments)), attempt(cross(lockPayments, lockUnit))]);
  expect(errors).toEqual([expect.stringMatching(/^40P01/)]);
});
