import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CONFIRMATION_LEASE_MS, RESCUE_MARGIN_MS } from '../../domain/protocol/leases.ts';
import type { QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { readFleet } from '../access/fleet.ts';
import { recordKioskContact } from '../access/kiosk-contact.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import { DEMO_COUNTERS, DEMO_KIOSK_ID, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { executeQueueCommand } from '../queue/queue-command.ts';
import { lockUnitTickets } from '../queue/ticket-store.ts';
import { pushEvents } from '../sync/push.ts';
import { insertPaidSessions, outboxEvent, type PaidSession } from '../testing/paid-session.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { claimConfirmation } from './claim-confirmation.ts';

const kiosk: KioskPrincipal = { role: 'kiosk', ...DEMO_SHOP, kioskId: DEMO_KIOSK_ID };
const neighbour: KioskPrincipal = { ...kiosk, kioskId: 'totem-2' };
const [COUNTER] = DEMO_COUNTERS;
const LAPSED_MS = CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS + 1;

let clock: ManualClock;
let database: TestDatabase;
let context: ServerContext;
let nextNumber = 1;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
});
afterAll(() => database.close());
beforeEach(async () => {
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await database.db.query(
    'TRUNCATE tickets, ticket_transitions, ticket_print_reports, queue_commands, payment_transactions CASCADE',
  );
});

/** A payment that settled now, whose kiosk has its lease and has done nothing. */
async function pay(): Promise<PaidSession> {
  const [paid] = await insertPaidSessions(database.db, {
    count: 1,
    firstNumber: nextNumber,
    atMs: clock.nowMs(),
  });
  if (paid === undefined) throw new Error('no payment was made');
  nextNumber += 1;
  await database.db.query('UPDATE payment_transactions SET act_before = $1 WHERE session_id = $2', [
    new Date(clock.nowMs() + CONFIRMATION_LEASE_MS),
    paid.sessionId,
  ]);
  return paid;
}

async function payAndLapse(): Promise<PaidSession> {
  const paid = await pay();
  clock.advance(LAPSED_MS);
  return paid;
}

const claim = (sessionId: string, by: KioskPrincipal = kiosk) => claimConfirmation(context, by, sessionId);

function rescue(sessionId: string, commandId: string = randomUUID()): Promise<QueueResult> {
  return run({ kind: 'queue.rescue', commandId, counter: COUNTER, sessionId });
}

const run = (command: QueueCommand): Promise<QueueResult> => executeQueueCommand(context, DEMO_SHOP, command);

function tellIssued({ issued, ticketId }: PaidSession) {
  const atMs = clock.nowMs();
  return pushEvents(context, kiosk, [
    outboxEvent('ticket.issued', { ...issued, issuedAt: atMs }, atMs),
    outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: atMs }, atMs),
  ]);
}

const tickets = () =>
  database.db.query<{ status: string; rescued: boolean; number: number; revision: number }>(
    'SELECT status, rescued, number, revision FROM tickets',
  );

test.each([
  ['card', "flow = 'international', provider = 'stripe'"],
  ['pix', "flow = 'national'"],
])(
  'a rescue answers with what was paid: %s, also for a ticket that its totem had told of',
  async (paidBy, how) => {
    const untold = await payAndLapse();
    const told = await pay();
    await pushEvents(context, kiosk, [
      outboxEvent('ticket.issued', { ...told.issued, issuedAt: clock.nowMs() }, clock.nowMs()),
    ]);
    clock.advance(LAPSED_MS);
    await database.db.query(`UPDATE payment_transactions SET ${how}`);
    for (const { sessionId } of [untold, told])
      expect(await rescue(sessionId)).toMatchObject({ ok: true, ticket: { rescued: true, paidBy } });
  },
);

describe('a claim', () => {
  test('gives a new lease, and a later one when its answer was lost', async () => {
    const { sessionId } = await payAndLapse();
    const first = await claim(sessionId);
    expect(first).toEqual({
      outcome: 'granted',
      actBefore: clock.nowMs() + CONFIRMATION_LEASE_MS,
      serverTime: clock.nowMs(),
    });
    clock.advance(1_000);
    expect(await claim(sessionId)).toMatchObject({ actBefore: clock.nowMs() + CONFIRMATION_LEASE_MS });
    expect(await rescue(sessionId)).toEqual({ ok: false, code: 'lease_running', ticket: null });
  });

  test('is told of the ticket that there is, rescued or its own', async () => {
    const rescued = await payAndLapse();
    await rescue(rescued.sessionId);
    expect(await claim(rescued.sessionId)).toMatchObject({
      outcome: 'ticketed',
      ticket: { ticketId: rescued.ticketId, label: rescued.issued.label, rescued: true, revision: 1 },
    });
    const issued = await pay();
    await tellIssued(issued);
    expect(await claim(issued.sessionId)).toMatchObject({ outcome: 'ticketed', ticket: { rescued: false } });
  });

  test('knows nothing of another kiosk’s payment, of one that has not settled, and of no payment', async () => {
    const { sessionId } = await payAndLapse();
    expect(await claim(sessionId, neighbour)).toMatchObject({ outcome: 'unknown' });
    const [unpaid] = await insertPaidSessions(database.db, {
      count: 1,
      firstNumber: 900,
      atMs: clock.nowMs(),
      status: 'PENDING',
    });
    expect(await claim(unpaid?.sessionId ?? '')).toMatchObject({ outcome: 'unknown' });
    expect(await claim(randomUUID())).toMatchObject({ outcome: 'unknown' });
  });
});

