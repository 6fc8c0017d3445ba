import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { businessDayOf } from '../../domain/business-day.ts';
import { ticketIdOfSession, txidOfSession } from '../../domain/ids.ts';
import { FIRST_LOCAL_NUMBER, NUMBER_LEASE_SIZE, type NumberLease } from '../../domain/protocol/leases.ts';
import type { OutboxPayload, PushResult } from '../../domain/protocol/sync.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import { systemClock } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import { readCatalog } from '../catalog/catalog.ts';
import {
  DEMO_COUNTERS,
  DEMO_KIOSK_ID,
  DEMO_MERCHANT_ID,
  DEMO_SERVICES,
  DEMO_SHOP,
} from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { readIntegrationStatus } from '../integration/integration-status.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { reserveTicketNumber } from '../payments/reserve-ticket-number.ts';
import { createBacenPixProvider } from '../providers/bacen-pix/bacen-pix.ts';
import { executeQueueCommand } from '../queue/queue-command.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { appendFeed } from '../sync/feed-log.ts';
import { pushEvents } from '../sync/push.ts';
import { outboxEvent } from '../testing/paid-session.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { leaseNumbers, MAX_LEASES_PER_KIOSK_AND_DAY } from './lease-numbers.ts';

const TIME_ZONE = 'America/Sao_Paulo';
const DAY_MS = 24 * 60 * 60_000;
const kiosk: KioskPrincipal = { role: 'kiosk', ...DEMO_SHOP, kioskId: DEMO_KIOSK_ID };
const neighbour: KioskPrincipal = { ...kiosk, kioskId: 'totem-2' };
const [CONSULTA, , , CURATIVO] = DEMO_SERVICES;
const INFORMACOES = DEMO_SERVICES[5];

const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
});
afterAll(() => database.close());
// Each test has a business day of its own, and with it fresh numbers.
beforeEach(() => clock.advance(DAY_MS));

const today = (): string => businessDayOf(clock.nowMs(), TIME_ZONE);

function ask(
  prefix: string = CURATIVO.prefix,
  businessDay: string = today(),
  leaseId: string = randomUUID(),
) {
  return { leaseId, prefix, businessDay };
}

async function leaseOne(of = kiosk, prefix: string = CURATIVO.prefix): Promise<NumberLease> {
  const [lease] = await leaseNumbers(context, of, [ask(prefix)]);
  if (lease === undefined) throw new Error('not granted');
  return lease;
}

/** What a settled payment does with its number, and nothing else of it. */
async function payFor(prefix: string): Promise<number> {
  const payment = { ...DEMO_SHOP, servicePrefix: prefix, timeZone: TIME_ZONE };
  const { number } = await database.db.transaction((transaction) =>
    reserveTicketNumber(transaction, payment, clock.nowMs()),
  );
  return number;
}

