import type { RecurrenceKind, RecurrenceStatus } from '../../../domain/protocol/recurring.ts';
import type { ProviderDispute, ProviderRefund } from '../../providers/provider.ts';
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

type Return = `refund ${ProviderRefund['status']}` | `dispute ${ProviderDispute['status']}`;

/**
 * What goes back of recurring money, by what is known of it and what is told. `paid`: nothing is known yet. Rows, then the
 * ledger's entries; a cell that is left out is written of neither.
 */
export const RECURRING_RETURNS = {
  paid: {
    'refund processing': [['+ recurring_returns'], []],
    'refund settled': [['+ recurring_returns'], ['recurring_refund: recurring_returns > receivable']],
    'refund refused': [['+ recurring_returns'], []],
    'dispute open': [['+ recurring_returns'], ['recurring_dispute: disputed > receivable']],
    'dispute won': [
      ['+ recurring_returns'],
      ['recurring_dispute: disputed > receivable', 'recurring_dispute_won: receivable > disputed'],
    ],
    'dispute lost': [
      ['+ recurring_returns'],
      ['recurring_dispute: disputed > receivable', 'recurring_dispute_lost: recurring_returns > disputed'],
    ],
  },
  'refund processing': {
    'refund settled': [['~ recurring_returns'], ['recurring_refund: recurring_returns > receivable']],
    'refund refused': [['~ recurring_returns'], []],
  },
  'refund refused': {
    'refund processing': [['~ recurring_returns'], []],
    'refund settled': [['~ recurring_returns'], ['recurring_refund: recurring_returns > receivable']],
  },
  // It came back to the provider, for a person to see to.
  'refund settled': {
    'refund refused': [['~ recurring_returns'], ['recurring_refund_bounced: receivable > recurring_returns']],
  },
  'dispute open': {
    'dispute won': [['~ recurring_returns'], ['recurring_dispute_won: receivable > disputed']],
    'dispute lost': [['~ recurring_returns'], ['recurring_dispute_lost: recurring_returns > disputed']],
  },
  'dispute won': {},
  'dispute lost': {},
} as const satisfies Record<
  'paid' | Return,
  Partial<Record<Return, readonly [readonly string[], readonly string[]]>>
>;
/** Of one kind with what is known: a refund is told of no dispute. */
export const RETURNS = Object.keys(RECURRING_RETURNS.paid) as Return[];
