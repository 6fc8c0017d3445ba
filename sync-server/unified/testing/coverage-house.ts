import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CanonicalStatus } from '../../../domain/payment-status.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import type { ServerContext } from '../../context.ts';
import { openCheckout } from '../../international/open-checkout.ts';
import { checkoutRequest } from '../../international/testing/checkout-house.ts';
import { applyProviderCharge } from '../../payments/apply-provider-charge.ts';
import { EXPIRY_GRACE_MS } from '../../payments/next-status.ts';
import { openTransaction } from '../../payments/open-transaction.ts';
import { findBySession, type PaymentTransaction } from '../../payments/payment-transaction.ts';
import { startRefundWorker } from '../../payments/refunds.ts';
import { requestRefund } from '../../payments/request-refund.ts';
import { ModelBank } from '../../payments/testing/model-bank.ts';
import { chargeRequest, KIOSK } from '../../payments/testing/payment-steps.ts';
import type { ProviderCharge } from '../../providers/provider.ts';
import { INTERNATIONAL_FACTORIES, type ProviderName } from '../../providers/registry.ts';
import { onlyProvider } from '../../routing/charge-router.ts';
import { seedShop, testContext } from '../../testing/test-context.ts';
import { createTestDatabase } from '../../testing/test-database.ts';
import { ANSWER_EVENTS, type AnswerEvent, type OwnRefundEvent } from '../coverage/events.ts';
import { isSaidBy, PROVIDER_ANSWERS, type Situation } from './provider-answers.ts';
import { type RowChange, readPostings, rowChanges, takeSnapshot } from './row-diff.ts';
import { openUndone } from './undone.ts';

/** Of a sale; less than any price of the demonstration shop. */
const PART_CENTS = 100;
const LIFE_MS = 300_000;
/** For these the charge's time has to be over. */
const TAKES_LONG: ReadonlySet<Step> = new Set<Step>(['charge overdue', 'unwanted late money']);

export type Step = AnswerEvent | OwnRefundEvent;

/** What an event did to a payment in a state. */
export interface Observed {
  readonly to: CanonicalStatus;
  readonly rows: readonly RowChange[];
  readonly postings: readonly string[];
  /** Of the payment's receipts, old and new. */
  readonly dispositions: readonly string[];
}