const numbersOf = ({ from, to }: NumberLease): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('numbers', () => {
  test('of payments begin at 1, those of totems at 501, and both go on together behind them', async () => {
    expect([await payFor('K'), await payFor('K')]).toEqual([1, 2]);
    expect(await leaseOne()).toMatchObject({ from: 501, to: 520 });
    await database.db.query("UPDATE ticket_counters SET last_number = 499 WHERE prefix = 'K'");
    expect([await payFor('K'), await payFor('K'), await payFor('K')]).toEqual([500, 521, 522]);
    expect(await leaseOne(neighbour)).toMatchObject({ from: 523, to: 542 });
    expect(await payFor('K')).toBe(543);
  });

  test('are unique whatever payments and leases come at once, around the end of the lower band', async () => {
    const step = fc.constantFrom('payment', 'lease', 'lease of the neighbour');
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 0, max: 12 }),
        async (steps, room) => {
          clock.advance(DAY_MS);
          await database.db.query(
            `INSERT INTO ticket_counters (merchant_id, unit_id, business_day, prefix, last_number)
           VALUES ($1, $2, $3, 'K', $4)`,
            [DEMO_SHOP.merchantId, DEMO_SHOP.unitId, today(), FIRST_LOCAL_NUMBER - 1 - room],
          );
          const given = await Promise.all(
            steps.map(async (name) => {
              if (name === 'payment') return [await payFor('K')];
              return numbersOf(await leaseOne(name === 'lease' ? kiosk : neighbour));
            }),
          );
          const numbers = given.flat();
          expect(new Set(numbers).size).toBe(numbers.length);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('a lease', () => {
  test('is the same range however often and however many times at once it is asked for', async () => {
    const wanted = [ask('K'), ask('I'), ask('L', businessDayOf(clock.nowMs() + 7 * DAY_MS, TIME_ZONE))];
    const answers = await Promise.all(Array.from({ length: 8 }, () => leaseNumbers(context, kiosk, wanted)));
    const inOrder = (leases: NumberLease[]): NumberLease[] =>
      [...leases].sort((left, right) => (left.leaseId < right.leaseId ? -1 : 1));
    for (const answer of answers) expect(inOrder(answer)).toEqual(inOrder(answers[0] ?? []));
    expect(answers[0]).toHaveLength(3);
    expect(await leaseOne()).toMatchObject({ from: FIRST_LOCAL_NUMBER + NUMBER_LEASE_SIZE });
  });

  test('is not told to another kiosk, whose other asks are granted all the same', async () => {
    const { leaseId } = await leaseOne();
    const own = ask();
    expect(await leaseNumbers(context, neighbour, [ask('K', today(), leaseId), own])).toMatchObject([own]);
  });

  test.each([
    ['a service that is paid by PIX alone', () => ask(CONSULTA.prefix)],
    ['a prefix that nobody has', () => ask('ZZZ')],
    ['a day long past', () => ask('K', businessDayOf(clock.nowMs() - 2 * DAY_MS, TIME_ZONE))],
    ['a day too far ahead', () => ask('K', businessDayOf(clock.nowMs() + 9 * DAY_MS, TIME_ZONE))],
  ])('is not given for %s', async (_words, asked) => {
    expect(await leaseNumbers(context, kiosk, [asked()])).toEqual([]);
  });

  test('is given for yesterday, and for the eighth day ahead', async () => {
    const days = [-1, 8].map((days) => businessDayOf(clock.nowMs() + days * DAY_MS, TIME_ZONE));
    const leases = await leaseNumbers(
      context,
      kiosk,
      days.map((day) => ask('K', day)),
    );
    expect(leases.map(({ businessDay }) => businessDay)).toEqual(days);
  });

  test('is not given for a day that no calendar has', async () => {
    const february = new ManualClock(Date.parse('2027-02-27T15:00:00Z'));
    const leases = await leaseNumbers({ ...context, clock: february }, kiosk, [ask('K', '2027-02-31')]);
    expect(leases).toEqual([]);
  });

  test('has a bound for each kiosk and day, which leaves the others theirs', async () => {
    const many = Array.from({ length: MAX_LEASES_PER_KIOSK_AND_DAY + 5 }, () => ask());
    expect(await leaseNumbers(context, kiosk, many)).toHaveLength(MAX_LEASES_PER_KIOSK_AND_DAY);
    expect(await leaseNumbers(context, kiosk, [ask()])).toEqual([]);
    expect(await leaseNumbers(context, neighbour, [ask()])).toHaveLength(1);
  });
});

type Issued = OutboxPayload<'ticket.issued_locally'>;

function ticketOf(lease: NumberLease, changes: Partial<Issued> = {}): Issued {
  const sessionId = randomUUID();
  const number = changes.number ?? lease.from;
  return {
    ticketId: ticketIdOfSession(changes.sessionId ?? sessionId),
    sessionId,
    payment: 'at_counter',
    amountDueCents: CURATIVO.amountCents,
    leaseId: lease.leaseId,
    number,
    prefix: lease.prefix,
    label: ticketLabel(lease.prefix, number),
    businessDay: lease.businessDay,
    serviceId: CURATIVO.serviceId,
    serviceName: CURATIVO.name,
    issuedAt: clock.nowMs(),
    ...changes,
  };
}

async function push(issued: Issued, of = kiosk): Promise<PushResult | undefined> {
  const [result] = await pushEvents(context, of, [
    outboxEvent('ticket.issued_locally', issued, clock.nowMs()),
  ]);
  return result;
}

describe('a ticket that a totem numbered by itself', () => {
  test('is in the queue, is called with what is due, and counts for no figure of the bank', async () => {
    const atMs = clock.nowMs();
    const issued = ticketOf(await leaseOne());
    const { ticketId, sessionId } = issued;
    const before = await readIntegrationStatus(database.db, DEMO_MERCHANT_ID, atMs);
    const opened = {
      sessionId,
      serviceId: CURATIVO.serviceId,
      amountCents: CURATIVO.amountCents,
      openedAt: atMs,
    };
    const events = [
      outboxEvent('session.opened', opened, atMs),
      outboxEvent('ticket.issued_locally', issued, atMs),
      outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: atMs }, atMs),
    ];
    const results = await pushEvents(context, kiosk, events);
    expect(results.map(({ outcome, current }) => [outcome, current])).toEqual(
      Array.from({ length: 3 }, () => ['applied', null]),
    );
    const call = { kind: 'queue.call_next', commandId: randomUUID(), counter: DEMO_COUNTERS[0] } as const;
    expect(await executeQueueCommand(context, DEMO_SHOP, call)).toMatchObject({
      ok: true,
      ticket: { ticketId, payment: 'at_counter', amountDueCents: 2_550, label: 'K501', rescued: false },
    });
    const sessions = await database.db.query('SELECT payment FROM payment_sessions WHERE session_id = $1', [
      sessionId,
    ]);
    expect(sessions).toEqual([{ payment: 'at_counter' }]);
    expect(await readIntegrationStatus(database.db, DEMO_MERCHANT_ID, atMs)).toEqual(before);
  });

  test('told twice is one ticket', async () => {
    const issued = ticketOf(await leaseOne());
    expect(await push(issued)).toMatchObject({ outcome: 'applied' });
    expect(await push(issued)).toMatchObject({ outcome: 'applied' });
    const rows = await database.db.query('SELECT revision FROM tickets WHERE session_id = $1', [
      issued.sessionId,
    ]);
    expect(rows).toEqual([{ revision: 1 }]);
  });

  test('free of charge is taken for a service that is free', async () => {
    const lease = await leaseOne(kiosk, INFORMACOES.prefix);
    const free = { payment: 'free', amountDueCents: 0, serviceId: INFORMACOES.serviceId } as const;
    expect(await push(ticketOf(lease, free))).toMatchObject({ outcome: 'applied' });
  });

  test('with a number that another session has is refused, and the answer shows whose it is', async () => {
    const lease = await leaseOne();
    const first = ticketOf(lease);
    await push(first);
    const copy = ticketOf(lease);
    const refused = { outcome: 'rejected', reason: `number_taken: K501 of ${today()}` };
    expect(await push(copy)).toMatchObject({
      ...refused,
      current: { sessionId: first.sessionId, number: 501 },
    });
    const batch = [ticketOf(lease, { number: 502 }), ticketOf(lease, { number: 502 })];
    const events = batch.map((issued) => outboxEvent('ticket.issued_locally', issued, clock.nowMs()));
    expect(await pushEvents(context, kiosk, events)).toMatchObject([
      { outcome: 'applied' },
      { outcome: 'rejected', current: { sessionId: batch[0]?.sessionId } },
    ]);
  });

  test('is refused where lease, number, service or terms are not the kiosk’s to give', async () => {
    const lease = await leaseOne();
    const wrong: readonly [string, Partial<Issued>][] = [
      ['unknown_lease', { leaseId: randomUUID() }],
      ['not_in_the_lease', { number: lease.to + 1 }],
      ['not_in_the_lease', { number: lease.from - 1 }],
      ['not_in_the_lease', { prefix: 'I' }],
      ['not_in_the_lease', { businessDay: '2026-03-09' }],
      ['wrong_label', { label: 'K999' }],
      ['wrong_ticket_id', { ticketId: randomUUID() }],
      ['unknown_service', { serviceId: randomUUID() }],
      ['never_offered', { payment: 'free', amountDueCents: 0 }],
      ['never_offered', { payment: 'free' }],
      ['never_offered', { amountDueCents: 1 }],
      ['never_offered', { serviceId: CONSULTA.serviceId, amountDueCents: CONSULTA.amountCents }],
    ];
    for (const [reason, changes] of wrong) {
      expect(await push(ticketOf(lease, changes))).toMatchObject({ outcome: 'rejected', reason });
    }
    expect(await push(ticketOf(lease), neighbour)).toMatchObject({ reason: 'not_your_lease' });
    expect(await push(ticketOf(lease))).toMatchObject({ outcome: 'applied' });
  });

  test('of a session that has a charge is refused: its ticket is the payment’s', async () => {
    const issued = ticketOf(await leaseOne());
    await database.db.query(
      `INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id,
         service_name, service_prefix, provider, txid, amount_cents, currency, status, created_at)
       VALUES ($1, gen_random_uuid(), $2, $3, $4, $5, 'Curativo', 'K', 'test', $6, 2550, 'BRL', 'PENDING', now())`,
      [
        DEMO_SHOP.merchantId,
        issued.sessionId,
        DEMO_SHOP.unitId,
        DEMO_KIOSK_ID,
        CURATIVO.serviceId,
        issued.sessionId.replaceAll('-', ''),
      ],
    );
    expect(await push(issued)).toMatchObject({ outcome: 'rejected', reason: 'session_has_a_charge' });
  });

  test('keeps its session from being charged: nobody pays for a ticket that is out, however the two arrive', async () => {
    const charge = chargeCreator(
      context,
      onlyProvider(createBacenPixProvider(context.config.pix, systemClock)),
    );
    const chargeFor = ({ sessionId, serviceId }: ReturnType<typeof ticketOf>) =>
      charge(kiosk, {
        sessionId,
        txid: txidOfSession(sessionId),
        serviceId,
        catalogVersion: 1,
        amountCents: CURATIVO.amountCents,
      });
    const issued = ticketOf(await leaseOne());
    expect(await push(issued)).toMatchObject({ outcome: 'applied' });
    expect(await chargeFor(issued)).toMatchObject({ ok: false, code: 'charge_closed' });

    for (let round = 0; round < 8; round += 1) {
      const both = ticketOf(await leaseOne());
      const [, pushed] = await Promise.all([chargeFor(both), push(both)]);
      const charges = await database.db.query('SELECT 1 FROM payment_transactions WHERE session_id = $1', [
        both.sessionId,
      ]);
      expect([pushed?.outcome, charges.length]).toSatisfy(
        ([outcome, count]) =>
          (outcome === 'applied' && count === 0) || (outcome === 'rejected' && count === 1),
      );
    }
  });

  test('at the price of the week in which the totem was cut off is taken; at one of no time it is not', async () => {
    const lease = await leaseOne();
    await database.db.transaction(async (transaction) => {
      await transaction.query(
        "UPDATE services SET amount_cents = 2700, pay_at_counter = false, active = false WHERE prefix = 'K'",
      );
      const catalog = await readCatalog(transaction, DEMO_SHOP);
      if (catalog === null) throw new Error('no catalogue');
      await appendFeed(
        transaction,
        context.feedWake,
        DEMO_SHOP,
        'catalog.changed',
        { catalog },
        clock.nowMs(),
      );
    });
    expect(await push(ticketOf(lease))).toMatchObject({ outcome: 'applied' });
    const today = ticketOf(lease, { number: lease.from + 1, amountDueCents: 2_700 });
    expect(await push(today)).toMatchObject({ outcome: 'rejected', reason: 'never_offered' });
    await database.db.query(
      "UPDATE services SET amount_cents = 2550, pay_at_counter = true, active = true WHERE prefix = 'K'",
    );
  });
});
