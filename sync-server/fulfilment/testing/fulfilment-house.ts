import { randomUUID } from 'node:crypto';
import { ticketIdOfSession } from '../../../domain/ids.ts';
import type { ChargeRequest } from '../../../domain/protocol/charges.ts';
import { FEED_PAYLOADS } from '../../../domain/protocol/feed.ts';
import type { FulfilmentDetail } from '../../../domain/protocol/fulfilment.ts';
import type { TicketDelivery } from '../../../domain/ticket.ts';
import { eventually } from '../../../platform/testing/eventually.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import type { ServerConfig } from '../../config.ts';
import type { ServerContext } from '../../context.ts';
import type { Channels } from '../../notifications/channel.ts';
import { applyProviderCharge } from '../../payments/apply-provider-charge.ts';
import { chargeCreator } from '../../payments/create-charge.ts';
import { findBySession, type TransactionKey } from '../../payments/payment-transaction.ts';
import { ModelBank } from '../../payments/testing/model-bank.ts';
import { chargeRequest, KIOSK, SERVICE } from '../../payments/testing/payment-steps.ts';
import { onlyProvider } from '../../routing/charge-router.ts';
import { pushEvents } from '../../sync/push.ts';
import { outboxEvent } from '../../testing/paid-session.ts';
import { seedShop, testContext } from '../../testing/test-context.ts';
import { createTestDatabase } from '../../testing/test-database.ts';
import { readFulfilment } from '../list-fulfilments.ts';
import { type Fulfilment, startFulfilment } from '../start-fulfilment.ts';
import { createLocalJobs } from './local-jobs.ts';

export type Sold = TransactionKey & { readonly sessionId: string };

/** The server's money, tickets and fulfilments on real PostgreSQL, with time by hand. */
export interface FulfilmentHouse {
  readonly context: ServerContext;
  readonly clock: ManualClock;
  readonly bank: ModelBank;
  /** No job can be added. */
  queueIsAway: boolean;
  /** Jobs are taken and never handed out, as by a process that died with them in hand. */
  jobsAreLost: boolean;
  /** What was logged as an error. */
  readonly alerts: readonly unknown[];
  sell(customer?: ChargeRequest['customer']): Promise<Sold>;
  /** The totem tells that it has issued the ticket. */
  issue(sale: Sold): Promise<void>;
  handOver(sale: Sold, delivery?: TicketDelivery): Promise<void>;
  show(sale: TransactionKey): Promise<FulfilmentDetail>;
  /** Waits for real sockets and the database; the clock stands still meanwhile. */
  reaches(sale: TransactionKey, wanted: Partial<FulfilmentDetail['stages'][number]>): Promise<void>;
  /** Moves the clock on, a little at a time, and lets what falls due be done. */
  pass(durationMs: number): Promise<void>;
  /** The process ends, its jobs with it; `start` is the next one. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The watch gathers what the feed tells for a tenth of a second. */
const STEP_MS = 30_000;

/** @param config of the server, in place of a test's own */
export async function openFulfilmentHouse(
  channels: Channels,
  config?: ServerConfig,
): Promise<FulfilmentHouse> {
  const database = await createTestDatabase();
  const clock = new ManualClock();
  await seedShop(database.db, clock.nowMs());
  const alerts: unknown[] = [];
  const base = testContext({ db: database.db, clock, ...(config === undefined ? {} : { config }) });
  const log = { ...base.log, error: (facts: unknown) => void alerts.push(facts) };
  let jobs = createLocalJobs(clock);
  const context: ServerContext = {
    ...base,
    log: log as ServerContext['log'],
    jobs: {
      add: async (transaction, job, atMs) => {
        if (house.queueIsAway) throw new Error('no queue');
        if (house.jobsAreLost) return;
        await jobs.add(transaction, job, atMs);
      },
      work: (handler) => jobs.work(handler),
      stop: () => jobs.stop(),
    },
  };
  const bank = new ModelBank(clock);
  let fulfilment: Fulfilment | null = await startFulfilment(context, channels);

  const ticketOf = async ({ sessionId }: Sold) => {
    const [entry] = await context.db.query<{ payload: unknown }>(
      "SELECT payload FROM feed WHERE kind = 'payment.confirmed' AND payload->>'sessionId' = $1",
      [sessionId],
    );
    return FEED_PAYLOADS['payment.confirmed'].parse(entry?.payload).ticket;
  };

  const house: FulfilmentHouse = {
    context,
    clock,
    bank,
    queueIsAway: false,
    jobsAreLost: false,
    alerts,
    async sell(customer) {
      const request = chargeRequest(context, customer === undefined ? {} : { customer });
      await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
      const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
      if (payment === undefined) throw new Error('no charge');
      bank.pay(payment.txid, SERVICE.amountCents);
      await applyProviderCharge(context, payment, bank.chargeOf(payment.txid), 'webhook');
      const { merchantId, transactionId, sessionId } = payment;
      return { merchantId, transactionId, sessionId };
    },
    async issue(sale) {
      const atMs = clock.nowMs();
      const { sessionId } = sale;
      const ticket = await ticketOf(sale);
      const payload = { ...ticket, ticketId: ticketIdOfSession(sessionId), sessionId, issuedAt: atMs };
      await pushEvents(context, KIOSK, [outboxEvent('ticket.issued', payload, atMs)]);
    },
    async handOver({ sessionId }, delivery = 'printed') {
      const ticketId = ticketIdOfSession(sessionId);
      const atMs = clock.nowMs();
      const report = {
        ticketId,
        jobId: randomUUID(),
        copyNumber: 1,
        attempts: 1,
        outcome: 'printed',
        detail: null,
        finishedAt: atMs,
      } as const;
      await pushEvents(context, KIOSK, [
        outboxEvent('ticket.print_finished', report, atMs),
        outboxEvent('ticket.queued', { ticketId, delivery, queuedAt: atMs }, atMs),
      ]);
    },
    async show(sale) {
      const found = await readFulfilment(context.db, sale);
      if (found === undefined) throw new Error(`${sale.transactionId} has no fulfilment`);
      return found;
    },
    async reaches(sale, wanted) {
      await eventually(async () => {
        const { stages } = await house.show(sale);
        const entries = Object.entries(wanted);
        const isThere = stages.some((stage) =>
          entries.every(([name, value]) => stage[name as keyof typeof stage] === value),
        );
        if (!isThere) throw new Error(`${JSON.stringify(wanted)} is not among ${JSON.stringify(stages)}`);
      });
    },
    async pass(durationMs) {
      for (let leftMs = durationMs; leftMs > 0; leftMs -= STEP_MS) {
        clock.advance(Math.min(STEP_MS, leftMs));
        await settled(context);
      }
    },
    async stop() {
      await fulfilment?.stop();
      fulfilment = null;
      await jobs.stop();
    },
    async start() {
      jobs = createLocalJobs(clock);
      fulfilment = await startFulfilment(context, channels);
    },
    async close() {
      await house.stop();
      await database.close();
    },
  };
  return house;
}

/** Until nothing is due, or under way, any more. */
async function settled({ db, clock }: ServerContext): Promise<void> {
  await eventually(async () => {
    const busy = await db.query(
      `SELECT 1 FROM fulfilments WHERE next_work_at <= $1
       UNION ALL SELECT 1 FROM notification_sends WHERE outcome IS NULL AND started_at > $2`,
      [new Date(clock.nowMs()), new Date(clock.nowMs() - 60_000)],
    );
    if (busy.length > 0) throw new Error(`${busy.length} fulfilments are due`);
  });
}
