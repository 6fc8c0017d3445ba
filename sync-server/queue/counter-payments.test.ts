import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { businessDayOf } from '../../domain/business-day.ts';
import type { QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_COUNTERS, DEMO_KIOSK_ID, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { auditLedger } from '../ledger/audit-ledger.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readCounterFigures } from './counter-payments.ts';
import { executeQueueCommand } from './queue-command.ts';
import { type StoredTicket, saveTicketChanges } from './ticket-store.ts';

const [FIRST, SECOND] = DEMO_COUNTERS;
const PRICE_CENTS = 2_550;
const ZONE = 'America/Sao_Paulo';

let clock: ManualClock;
let database: TestDatabase;
let context: ServerContext;
let nextNumber = 501;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
});
afterAll(() => database.close());
beforeEach(async () => {
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await database.db.transaction(async (transaction) => {
    // The ledger refuses to be emptied: its triggers are off for this.
    await transaction.query('SET LOCAL session_replication_role = replica');
    await transaction.query(
      'TRUNCATE tickets, queue_commands, ledger_entries, ledger_heads, counter_payments CASCADE',
    );
  });
});

/** A ticket that has to be paid at the counter, and is called to the first one. */
async function calledTicket(changes: Partial<StoredTicket> = {}): Promise<string> {
  const atMs = clock.nowMs();
  const number = nextNumber;
  nextNumber += 1;
  const ticket: StoredTicket = {
    ticketId: randomUUID(),
    sessionId: randomUUID(),
    transactionId: null,
    kioskId: DEMO_KIOSK_ID,
    number,
    prefix: 'K',
    label: `K${number}`,
    businessDay: businessDayOf(atMs, ZONE),
    serviceId: randomUUID(),
    serviceName: 'Curativo',
    status: 'called',
    delivery: 'printed',
    payment: 'at_counter',
    amountDueCents: PRICE_CENTS,
    rescued: false,
    receivedCents: 0,
    receivedAt: null,
    moneyBack: null,
    issuedAt: atMs,
    queuedAt: atMs,
    counter: FIRST,
    calledAt: atMs,
    callCount: 1,
    startedAt: null,
    endedAt: null,
    revision: 1,
    ...changes,
  };
  await context.db.transaction((transaction) =>
    saveTicketChanges(
      transaction,
      context.feedWake,
      DEMO_SHOP,
      [{ from: null, ticket, cause: 'test' }],
      atMs,
    ),
  );
  return ticket.ticketId;
}

function money(
  kind: 'take' | 'undo',
  ticketId: string,
  { counter = FIRST, commandId = randomUUID() }: { counter?: string; commandId?: string } = {},
): Promise<QueueResult> {
  const command: QueueCommand = { kind: `queue.${kind}_payment`, commandId, counter, ticketId };
  return executeQueueCommand(context, { ...DEMO_SHOP, kioskId: DEMO_KIOSK_ID }, command);
}

/** The cash account of the unit and the sales, in cents. */
async function balances(): Promise<Record<string, number>> {
  const rows = await database.db.query<{ code: string; cents: number }>(
    `SELECT account_code AS code, sum(amount_cents)::int AS cents FROM ledger_postings GROUP BY account_code`,
  );
  return Object.fromEntries(rows.map(({ code, cents }) => [code.split(':')[0], cents]));
}

const figures = () => readCounterFigures(database.db, DEMO_SHOP.merchantId, clock.nowMs());

async function auditFindings() {
  return (await auditLedger(database.db)).findings;
}

