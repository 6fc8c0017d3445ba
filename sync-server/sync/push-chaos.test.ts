import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OutboxEvent } from '../../domain/protocol/sync.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import { DEMO_COUNTERS, DEMO_KIOSK_ID, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { executeQueueCommand } from '../queue/queue-command.ts';
import { insertPaidSessions, outboxEvent } from '../testing/paid-session.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { pushEvents } from './push.ts';

const KIOSKS: readonly KioskPrincipal[] = [
  { role: 'kiosk', ...DEMO_SHOP, kioskId: DEMO_KIOSK_ID },
  { role: 'kiosk', ...DEMO_SHOP, kioskId: 'totem-2' },
];
const clock = new ManualClock();
const atMs = clock.nowMs();
let database: TestDatabase;
let context: ServerContext;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, atMs);
  context = testContext({ db: database.db, clock });
});
afterAll(() => database.close());

const TICKETS = 3;

/** What a kiosk did while it was cut off: it sold and printed, and its counter served all but the last. */
async function lifeOf(kiosk: KioskPrincipal, counter: string, firstNumber: number): Promise<OutboxEvent[]> {
  const { kioskId } = kiosk;
  const paid = await insertPaidSessions(database.db, { count: TICKETS, firstNumber, atMs, kioskId });
  return paid.flatMap(({ sessionId, ticketId, issued }, index) => {
    const { serviceId } = issued;
    const commands = ['queue.call_next', 'queue.start', 'queue.complete'] as const;
    return [
      outboxEvent('session.opened', { sessionId, serviceId, amountCents: 5_000, openedAt: atMs }, atMs),
      outboxEvent('ticket.issued', issued, atMs),
      outboxEvent(
        'ticket.print_finished',
        {
          ticketId,
          jobId: randomUUID(),
          copyNumber: 1,
          attempts: 1,
          outcome: 'printed',
          detail: null,
          finishedAt: atMs,
        },
        atMs,
      ),
      outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: atMs }, atMs),
      ...(index === TICKETS - 1 ? [] : commands).map((kind) => {
        const commandId = randomUUID();
        const command =
          kind === 'queue.call_next' ? { kind, commandId, counter } : { kind, commandId, counter, ticketId };
        return outboxEvent('queue.executed_locally', { command, ticketId, executedAt: atMs }, atMs);
      }),
    ];
  });
}

interface Delivery {
  /** How much the kiosk sends of what it has no answer for. */
  readonly size: number;
  readonly kiosk: 0 | 1;
  /** The server does the work and the kiosk does not hear of it. */
  readonly answerLost: boolean;
  /** The network delivers an earlier push once more, before this one. */
  readonly replay: number | null;
}

const deliveries: fc.Arbitrary<Delivery[]> = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 20 }),
    kiosk: fc.constantFrom(0 as const, 1 as const),
    answerLost: fc.boolean(),
    replay: fc.option(fc.nat(30)),
  }),
  { minLength: 1, maxLength: 14 },
);

/** Delivers as told, then all that is left in order. */
async function deliver(lives: readonly OutboxEvent[][], plan: readonly Delivery[]): Promise<void> {
  const answered = [0, 0];
  const sent: { kiosk: KioskPrincipal; events: OutboxEvent[] }[] = [];
  const rest: Delivery[] = [0, 1].map((kiosk) => ({
    kiosk: kiosk as 0 | 1,
    size: 500,
    answerLost: false,
    replay: null,
  }));
  for (const { size, kiosk: which, answerLost, replay } of [...plan, ...rest]) {
    const again = replay === null ? undefined : sent[replay];
    if (again !== undefined) await pushEvents(context, again.kiosk, again.events);
    const kiosk = KIOSKS[which] as KioskPrincipal;
    const start = answered[which] ?? 0;
    const events = lives[which]?.slice(start, start + size) ?? [];
    if (events.length === 0) continue;
    sent.push({ kiosk, events });
    const results = await pushEvents(context, kiosk, events);
    for (const { outcome, reason } of results) expect([outcome, reason]).not.toContain('rejected');
    if (!answerLost) answered[which] = start + events.length;
  }
}

