import type { RecurrenceView, SubscriptionList, SubscriptionView } from '../../domain/protocol/recurring.ts';
import { KIOSK_NOW } from './screen-scenes.ts';

const DAY_MS = 86_400_000;
const uuid = (n: number) => `0198c1a0-0000-7000-8000-0000000${String(90_000 + n)}`;

const subscription = (n: number, changes: Partial<SubscriptionView> = {}): SubscriptionView => ({
  subscriptionId: uuid(n),
  isNative: false,
  provider: 'pagarme',
  agreementId: `sub_${n}`,
  reference: null,
  status: 'active',
  providerStatus: 'active',
  plan: 'Clube da saúde',
  amountCents: 3_500,
  currency: 'BRL',
  startedAt: KIOSK_NOW - 70 * DAY_MS,
  trialEndsAt: null,
  periodStartsOn: '2026-03-01',
  periodEndsOn: '2026-03-31',
  customer: { customerId: uuid(50 + n), name: 'M*** A*** S***', document: '***982247**', email: null },
  payments: 3,
  receivedCents: 10_500,
  returnedCents: 0,
  firstSeenAt: KIOSK_NOW - 70 * DAY_MS,
  ...changes,
});

/** One of each kind that looks different. */
export const SUBSCRIPTIONS: SubscriptionList = {
  subscriptions: [
    subscription(1),
    subscription(2, {
      provider: 'bacen-pix',
      agreementId: 'RR1234567820260401abcdefghijk',
      plan: null,
      status: 'failed',
      providerStatus: 'APROVADA',
      amountCents: null,
      customer: null,
      periodStartsOn: null,
      periodEndsOn: null,
      receivedCents: 7_000,
      returnedCents: 3_500,
    }),
    subscription(3, {
      provider: 'stripe',
      status: 'active',
      providerStatus: 'trialing',
      currency: 'USD',
      amountCents: 2_500,
      trialEndsAt: KIOSK_NOW + 5 * DAY_MS,
      payments: 0,
      receivedCents: 0,
    }),
    subscription(4, {
      isNative: true,
      agreementId: null,
      status: 'past_due',
      providerStatus: null,
      plan: 'Plano antigo com um nome muito comprido que não cabe em uma linha só',
      payments: 0,
      receivedCents: 0,
    }),
  ],
  total: 4,
  loose: 2,
};

const charge = (n: number, changes: Partial<RecurrenceView> = {}): RecurrenceView => ({
  provider: 'pagarme',
  kind: 'request',
  id: `in_${n}`,
  agreementId: 'sub_1',
  reference: null,
  status: 'paid',
  providerStatus: 'paid',
  amountCents: 3_500,
  currency: 'BRL',
  dueOn: null,
  receivedCents: 3_500,
  returnedCents: 0,
  disputedCents: 0,
  firstSeenAt: KIOSK_NOW - n * 30 * DAY_MS,
  lastEventAt: null,
  readAt: null,
  history: [],
  returns: [],
  receipts: [receipt(n)],
  refunds: [],
  periodStartsOn: `2026-0${4 - n}-01`,
  periodEndsOn: `2026-0${4 - n}-28`,
  ...changes,
});

const receipt = (
  n: number,
  changes: Partial<RecurrenceView['receipts'][number]> = {},
): RecurrenceView['receipts'][number] => ({
  receiptId: `pagarme:ch_${n}`,
  amountCents: 3_500,
  currency: 'BRL',
  paidAt: KIOSK_NOW - n * 30 * DAY_MS,
  refundableCents: 3_500,
  noRefund: null,
  ...changes,
});

const refund = (
  n: number,
  changes: Partial<RecurrenceView['refunds'][number]> = {},
): RecurrenceView['refunds'][number] => ({
  refundId: `M0198c1a000007000800000000000010${n}`,
  receiptId: `pagarme:ch_${n}`,
  provider: 'pagarme',
  recurrenceId: `in_${n}`,
  amountCents: 1_000,
  currency: 'BRL',
  note: 'Cliente cancelou o plano',
  status: 'processing',
  providerStatus: 'pending_refund',
  attempts: 1,
  lastError: null,
  nextAttemptAt: KIOSK_NOW + 60_000,
  createdAt: KIOSK_NOW - 60_000,
  settledAt: null,
  returned: null,
  ...changes,
});

/** Of the first subscription. */
export const AGREEMENT = charge(9, { kind: 'agreement', id: 'sub_1', agreementId: null, receipts: [] });
export const PAYMENTS: readonly RecurrenceView[] = [
  charge(0, {
    status: 'active',
    providerStatus: 'pending',
    receipts: [],
    receivedCents: 0,
    dueOn: '2026-04-01',
  }),
  charge(1),
  charge(2, {
    receipts: [receipt(2, { refundableCents: 1_500 })],
    refunds: [
      refund(2),
      refund(3, { status: 'failed', lastError: 'refused by the provider', nextAttemptAt: null }),
      refund(4, {
        status: 'requested',
        lastError: 'unavailable: HTTP 503',
        amountCents: 500,
        note: 'Cobrado em dobro por engano no mês do reajuste',
      }),
    ],
  }),
  charge(3, {
    receipts: [receipt(3, { refundableCents: 0, noRefund: 'disputed' })],
    returns: [
      {
        receiptId: 'pagarme:ch_3',
        returnId: 'pagarme:ch_3:chargedback',
        kind: 'chargeback',
        status: 'open',
        amountCents: 3_500,
        currency: 'BRL',
        reason: 'chargedback',
        openedAt: KIOSK_NOW - DAY_MS,
        endedAt: null,
        bouncedAt: null,
        closed: null,
      },
    ],
  }),
];

/** After a part of the first payment was asked back for. */
export const PAYMENTS_REFUNDING: readonly RecurrenceView[] = PAYMENTS.map((one) =>
  one.id === 'in_1'
    ? {
        ...one,
        receipts: [receipt(1, { refundableCents: 2_500 })],
        refunds: [refund(1, { status: 'requested' })],
      }
    : one,
);