test('money is taken once, whoever presses and however often the press comes, and posted as cash of the unit', async () => {
  const ticketId = await calledTicket();
  const commandId = randomUUID();
  const presses = [commandId, commandId, randomUUID(), randomUUID()];
  const results = await Promise.all(presses.map((id) => money('take', ticketId, { commandId: id })));
  expect(new Set(results.flatMap((result) => (result.ok ? [] : [result.code])))).toEqual(
    new Set(['already_received']),
  );
  const won = results.find(({ ok }) => ok);
  expect(won).toMatchObject({
    ok: true,
    ticket: { status: 'called', receivedCents: PRICE_CENTS, receivedAt: clock.nowMs(), revision: 2 },
  });
  expect(results[0]).toEqual(results[1]);
  expect(await balances()).toEqual({ cash: PRICE_CENTS, sales: -PRICE_CENTS });
  expect(
    await database.db.query(
      'SELECT ticket_id, amount_cents, counter, kiosk_id, received_at, undone_at FROM counter_payments',
    ),
  ).toEqual([
    {
      ticket_id: ticketId,
      amount_cents: PRICE_CENTS,
      counter: FIRST,
      kiosk_id: DEMO_KIOSK_ID,
      received_at: new Date(clock.nowMs()),
      undone_at: null,
    },
  ]);
  expect(await auditFindings()).toEqual([]);
});

test('a mistake is undone, keeps its trace, and the money can be taken again', async () => {
  const ticketId = await calledTicket();
  expect(await money('undo', ticketId)).toMatchObject({ ok: false, code: 'not_allowed' });
  expect(await money('take', ticketId)).toMatchObject({ ok: true });
  clock.advance(60_000);
  expect(await money('undo', ticketId)).toMatchObject({
    ok: true,
    ticket: { receivedCents: 0, receivedAt: null },
  });
  expect(await balances()).toEqual({ cash: 0, sales: 0 });
  expect(await money('take', ticketId)).toMatchObject({ ok: true });
  expect(await balances()).toEqual({ cash: PRICE_CENTS, sales: -PRICE_CENTS });
  const rows = await database.db.query(
    'SELECT undone_counter AS by FROM counter_payments ORDER BY received_at, undone_at NULLS LAST',
  );
  expect(rows).toEqual([{ by: FIRST }, { by: null }]);
  expect(await auditFindings()).toEqual([]);
});

describe('money is not taken', () => {
  test.each([
    ['of a free ticket', { payment: 'free', amountDueCents: 0 }, FIRST, 'not_allowed'],
    ['at another counter', {}, SECOND, 'ticket_taken'],
    ['before the ticket is called', { status: 'in_queue', counter: null }, FIRST, 'not_allowed'],
    ['of who has gone', { status: 'no_show' }, FIRST, 'not_allowed'],
    ['of a void ticket', { status: 'voided' }, FIRST, 'not_allowed'],
    ['at a counter that is none', {}, 'Guichê 99', 'unknown_counter'],
  ] as const)('%s', async (_, changes, counter, code) => {
    const ticketId = await calledTicket(changes);
    expect(await money('take', ticketId, { counter })).toMatchObject({ ok: false, code });
    expect(await balances()).toEqual({});
  });

  test('of a ticket that is unknown', async () => {
    expect(await money('take', randomUUID())).toEqual({ ok: false, code: 'unknown_ticket', ticket: null });
  });
});

test('what was forgotten is taken after the service, and the manager sees what is missing', async () => {
  const served = { status: 'completed', endedAt: clock.nowMs() } as const;
  const forgotten = await calledTicket(served);
  const paid = await calledTicket();
  await calledTicket({ ...served, payment: 'free', amountDueCents: 0 });
  await money('take', paid);
  expect(await figures()).toEqual({
    receivedCents: PRICE_CENTS,
    receivedCount: 1,
    unpaidCents: PRICE_CENTS,
    unpaidCount: 1,
  });
  expect(await money('take', forgotten, { counter: SECOND })).toMatchObject({ ok: true });
  expect(await figures()).toMatchObject({ receivedCents: 2 * PRICE_CENTS, receivedCount: 2, unpaidCount: 0 });
  clock.advance(30 * 60 * 60_000);
  expect(await figures()).toEqual({ receivedCents: 0, receivedCount: 0, unpaidCents: 0, unpaidCount: 0 });
});

test('the audit sees money that was marked and not posted, and a ticket that only says so', async () => {
  const ticketId = await calledTicket();
  await money('take', ticketId);
  await database.db.query('UPDATE counter_payments SET amount_cents = amount_cents + 1');
  expect((await auditFindings()).map(({ rule }) => rule)).toEqual([
    'counter_payment_posted_with_its_amount',
    'received_ticket_has_its_counter_payment',
  ]);
});
