import { z } from 'zod';
import { Currency, EpochMs, Uuid } from './primitives.ts';

const Count = z.int().nonnegative();
/** Of something, how much of it has something; `percent` has two decimals, is 100 of all of it alone, and null of nothing. */
const Share = z.object({ of: Count, have: Count, percent: z.number().min(0).max(100).nullable() });
export type Share = z.infer<typeof Share>;

/** How many, how much of each currency, and since when the oldest. */
const Money = z.object({
  count: Count,
  cents: z.array(z.object({ currency: Currency, cents: z.int() })),
  oldestAt: EpochMs.nullable(),
});
export type AuditMoney = z.infer<typeof Money>;

const FillRates = z.object({
  transactions: Count,
  customer: Share,
  customerProvider: Share,
  provider: Share,
  status: Share,
});

/** More of a kind are counted, and not listed. */
export const MAX_AUDIT_LISTED = 20;

export const SUSPENSE_AGES = ['under_1_day', '1_to_7_days', '7_to_30_days', 'over_30_days'] as const;
export const VERDICTS = ['ok', 'warning', 'critical'] as const;
export const AuditVerdict = z.enum(VERDICTS);
export type AuditVerdict = z.infer<typeof AuditVerdict>;

export const CHECKS = [
  'canonical_status',
  'canonical_provider',
  'customers_known',
  'paid_without_ticket',
  'tickets_without_payment',
  'success_rate',
  'unwanted_money_waiting',
  'refunds_failed',
  'suspense_age',
  'dead_letters',
  'units_without_merchant',
  'ledger_whole',
] as const;
export const AuditCheckName = z.enum(CHECKS);
export type AuditCheckName = z.infer<typeof AuditCheckName>;

/** One line of the summary: what was measured, from where on it warns and is critical, and how it stands. */
const Check = z.object({
  check: AuditCheckName,
  verdict: AuditVerdict,
  /** Null: there is nothing to measure. */
  value: z.number().nullable(),
  unit: z.enum(['percent', 'count', 'hours', 'days']),
  /** `below` or `above` these it warns, and is critical. */
  worse: z.enum(['below', 'above']),
  warnAt: z.number(),
  criticalAt: z.number(),
});
export type AuditCheck = z.infer<typeof Check>;

/** `GET /v1/ledger/audit`: what finance and support look at first. docs/audit.md says what each figure counts. */
export const AuditReport = z.object({
  at: EpochMs,
  merchantId: Uuid,
  summary: z.object({ verdict: AuditVerdict, checks: z.array(Check) }),
  fillRates: z.object({ overall: FillRates, last7Days: FillRates }),
  withoutCustomer: z.array(z.object({ provider: z.string(), transactions: Count, without: Count })),
  sessions: z.object({ checkout: Share, totem: Share }),
  savedMethods: z.array(z.object({ provider: z.string(), used: Count, saved: Count, customers: Count })),
  providers: z.array(
    z.object({
      provider: z.string(),
      transactions: Count,
      /** Of those that have ended. */
      succeeded: Share,
      succeededLast7Days: Share,
      volume: z.array(z.object({ currency: Currency, cents: z.int() })),
      /** From the payment, by the provider's clock, to its first webhook here. */
      webhookP50Ms: z.number().nullable(),
      webhookP95Ms: z.number().nullable(),
      withoutWebhook: Count,
      /** From the first webhook, or the payment where there was none, to the recorded receipt. */
      readBackP50Ms: z.number().nullable(),
      readBackP95Ms: z.number().nullable(),
    }),
  ),
  paidWithoutTicket: Money.extend({
    listed: z.array(
      z.object({
        transactionId: Uuid,
        sessionId: Uuid,
        unit: z.string(),
        amountCents: z.int(),
        currency: Currency,
        paidAt: EpochMs,
      }),
    ),
  }),
  ticketsWithoutPayment: z.object({
    count: Count,
    listed: z.array(z.object({ ticketId: Uuid, label: z.string(), unit: z.string(), issuedAt: EpochMs })),
  }),
  /** Money that bought nothing, and late money: all there ever was, and what of it has not gone back. */
  unwantedMoney: z.array(
    z.object({
      disposition: z.enum(['late', 'surplus', 'wrong_amount', 'wrong_currency', 'late_kept']),
      all: Money,
      waiting: Money,
    }),
  ),
  refunds: z.array(z.object({ status: z.string(), reason: z.string(), money: Money })),
  disputes: z.array(z.object({ status: z.string(), kind: z.string(), money: Money })),
  suspense: z.object({
    open: Money,
    ages: z.array(z.object({ age: z.enum(SUSPENSE_AGES), money: Money })),
    owners: z.array(z.object({ owner: z.string().nullable(), money: Money })),
  }),
  deadLetters: z.array(z.object({ provider: z.string(), count: Count, oldestAt: EpochMs })),
  /**
   * Units that have sold, of a merchant that cannot be paid: nobody has entered its Pix key; and units of an adopted system
   * that are nobody's here.
   */
  unitsWithoutMerchant: z.array(
    z.object({ unitId: z.string(), name: z.string(), transactions: Count, lastSaleAt: EpochMs.nullable() }),
  ),
  /** What became of the rows of the systems that the merchant's past was adopted from. */
  adopted: z.array(z.object({ kind: z.string(), state: z.string(), rows: Count })),
  /** Breaches that `ledger verify` finds, which lists at most a hundred of each rule. */
  ledger: z.object({ entries: Count, findings: Count }),
});
export type AuditReport = z.infer<typeof AuditReport>;