/** All that the events have brought about, told without ids, which differ from run to run. */
async function effects(): Promise<unknown> {
  const read = (sql: string) => database.db.query(sql);
  return {
    tickets: await read(
      'SELECT label, kiosk_id, status, counter, call_count, revision, delivery FROM tickets ORDER BY label',
    ),
    steps: await read(
      `SELECT ticket.label, step.from_status, step.to_status, step.cause FROM ticket_transitions step
       JOIN tickets ticket USING (merchant_id, ticket_id) ORDER BY ticket.label, step.position`,
    ),
    reports: await read('SELECT count(*)::int AS count FROM ticket_print_reports'),
    sessions: await read('SELECT count(*)::int AS count, count(outcome)::int AS ended FROM payment_sessions'),
    commands: await read('SELECT count(*)::int AS count FROM queue_commands'),
    answers: await read(
      'SELECT kind, outcome, count(*)::int AS count FROM sync_events GROUP BY 1, 2 ORDER BY 1, 2',
    ),
  };
}

async function run(plan: readonly Delivery[]): Promise<unknown> {
  await database.db.query(
    `TRUNCATE tickets, ticket_transitions, ticket_print_reports, payment_sessions, queue_commands, sync_events,
       payment_transactions CASCADE`,
  );
  const lives = [
    await lifeOf(KIOSKS[0] as KioskPrincipal, DEMO_COUNTERS[0], 1),
    await lifeOf(KIOSKS[1] as KioskPrincipal, DEMO_COUNTERS[1], 101),
  ];
  await deliver(lives, plan);
  return effects();
}

test('Odoo #288974, #152259, #40600, #149049: whatever is lost, doubled or late, each event takes effect once and none is missing', async () => {
  const clean = await run([]);
  expect(clean).toMatchObject({
    reports: [{ count: 2 * TICKETS }],
    commands: [{ count: 2 * 3 * (TICKETS - 1) }],
  });
  await fc.assert(
    fc.asyncProperty(deliveries, async (plan) => {
      expect(await run(plan)).toEqual(clean);
    }),
    { numRuns: 25 },
  );
});

test('a week’s backlog of one totem leaves the others their turn: they sell and call between its pieces', async () => {
  await run([]);
  const [busy, other] = KIOSKS as [KioskPrincipal, KioskPrincipal];
  const [ticket] = await database.db.query<{ id: string }>(
    'SELECT ticket_id AS id FROM tickets WHERE kiosk_id = $1',
    [busy.kioskId],
  );
  const backlog = Array.from({ length: 10_000 }, (_, index) =>
    outboxEvent(
      'ticket.print_finished',
      {
        ticketId: ticket?.id ?? '',
        jobId: randomUUID(),
        copyNumber: index + 2,
        attempts: 1,
        outcome: 'printed',
        detail: null,
        finishedAt: atMs,
      },
      atMs,
    ),
  );
  let piecesLeft = backlog.length / 500;
  const catchUp = (async () => {
    for (let start = 0; start < backlog.length; start += 500) {
      const results = await pushEvents(context, busy, backlog.slice(start, start + 500));
      expect(results.every(({ outcome }) => outcome === 'applied')).toBe(true);
      piecesLeft -= 1;
    }
  })();
  const piecesLeftAtSale: number[] = [];
  for (let sale = 0; sale < 5; sale += 1) {
    const [paid] = await insertPaidSessions(database.db, {
      count: 1,
      firstNumber: 201 + sale,
      atMs,
      kioskId: other.kioskId,
    });
    if (paid === undefined) throw new Error('nothing was paid');
    const { ticketId, issued } = paid;
    const sold = [
      outboxEvent('ticket.issued', issued, atMs),
      outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: atMs }, atMs),
    ];
    for (const { outcome } of await pushEvents(context, other, sold)) expect(outcome).toBe('applied');
    const call = { kind: 'queue.call_next', commandId: randomUUID(), counter: DEMO_COUNTERS[2] } as const;
    const called = await executeQueueCommand(context, DEMO_SHOP, call);
    if (!called.ok) throw new Error(called.code);
    const missed = { kind: 'queue.no_show', commandId: randomUUID(), counter: DEMO_COUNTERS[2] } as const;
    await executeQueueCommand(context, DEMO_SHOP, { ...missed, ticketId: called.ticket.ticketId });
    piecesLeftAtSale.push(piecesLeft);
  }
  await catchUp;
  // All five were served while the backlog was still under way, each behind few of its pieces.
  expect(piecesLeftAtSale.at(-1)).toBeGreaterThan(0);
  const reports = await database.db.query('SELECT count(*)::int AS count FROM ticket_print_reports');
  expect(reports).toEqual([{ count: backlog.length + 2 * TICKETS }]);
});
