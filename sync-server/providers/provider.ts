import type { CanonicalStatus } from '../../domain/payment-status.ts';

/**
 * What the server needs of a payment provider, in our words. Each provider is one folder beside this file; nothing
 * outside of it knows which provider it is.
 *
 * No method throws for what a network or a bank does: the outcome says it. `unknown` is kept apart from the other
 * failures because it is the dangerous one: the request was sent, so the provider may have done what was asked.
 */
export interface PaymentProvider {
  /** Stored with every transaction, and part of the accounts' codes: "bacen-pix". */
  readonly name: string;
  createCharge(order: ChargeOrder): Promise<CreateChargeOutcome>;
  fetchCharge(txid: string): Promise<FetchChargeOutcome>;
  /** Asks the provider to take no more money for the charge. */
  cancelCharge(txid: string): Promise<CancelChargeOutcome>;
  /** Idempotent by `refundId`: asking again gives the same refund, never a second one. */
  requestRefund(order: RefundOrder): Promise<RefundOutcome>;
  fetchRefund(refund: Pick<RefundOrder, 'endToEndId' | 'refundId'>): Promise<RefundOutcome>;
  registerWebhook(pixKey: string, url: string): Promise<RegisterWebhookOutcome>;
  /** Reads which charges a webhook speaks of. A webhook is a hint: what it says of money is not used. */
  parseWebhook(body: string): WebhookReading;
}

export interface ChargeOrder {
  /** Chosen by the kiosk; the provider's key for the charge, which makes a retry safe. */
  readonly txid: string;
  /** The merchant's key that receives the money. */
  readonly pixKey: string;
  readonly amountCents: number;
  readonly expiresSeconds: number;
  /** What the customer reads in the bank's app. */
  readonly description: string;
  readonly merchantName: string;
  readonly city: string;
  /** True when an earlier attempt may have reached the provider: it is asked first, and written to only after. */
  readonly mayExist: boolean;
}

/** A charge as the provider itself answers for it: the only source from which money is believed. */
export interface ProviderCharge {
  readonly txid: string;
  readonly pixKey: string;
  readonly amountCents: number;
  /** Null when the provider used a word that we do not know: the state is kept, the word is stored. */
  readonly status: Extract<CanonicalStatus, 'PENDING' | 'SUCCEEDED' | 'CANCELED'> | null;
  /** Who closed it; null unless `status` is CANCELED. */
  readonly closedBy: 'us' | 'provider' | null;
  /** The provider's own word for the status. */
  readonly providerStatus: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** The "copia e cola" text; null when the answer holds none and none can be built from it. */
  readonly brCode: string | null;
  readonly receipts: readonly ProviderReceipt[];
}

/** One Pix received for a charge. */
export interface ProviderReceipt {
  readonly endToEndId: string;
  /** Null where the provider leaves it out. */
  readonly txid: string | null;
  readonly pixKey: string | null;
  readonly amountCents: number;
  readonly paidAtMs: number;
}

export interface RefundOrder {
  readonly endToEndId: string;
  /** Our id, `[a-zA-Z0-9]{1,35}`. */
  readonly refundId: string;
  readonly amountCents: number;
  readonly description: string;
}

export interface ProviderRefund {
  readonly refundId: string;
  readonly amountCents: number;
  /** `refused`: the provider did not carry it out, and will not. */
  readonly status: 'processing' | 'settled' | 'refused';
  readonly providerStatus: string;
  readonly reason: string | null;
}

/** The provider did nothing: it was not reached, or said that it cannot now. Asking again later is right. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly detail: string;
}
/** The request was sent and no answer came: it may or may not have been carried out. Read before writing again. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly detail: string;
}
/** The provider refused; the same request will be refused again. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly code: string;
  readonly detail: string;
}

export type CreateChargeOutcome =
  | { readonly kind: 'created'; readonly charge: ProviderCharge }
  | Unavailable
  | Unknown
  | Rejected;

export type FetchChargeOutcome =
  | { readonly kind: 'found'; readonly charge: ProviderCharge }
  | { readonly kind: 'not_found' }
  | Unavailable
  | Rejected;

export type CancelChargeOutcome =
  | { readonly kind: 'canceled'; readonly charge: ProviderCharge }
  /** Paid or closed already: the charge has to be read. */
  | { readonly kind: 'not_open' }
  | { readonly kind: 'not_found' }
  | Unavailable
  | Unknown
  | Rejected;

export type RefundOutcome =
  | { readonly kind: 'found'; readonly refund: ProviderRefund }
  | { readonly kind: 'not_found' }
  | Unavailable
  | Unknown
  | Rejected;

export type RegisterWebhookOutcome = { readonly kind: 'registered' } | Unavailable | Unknown | Rejected;

export type WebhookReading =
  | { readonly kind: 'charges'; readonly txids: readonly string[] }
  | { readonly kind: 'unreadable'; readonly reason: string };
