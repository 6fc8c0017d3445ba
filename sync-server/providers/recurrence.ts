import type {
  AgreementRequest,
  RecurrenceKind,
  RecurrenceStatus,
  RecurringChargeRequest,
} from '../../domain/protocol/recurring.ts';
import type {
  ProviderChargeRefund,
  ProviderDispute,
  ProviderReceipt,
  Rejected,
  Unavailable,
  Unknown,
} from './provider.ts';
import type { RecurrenceFacts } from './provider-facts.ts';

/** An agreement, or what is charged by one, as the provider itself answers for it. */
export interface ProviderRecurrence {
  readonly kind: RecurrenceKind;
  /** The provider's id. */
  readonly id: string;
  /** The provider's id of the agreement that it is of; null for an agreement. */
  readonly agreementId: string | null;
  /** Ours, where the provider keeps it: the contract of an agreement. */
  readonly reference: string | null;
  /** Null when the provider used a word that we do not know: the state is kept, the word is stored. */
  readonly status: RecurrenceStatus | null;
  readonly providerStatus: string;
  /** Null where it differs from time to time. */
  readonly amountCents: number | null;
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** YYYY-MM-DD. */
  readonly dueOn: string | null;
  /** All money that came in for it. */
  readonly receipts: readonly ProviderReceipt[];
  /** Of its receipts, what went back and what is disputed; absent where nothing is told. */
  readonly refunds?: readonly ProviderChargeRefund[];
  readonly disputes?: readonly ProviderDispute[];
  /** What the provider tells beside; absent where it tells nothing. */
  readonly facts?: RecurrenceFacts;
}

export type ReadRecurrenceOutcome =
  | { readonly kind: 'found'; readonly recurrence: ProviderRecurrence }
  | { readonly kind: 'not_found' }
  | Unavailable
  | Rejected;

/** Makes agreements, and charges by them. */
export interface RecurringOrders {
  createAgreement(order: OfAnOrder<AgreementRequest>): Promise<OrderOutcome>;
  createCharge(order: OfAnOrder<RecurringChargeRequest>): Promise<OrderOutcome>;
}

export type OfAnOrder<T> = Omit<T, 'provider'> & {
  /** When it was first ordered, epoch milliseconds. */
  readonly orderedAtMs: number;
  /** True when an earlier attempt may have reached the provider. */
  readonly mayExist: boolean;
};

export type OrderOutcome =
  | { readonly kind: 'made'; readonly recurrence: ProviderRecurrence; readonly brCode: string | null }
  | { readonly kind: 'not_found' }
  | Unavailable
  | Unknown
  | Rejected;
