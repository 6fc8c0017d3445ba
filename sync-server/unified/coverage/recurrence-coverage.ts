import type { RecurrenceKind, RecurrenceStatus } from '../../../domain/protocol/recurring.ts';
import type { ProviderName } from '../../providers/registry.ts';

/** What a newer answer tells of an agreement, or of what is charged by one; null: a word that nobody knows. */
type Told = RecurrenceStatus | 'unknown word';

/**
 * State × answer: the status that comes of it. `named`: a webhook named it, and nothing was read of it yet. A step is
 * written where the status or the provider's word changes. Money is told with `paid`: a receipt, and income, once.
 */
export const RECURRENCE_COVERAGE = {
  named: {
    created: 'created',
    active: 'active',
    failed: 'failed',
    rejected: 'rejected',
    expired: 'expired',
    canceled: 'canceled',
    paid: 'paid',
    'unknown word': null,
  },
  created: {
    created: 'created',
    active: 'active',
    failed: 'failed',
    rejected: 'rejected',
    expired: 'expired',
    canceled: 'canceled',
    paid: 'paid',
    'unknown word': 'created',
  },
  active: {
    created: 'active',
    active: 'active',
    failed: 'failed',
    rejected: 'rejected',
    expired: 'expired',
    canceled: 'canceled',
    paid: 'paid',
    'unknown word': 'active',
  },
  failed: {
    created: 'failed',
    active: 'active',
    failed: 'failed',
    rejected: 'rejected',
    expired: 'expired',
    canceled: 'canceled',
    paid: 'paid',
    'unknown word': 'failed',
  },
  rejected: {
    created: 'rejected',
    active: 'rejected',
    failed: 'rejected',
    rejected: 'rejected',
    expired: 'rejected',
    canceled: 'rejected',
    paid: 'paid',
    'unknown word': 'rejected',
  },
  expired: {
    created: 'expired',
    active: 'expired',
    failed: 'expired',
    rejected: 'expired',
    expired: 'expired',
    canceled: 'expired',
    paid: 'paid',
    'unknown word': 'expired',
  },
  canceled: {
    created: 'canceled',
    active: 'canceled',
    failed: 'canceled',
    rejected: 'canceled',
    expired: 'canceled',
    canceled: 'canceled',
    paid: 'paid',
    'unknown word': 'canceled',
  },
  paid: {
    created: 'paid',
    active: 'paid',
    failed: 'paid',
    rejected: 'paid',
    expired: 'paid',
    canceled: 'paid',
    paid: 'paid',
    'unknown word': 'paid',
  },
} as const satisfies Record<RecurrenceStatus | 'named', Record<Told, RecurrenceStatus | null>>;

/** Rows that an answer writes, by what it is of; the ledger's entry comes with money alone. */
export const RECURRENCE_WRITES = {
  agreement: { first: ['+ customer_subscriptions', '+ recurrences'], step: ['+ recurrence_steps'] },
  request: { first: ['+ recurrences'], step: ['+ recurrence_steps'] },
  charge: { first: ['+ recurrences'], step: ['+ recurrence_steps'] },
} as const satisfies Record<
  RecurrenceKind,
  { readonly first: readonly string[]; readonly step: readonly string[] }
>;
export const RECURRING_MONEY = {
  rows: ['+ recurring_receipts'],
  postings: ['recurring_income: receivable > recurring_income'],
} as const;

/** What each provider can be asked about; the rest is noted when it is named, without a status. */
export const RECURRENCE_READERS = {
  'bacen-pix': ['agreement', 'request', 'charge'],
  pagarme: ['agreement', 'request'],
  appmax: [],
  'open-finance': [],
  stripe: ['agreement', 'charge'],
} as const satisfies Record<ProviderName, readonly RecurrenceKind[]>;
