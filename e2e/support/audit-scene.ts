import { summarise } from '../../domain/audit-summary.ts';
import type { AuditReport } from '../../domain/protocol/audit.ts';
import { KIOSK_NOW } from './screen-scenes.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MERCHANT_ID = '0198c1a0-0000-7000-8000-0000000000aa';

const share = (of: number, have: number) => ({ of, have, percent: Math.round((1e4 * have) / of) / 100 });
const brl = (count: number, cents: number, agoMs: number | null = null) => ({
  count,
  cents: count === 0 ? [] : [{ currency: 'BRL', cents }],
  oldestAt: agoMs === null ? null : KIOSK_NOW - agoMs,
});
const filled = (transactions: number, customers: number, linked: number) => ({
  transactions,
  customer: share(transactions, customers),
  customerProvider: share(transactions, linked),
  provider: share(transactions, transactions),
  status: share(transactions, transactions),
});

/** A clinic whose money is mostly where it should be. */
export function auditReport(changes: Partial<Omit<AuditReport, 'summary'>> = {}): AuditReport {
  const figures: Omit<AuditReport, 'summary'> = {
    at: KIOSK_NOW,
    merchantId: MERCHANT_ID,
    fillRates: { overall: filled(12_480, 7_113, 1_996), last7Days: filled(611, 402, 377) },
    withoutCustomer: [{ provider: 'bacen-pix', transactions: 11_200, without: 5_311 }],
    sessions: { checkout: share(12_480, 12_480), totem: share(13_020, 12_470) },
    savedMethods: [{ provider: 'stripe', used: 41, saved: 12, customers: 33 }],
    providers: [
      {
        provider: 'bacen-pix',
        transactions: 11_200,
        succeeded: share(11_180, 10_344),
        succeededLast7Days: share(540, 501),
        volume: [{ currency: 'BRL', cents: 96_211_050 }],
        webhookP50Ms: 840,
        webhookP95Ms: 3_200,
        withoutWebhook: 12,
        readBackP50Ms: 95,
        readBackP95Ms: 610,
      },
      {
        provider: 'stripe',
        transactions: 1_280,
        succeeded: share(1_275, 811),
        succeededLast7Days: share(71, 44),
        volume: [
          { currency: 'USD', cents: 1_210_000 },
          { currency: 'EUR', cents: 98_000 },
        ],
        webhookP50Ms: 1_900,
        webhookP95Ms: 12_400,
        withoutWebhook: 0,
        readBackP50Ms: 310,
        readBackP95Ms: 1_900,
      },
    ],
    paidWithoutTicket: {
      ...brl(1, 12_000, 40 * 60_000),
      listed: [
        {
          transactionId: '0198c1a0-0000-7000-8000-0000000000e1',
          sessionId: '0198c1a0-0000-7000-8000-0000000000e2',
          unit: 'Unidade Centro',
          amountCents: 12_000,
          currency: 'BRL',
          paidAt: KIOSK_NOW - 40 * 60_000,
        },
      ],
    },
    ticketsWithoutPayment: { count: 0, listed: [] },
    unwantedMoney: [
      { disposition: 'late_kept', all: brl(18, 162_000), waiting: brl(0, 0) },
      { disposition: 'surplus', all: brl(31, 277_000), waiting: brl(2, 24_000, 3 * HOUR_MS) },
      { disposition: 'wrong_amount', all: brl(4, 30_010), waiting: brl(0, 0) },
    ],
    refunds: [
      { status: 'failed', reason: 'surplus', money: brl(1, 12_000, 2 * DAY_MS) },
      { status: 'settled', reason: 'requested', money: brl(9, 108_000, 60 * DAY_MS) },
    ],
    disputes: [{ status: 'open', kind: 'med', money: brl(1, 12_000, 4 * DAY_MS) }],
    suspense: {
      open: brl(5, 43_210, 41 * DAY_MS),
      ages: [
        { age: 'under_1_day', money: brl(1, 5_000, HOUR_MS) },
        { age: '7_to_30_days', money: brl(3, 30_000, 12 * DAY_MS) },
        { age: 'over_30_days', money: brl(1, 8_210, 41 * DAY_MS) },
      ],
      owners: [{ owner: null, money: brl(5, 43_210, 41 * DAY_MS) }],
    },
    deadLetters: [{ provider: 'stripe', count: 3, oldestAt: KIOSK_NOW - 5 * HOUR_MS }],
    unitsWithoutMerchant: [
      { unitId: 'clinica-17', name: 'clinica-17', transactions: 5_000, lastSaleAt: null },
    ],
    adopted: [
      { kind: 'transaction', state: 'mapped', rows: 49_228 },
      { kind: 'transaction', state: 'unmapped', rows: 9_192 },
    ],
    ledger: { entries: 25_702, findings: 0 },
    ...changes,
  };
  return { ...figures, summary: summarise(figures) };
}

const none = { of: 0, have: 0, percent: null };
const noneFilled = { transactions: 0, customer: none, customerProvider: none, provider: none, status: none };

/** Before the first sale. */
export const nothingSold: Pick<
  AuditReport,
  | 'fillRates'
  | 'withoutCustomer'
  | 'sessions'
  | 'savedMethods'
  | 'deadLetters'
  | 'unitsWithoutMerchant'
  | 'adopted'
> = {
  fillRates: { overall: noneFilled, last7Days: noneFilled },
  withoutCustomer: [],
  sessions: { checkout: none, totem: none },
  savedMethods: [],
  deadLetters: [],
  unitsWithoutMerchant: [],
  adopted: [],
};