describe('a rescue', () => {
  test('makes the ticket that its totem would have made, in the queue at the place that was paid for', async () => {
    const paidAtMs = clock.nowMs();
    const { sessionId, ticketId, issued } = await payAndLapse();
    const later = await pay();
    await tellIssued(later);
    const result = await rescue(sessionId);
    expect(result).toMatchObject({
      ok: true,
      ticket: {
        ticketId,
        number: issued.number,
        label: issued.label,
        kioskId: DEMO_KIOSK_ID,
        status: 'in_queue',
        delivery: 'counter',
        rescued: true,
        issuedAt: paidAtMs,
        queuedAt: clock.nowMs(),
        revision: 1,
      },
    });
    expect(await run({ kind: 'queue.call_next', commandId: randomUUID(), counter: COUNTER })).toMatchObject({
      ok: true,
      ticket: { ticketId },
    });
    const [entry] = await database.db.query<{ payload: unknown }>(
      `SELECT payload FROM feed WHERE kind = 'ticket.changed' AND payload -> 'ticket' ->> 'ticketId' = $1 ORDER BY seq LIMIT 1`,
      [ticketId],
    );
    expect(entry?.payload).toMatchObject({ ticket: { ticketId, rescued: true } });
    expect(
      await database.db.query('SELECT cause, from_status FROM ticket_transitions WHERE ticket_id = $1', [
        ticketId,
      ]),
    ).toContainEqual({ cause: 'queue.rescue', from_status: null });
  });

  test('waits for the lease and its margin, to the millisecond', async () => {
    const { sessionId } = await pay();
    clock.advance(CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS);
    expect(await rescue(sessionId)).toMatchObject({ ok: false, code: 'lease_running' });
    clock.advance(1);
    expect(await rescue(sessionId)).toMatchObject({ ok: true });
  });

  test('is refused without a settled payment, and where there is a ticket', async () => {
    expect(await rescue(randomUUID())).toEqual({ ok: false, code: 'not_paid', ticket: null });
    const paid = await pay();
    await tellIssued(paid);
    clock.advance(LAPSED_MS);
    expect(await rescue(paid.sessionId)).toMatchObject({
      ok: false,
      code: 'already_ticketed',
      ticket: { ticketId: paid.ticketId },
    });
  });

  test('takes a ticket into the queue whose totem issued it and was not heard of again', async () => {
    const paid = await pay();
    const atMs = clock.nowMs();
    await pushEvents(context, kiosk, [
      outboxEvent('ticket.issued', { ...paid.issued, issuedAt: atMs }, atMs),
    ]);
    expect(await tickets()).toMatchObject([{ status: 'paid' }]);
    clock.advance(CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS);
    expect(await rescue(paid.sessionId)).toMatchObject({ ok: false, code: 'lease_running' });
    clock.advance(1);
    expect(await rescue(paid.sessionId)).toMatchObject({
      ok: true,
      ticket: {
        ticketId: paid.ticketId,
        status: 'in_queue',
        delivery: 'counter',
        rescued: true,
        revision: 2,
      },
    });
    expect(await tickets()).toHaveLength(1);
    // Back again, it says what it did: nothing changes, and nothing is refused.
    expect((await tellIssued(paid)).map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    expect(await tickets()).toMatchObject([{ status: 'in_queue', rescued: true, revision: 2 }]);
  });

  test('by two operators at once is one ticket; each command is answered the same when it comes again', async () => {
    const { sessionId } = await payAndLapse();
    const commandIds = [randomUUID(), randomUUID()];
    const first = await Promise.all(commandIds.map((commandId) => rescue(sessionId, commandId)));
    expect(first.map((result) => (result.ok ? 'rescued' : result.code)).sort()).toEqual([
      'already_ticketed',
      'rescued',
    ]);
    expect(await Promise.all(commandIds.map((commandId) => rescue(sessionId, commandId)))).toEqual(first);
    expect(await tickets()).toHaveLength(1);
  });

  test('of the same press sent twice at once is one ticket and one answer', async () => {
    const { sessionId } = await payAndLapse();
    const commandId = randomUUID();
    const [first, second] = await Promise.all([rescue(sessionId, commandId), rescue(sessionId, commandId)]);
    expect(first).toMatchObject({ ok: true });
    expect(second).toEqual(first);
  });
});

describe('a claim and a rescue of the same instant', () => {
  /** Lets both queue up behind the unit's lock, in the order given, and then go. */
  async function race(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
    const release = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const holder = database.db.transaction(async (transaction) => {
      await lockUnitTickets(transaction, DEMO_SHOP);
      held.resolve();
      await release.promise;
    });
    await held.promise;
    const running = [first()];
    await waiters(1);
    running.push(second());
    await waiters(2);
    release.resolve();
    await Promise.all([holder, ...running]);
  }

  const waiters = (count: number): Promise<void> =>
    vi.waitFor(async () => {
      const [row] = await database.db.query<{ count: number }>(
        `SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      expect(row?.count).toBe(count);
    });

  test('claim first: the lease runs, and the rescue is refused', async () => {
    const { sessionId } = await payAndLapse();
    const answers: unknown[] = [];
    await race(
      async () => answers.push(await claim(sessionId)),
      async () => answers.push(await rescue(sessionId)),
    );
    expect(answers).toMatchObject([{ outcome: 'granted' }, { ok: false, code: 'lease_running' }]);
    expect(await tickets()).toEqual([]);
  });

  test('rescue first: the claim is told of the ticket', async () => {
    const { sessionId, ticketId } = await payAndLapse();
    const answers: unknown[] = [];
    await race(
      async () => answers.push(await rescue(sessionId)),
      async () => answers.push(await claim(sessionId)),
    );
    expect(answers).toMatchObject([{ ok: true }, { outcome: 'ticketed', ticket: { ticketId } }]);
  });

  test('however they fall, never both a lease and a ticket', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { sessionId } = await payAndLapse();
      const [claimed, rescued] = await Promise.all([claim(sessionId), rescue(sessionId)]);
      expect([claimed.outcome, rescued.ok]).toSatisfy(
        ([outcome, ok]) => (outcome === 'granted' && !ok) || (outcome === 'ticketed' && ok),
      );
    }
  });
});

describe('a totem that comes back after its ticket was rescued', () => {
  test('is believed what it did in time, and changes nothing of the ticket', async () => {
    const paid = await payAndLapse();
    await rescue(paid.sessionId);
    const before = await tickets();
    expect((await tellIssued(paid)).map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    expect(await tickets()).toEqual(before);
  });

  test.each(['called', 'in_progress', 'completed'] as const)(
    'never moves it back from %s',
    async (status) => {
      const paid = await payAndLapse();
      await rescue(paid.sessionId);
      const { ticketId } = paid;
      const steps = ['queue.call_next', 'queue.start', 'queue.complete'] as const;
      for (const kind of steps.slice(0, ['called', 'in_progress', 'completed'].indexOf(status) + 1)) {
        const common = { commandId: randomUUID(), counter: COUNTER };
        await run(kind === 'queue.call_next' ? { kind, ...common } : { kind, ...common, ticketId });
      }
      const before = await tickets();
      expect(before).toMatchObject([{ status }]);
      expect((await tellIssued(paid)).map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
      expect(await tickets()).toEqual(before);
    },
  );

  test('may tell of a paper of it, as may the totem that printed in its place; of another ticket it may not', async () => {
    const paid = await payAndLapse();
    await rescue(paid.sessionId);
    const own = await pay();
    await tellIssued(own);
    const printed = (ticketId: string) =>
      outboxEvent(
        'ticket.print_finished',
        {
          ticketId,
          jobId: randomUUID(),
          copyNumber: 2,
          attempts: 1,
          outcome: 'printed',
          detail: null,
          finishedAt: clock.nowMs(),
        },
        clock.nowMs(),
      );
    expect(await pushEvents(context, kiosk, [printed(paid.ticketId)])).toMatchObject([
      { outcome: 'applied' },
    ]);
    const [theirs, notTheirs] = await pushEvents(context, neighbour, [
      printed(paid.ticketId),
      printed(own.ticketId),
    ]);
    expect(theirs).toMatchObject({ outcome: 'applied' });
    expect(notTheirs).toMatchObject({ outcome: 'rejected', reason: 'not_your_ticket' });
  });
});

/** A server whose wall clock is set while its monotonic clock goes on. */
class SetClock extends ManualClock {
  stepMs = 0;
  override nowMs(): number {
    return super.nowMs() + this.stepMs;
  }
}

describe('where the server’s clock is set', () => {
  const HOUR_MS = 60 * 60_000;
  let setClock: SetClock;

  beforeEach(() => {
    setClock = new SetClock(clock.nowMs());
    clock = setClock;
    context = testContext({ db: database.db, clock });
  });

  const leftOf = async (sessionId: string) => {
    const [entry] = await database.db.query<{ actBefore: number | null }>(
      `SELECT (payload ->> 'actBefore')::bigint AS "actBefore" FROM feed
       WHERE kind = 'payment.confirmed' AND payload ->> 'sessionId' = $1`,
      [sessionId],
    );
    return entry;
  };

  test('back, a lease that was given here is over once its real length has passed, and no moment before', async () => {
    const { sessionId } = await payAndLapse();
    await claim(sessionId);
    setClock.stepMs = -HOUR_MS;
    clock.advance(CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS);
    expect(await rescue(sessionId)).toMatchObject({ ok: false, code: 'lease_running' });
    clock.advance(1);
    expect(await rescue(sessionId)).toMatchObject({ ok: true });
  });

  test('forward, it is no earlier over', async () => {
    const { sessionId } = await payAndLapse();
    await claim(sessionId);
    setClock.stepMs = HOUR_MS;
    expect(await rescue(sessionId)).toMatchObject({ ok: false, code: 'lease_running' });
    clock.advance(LAPSED_MS);
    expect(await rescue(sessionId)).toMatchObject({ ok: true });
  });

  test('back before this process started, a lease is over when its length has passed since it was asked about', async () => {
    const { sessionId } = await pay();
    clock.advance(30_000);
    setClock.stepMs = -HOUR_MS;
    expect(await rescue(sessionId)).toMatchObject({ code: 'lease_running' });
    clock.advance(CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS);
    expect(await rescue(sessionId)).toMatchObject({ code: 'lease_running' });
    clock.advance(1);
    expect(await rescue(sessionId)).toMatchObject({ ok: true });
  });

  test('back, a claim gives a lease of the time that now is; the rescue waits for that one', async () => {
    const { sessionId } = await pay();
    setClock.stepMs = -HOUR_MS;
    expect(await rescue(sessionId)).toMatchObject({ code: 'lease_running' });
    clock.advance(LAPSED_MS - 1);
    expect(await claim(sessionId)).toMatchObject({ actBefore: clock.nowMs() + CONFIRMATION_LEASE_MS });
    clock.advance(1);
    expect(await rescue(sessionId)).toMatchObject({ code: 'lease_running' });
    clock.advance(LAPSED_MS);
    expect(await rescue(sessionId)).toMatchObject({ ok: true });
  });

  test('back, a ticket that waits for its totem’s paper can be rescued as well', async () => {
    const paid = await pay();
    await pushEvents(context, kiosk, [
      outboxEvent('ticket.issued', { ...paid.issued, issuedAt: clock.nowMs() }, clock.nowMs()),
    ]);
    setClock.stepMs = -HOUR_MS;
    expect(await rescue(paid.sessionId)).toMatchObject({ code: 'lease_running' });
    clock.advance(LAPSED_MS);
    expect(await rescue(paid.sessionId)).toMatchObject({ ok: true, ticket: { rescued: true } });
  });

  test('back, a rescue takes the lease out of the feed: a totem that reads it late has to claim', async () => {
    const { sessionId } = await pay();
    const payload = { sessionId, actBefore: clock.nowMs() + CONFIRMATION_LEASE_MS };
    await database.db.query(
      `INSERT INTO feed (merchant_id, unit_id, seq, at, kind, payload)
       VALUES ($1, $2, 9000, now(), 'payment.confirmed', $3)`,
      [DEMO_SHOP.merchantId, DEMO_SHOP.unitId, JSON.stringify(payload)],
    );
    setClock.stepMs = -HOUR_MS;
    await rescue(sessionId);
    expect(await leftOf(sessionId)).toEqual({ actBefore: payload.actBefore });
    clock.advance(LAPSED_MS);
    expect(await rescue(sessionId)).toMatchObject({ ok: true });
    expect(await leftOf(sessionId)).toEqual({ actBefore: null });
  });

  test('forward and back, “last seen” is when a totem was last seen', async () => {
    const seen = async () =>
      (await readFleet(database.db, DEMO_SHOP.merchantId)).find(({ kioskId }) => kioskId === DEMO_KIOSK_ID)
        ?.lastSeenAt;
    setClock.stepMs = HOUR_MS;
    await recordKioskContact(database.db, kiosk, clock.nowMs());
    setClock.stepMs = 0;
    await recordKioskContact(database.db, kiosk, clock.nowMs());
    expect(await seen()).toBe(clock.nowMs());
  });
});
