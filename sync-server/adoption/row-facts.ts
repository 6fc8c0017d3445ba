import type { CanonicalStatus } from '../../domain/payment-status.ts';
import type { Person } from '../../domain/person.ts';
import type { CleanCard } from '../unified/clean-facts.ts';
import type { AmountRule } from './amounts.ts';
import type { FieldName, RowKind } from './columns.ts';
import type { DateRule } from './dates.ts';
import type { Mapping } from './mapping.ts';
import type { Reason } from './reasons.ts';
import type { SubscriptionStatus } from './subscription-words.ts';

/** A row as it stands in its source: column → text. */
export type Cells = Readonly<Record<string, string>>;

export interface ReadOptions extends DateRule {
  readonly kind: RowKind;
  /** Null where every amount stands in a column of cents. */
  readonly amounts: AmountRule | null;
  readonly currency: string;
}

export interface TransactionFacts {
  readonly provider: string;
  readonly routedProvider: string | null;
  readonly status: CanonicalStatus;
  readonly amountCents: number;
  readonly currency: string;
  readonly method: 'pix' | 'card' | 'boleto' | 'other' | null;
  readonly installments: number | null;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly createdAtMs: number;
  readonly paidAtMs: number | null;
  readonly refundedCents: number;
  readonly chargedBackCents: number;
  readonly refundedAtMs: number | null;
  readonly customerKey: string | null;
  readonly sessionKey: string | null;
  readonly providerCustomerId: string | null;
  readonly card: CleanCard | null;
  /** Of what subscription it is, and for which days (YYYY-MM-DD, both included). */
  readonly subscriptionKey: string | null;
  readonly periodStartsOn: string | null;
  readonly periodEndsOn: string | null;
}

export interface SubscriptionFacts {
  readonly provider: string;
  /** Null: the old system ran it itself, and its provider never heard of it. */
  readonly providerSubscriptionId: string | null;
  readonly isNative: boolean;
  readonly status: SubscriptionStatus;
  readonly plan: string | null;
  readonly priceCents: number | null;
  readonly currency: string;
  readonly startedAtMs: number | null;
  readonly trialEndsAtMs: number | null;
  readonly periodStartsOn: string | null;
  readonly periodEndsOn: string | null;
  readonly customerKey: string | null;
  readonly providerCustomerId: string | null;
}

/** A saved card, or a customer as a provider knows them. */
export interface LinkFacts {
  readonly provider: string;
  readonly customerKey: string | null;
  readonly providerCustomerId: string | null;
  /** Null: of a customer at a provider. */
  readonly card: CleanCard | null;
}

export interface SessionFacts {
  readonly status: CanonicalStatus;
  readonly openedAtMs: number;
  readonly endedAtMs: number | null;
  readonly transactionKey: string | null;
  readonly orderId: string | null;
}

export interface ReadRow {
  readonly kind: RowKind;
  readonly key: string;
  readonly clinic: string | null;
  readonly merchantId: string | null;
  /** Null where nobody could be found again by it. */
  readonly person: Person | null;
  readonly old: {
    readonly provider: string | null;
    readonly providerV2: string | null;
    readonly status: string | null;
    readonly statusV2: string | null;
  };
  /** Null where the row is not understood; `reasons` says why. */
  readonly transaction: TransactionFacts | null;
  readonly session: SessionFacts | null;
  readonly subscription: SubscriptionFacts | null;
  readonly link: LinkFacts | null;
  /** What stands against it, or was left out of it. */
  readonly reasons: readonly string[];
}

/** A row while it is read. */
export interface Reading {
  /** Of the field's columns the first that is not empty. */
  readonly get: (field: FieldName) => string | null;
  /** Of the first of its columns: of amounts another column is another amount. */
  readonly first: (field: FieldName) => string | null;
  /** All of them that are not empty. */
  readonly all: (field: FieldName) => readonly string[];
  /** An id that was not damaged on its way. */
  readonly id: (field: FieldName) => string | null;
  readonly keyFor: (value: string | null) => string | null;
  readonly options: ReadOptions;
  readonly mapping: Mapping;
  readonly nowMs: number;
  /** Nothing can be made of the row. */
  readonly stop: (reason: Reason) => void;
  /** Something of it is left out, or stands in for something else. */
  readonly note: (reason: Reason) => void;
}