export interface CoverageHouse {
  readonly context: ServerContext;
  /**
   * What each of the events does to a payment of the provider in the state, each to one that nothing else was done to.
   * Null: the provider has no words for it there.
   */
  observe(
    provider: ProviderName,
    state: CanonicalStatus,
    events: readonly Step[],
  ): Promise<ReadonlyMap<Step, Observed | null>>;
  /** Steps one after the other, those passed over that the provider has no words for; all is undone in the end. */
  walk(
    provider: ProviderName,
    steps: readonly Step[],
    check: (payment: PaymentTransaction, told: Situation) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}

/** How a payment comes into each state: the first of these ways that the provider has words for. */
const WAYS = {
  CREATED: [[]],
  PENDING: [['charge PENDING']],
  PROCESSING: [['charge PENDING', 'charge PROCESSING']],
  AUTHORIZED: [['charge PENDING', 'charge AUTHORIZED']],
  FAILED: [
    ['charge PENDING', 'charge FAILED'],
    ['charge PENDING', 'money of another amount'],
  ],
  EXPIRED: [
    ['charge PENDING', 'charge EXPIRED'],
    ['charge PENDING', 'charge overdue'],
  ],
  CANCELED: [['charge PENDING', 'charge CANCELED']],
  SUCCEEDED: [['charge PENDING', 'exact money']],
  PARTIALLY_REFUNDED: [
    ['charge PENDING', 'exact money', 'refund of a part'],
    ['charge PENDING', 'exact money', 'our refund of a part'],
  ],
  REFUNDED: [
    ['charge PENDING', 'exact money', 'refund of all'],
    ['charge PENDING', 'exact money', 'our refund of all'],
  ],
  CHARGEBACK: [
    ['charge PENDING', 'exact money', 'dispute open'],
    ['charge PENDING', 'exact money', 'dispute lost'],
  ],
} as const satisfies Record<CanonicalStatus, readonly (readonly Step[])[]>;

export async function startCoverageHouse(): Promise<CoverageHouse> {
  const database = await createTestDatabase();
  const clock = new ManualClock();
  await seedShop(database.db, clock.nowMs());
  const undone = await openUndone(database.db);
  const context: ServerContext = testContext({ db: undone.db, clock });

  interface Case {
    readonly payment: PaymentTransaction;
    told: Situation;
  }

  async function open(provider: ProviderName): Promise<Case> {
    const isInternational = INTERNATIONAL_FACTORIES.some(({ name }) => name === provider);
    const request = isInternational ? checkoutRequest() : chargeRequest(context);
    if ('offerId' in request) await openCheckout(context, KIOSK, request);
    else await openTransaction(context, onlyProvider(new NamedBank(clock, provider)), KIOSK, request);
    const payment = await findBySession(context.db, KIOSK.merchantId, request.sessionId);
    if (payment === undefined) throw new Error('the payment was not opened');
    // Stripe counts whole seconds.
    const createdAtMs = Math.floor(clock.nowMs() / 1000) * 1000;
    const { txid, pixKey, amountCents, currency } = payment;
    return {
      payment,
      told: {
        txid,
        pixKey,
        amountCents,
        currency,
        createdAtMs,
        expiresAtMs: createdAtMs + LIFE_MS,
        status: 'PENDING',
        money: [],
        refunds: [],
        dispute: null,
      },
    };
  }

  /** @returns what is to be done; null where the provider has no words for it */
  async function prepare(
    provider: ProviderName,
    at: Case,
    step: Step,
  ): Promise<(() => Promise<void>) | null> {
    clock.advance(1_000);
    if (isOwnRefund(step)) return prepareOwnRefund(at, step);
    if (step === 'charge overdue' || step === 'unwanted late money')
      clock.advance(Math.max(0, at.told.expiresAtMs + EXPIRY_GRACE_MS + 1_000 - clock.nowMs()));
    const told = after(at.told, step, clock.nowMs());
    const charge = PROVIDER_ANSWERS[provider](told);
    if (charge === null || !isSaidBy(charge, told)) return null;
    if (step === 'unwanted late money')
      await context.db.query("UPDATE merchants SET late_money = 'refund' WHERE merchant_id = $1", [
        at.payment.merchantId,
      ]);
    return () => {
      at.told = told;
      return apply(at.payment, charge);
    };
  }

  function apply(payment: PaymentTransaction, charge: ProviderCharge): Promise<void> {
    return applyProviderCharge(context, payment, charge, 'webhook');
  }

  async function prepareOwnRefund(at: Case, step: OwnRefundEvent): Promise<(() => Promise<void>) | null> {
    const asked = await requestRefund(
      context,
      at.payment.merchantId,
      {
        requestId: randomUUID(),
        transactionId: at.payment.transactionId,
        amountCents: step === 'our refund of a part' ? PART_CENTS : null,
        note: 'asked for at the counter',
      },
      'manager',
    );
    if (!asked.ok) return null;
    const bank = new NamedBank(clock, at.payment.provider);
    bank.refundsEndAs = step === 'our refund refused' ? 'refused' : 'settled';
    return async () => {
      const worker = startRefundWorker(context, bank, { pausedUntilMs: () => 0 });
      try {
        for (let isOver = false; !isOver; ) {
          await delay(2);
          const open = await context.db.query(
            'SELECT FROM refunds WHERE refund_id = $1 AND next_attempt_at IS NOT NULL',
            [asked.refundId],
          );
          isOver = open.length === 0;
        }
      } finally {
        await worker.stop();
      }
    };
  }

  async function comeTo(provider: ProviderName, state: CanonicalStatus): Promise<Case | null> {
    for (const way of WAYS[state]) {
      const at = await open(provider);
      let isThere = true;
      for (const step of way) {
        const act = await prepare(provider, at, step);
        isThere = act !== null;
        if (act === null) break;
        await act();
      }
      if (!isThere) continue;
      const now = await findBySession(context.db, at.payment.merchantId, at.payment.sessionId);
      if (now?.status === state) return { ...at, payment: now };
      throw new Error(`${provider} by ${way.join(', ')}: ${now?.status}, and not ${state}`);
    }
    return null;
  }

  async function observeOne(provider: ProviderName, at: Case, event: Step): Promise<Observed | null> {
    const act = await prepare(provider, at, event);
    if (act === null) return null;
    const before = await takeSnapshot(context.db);
    const posted = await readPostings(context.db);
    await act();
    const rows = rowChanges(before, await takeSnapshot(context.db));
    const now = await findBySession(context.db, at.payment.merchantId, at.payment.sessionId);
    if (now === undefined) throw new Error('the payment is gone');
    const receipts = await context.db.query<{ disposition: string }>(
      'SELECT disposition FROM receipts WHERE transaction_id = $1',
      [at.payment.transactionId],
    );
    return {
      to: now.status,
      rows,
      postings: added(posted, await readPostings(context.db)),
      dispositions: receipts.map(({ disposition }) => disposition),
    };
  }

  return {
    context,
    observe: (provider, state, events) =>
      undone.undoing(async () => {
        const at = await comeTo(provider, state);
        const seen = new Map<Step, Observed | null>();
        // Time goes on, and what is late once is late for the rest.
        const inTime = events.filter((event) => !TAKES_LONG.has(event));
        for (const event of [...inTime, ...events.filter((each) => TAKES_LONG.has(each))])
          seen.set(
            event,
            at === null ? null : await undone.undoing(() => observeOne(provider, { ...at }, event)),
          );
        return seen;
      }),
    walk: (provider, steps, check) =>
      undone.undoing(async () => {
        const at = await open(provider);
        await check(at.payment, at.told);
        for (const step of steps) {
          const act = await prepare(provider, at, step);
          if (act === null) continue;
          await act();
          const now = await findBySession(context.db, at.payment.merchantId, at.payment.sessionId);
          if (now === undefined) throw new Error('the payment is gone');
          await check(now, at.told);
        }
      }),
    async close() {
      await undone.close();
      await database.close();
    },
  };
}

/** Entries of one moment are in no order of their own. */
function added(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = [...before];
  return after.filter((entry) => {
    const at = left.indexOf(entry);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function isOwnRefund(step: Step): step is OwnRefundEvent {
  return !(ANSWER_EVENTS as readonly string[]).includes(step);
}

/** All that has happened, the event included. What went back or is disputed was paid first. */
function after(told: Situation, event: AnswerEvent, atMs: number): Situation {
  const exact = { cents: told.amountCents, atMs };
  const paid: Situation = {
    ...told,
    status: 'SUCCEEDED',
    money: told.money.length > 0 ? told.money : [exact],
  };
  const paidCents = told.money[0]?.cents ?? told.amountCents;
  const backCents = told.refunds.reduce(
    (sum, { cents, status }) => sum + (status === 'settled' ? cents : 0),
    0,
  );
  switch (event) {
    case 'charge PENDING':
    case 'charge overdue':
      return { ...told, status: 'PENDING' };
    case 'charge PROCESSING':
    case 'charge AUTHORIZED':
    case 'charge FAILED':
    case 'charge EXPIRED':
    case 'charge CANCELED':
      return { ...told, status: event.slice('charge '.length) as Situation['status'] };
    case 'charge unknown word':
      return { ...told, status: 'unknown' };
    case 'exact money':
    case 'unwanted late money':
      return { ...told, status: 'SUCCEEDED', money: [...told.money, exact] };
    case 'money of another amount':
      return { ...told, status: 'SUCCEEDED', money: [...told.money, { cents: told.amountCents - 1, atMs }] };
    case 'money in another currency':
      return {
        ...told,
        status: 'SUCCEEDED',
        currency: told.currency === 'BRL' ? 'EUR' : 'BRL',
        money: [...told.money, exact],
      };
    case 'refund processing':
      return { ...paid, refunds: [...told.refunds, { cents: PART_CENTS, status: 'processing' }] };
    case 'refund refused':
      return { ...paid, refunds: [...told.refunds, { cents: PART_CENTS, status: 'refused' }] };
    case 'refund of a part':
      return { ...paid, refunds: [...told.refunds, { cents: PART_CENTS, status: 'settled' }] };
    case 'refund of all':
      return {
        ...paid,
        refunds: [
          ...told.refunds,
          { cents: Math.max(0, paidCents - backCents) || paidCents, status: 'settled' },
        ],
      };
    case 'dispute open':
      return { ...paid, dispute: 'open' };
    case 'dispute won':
      return { ...paid, dispute: 'won' };
    case 'dispute lost':
      return { ...paid, dispute: 'lost' };
  }
}

/** The model bank under another name. */
class NamedBank extends ModelBank {
  override readonly name: string;

  constructor(clock: ManualClock, name: string) {
    super(clock);
    this.name = name;
  }
}
