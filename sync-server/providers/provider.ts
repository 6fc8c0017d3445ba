import type { CanonicalStatus } from '../../domain/payment-status.ts';
import type { ChargeFacts } from './provider-facts.ts';
import type { ReadRecurrenceOutcome, RecurringOrders } from './recurrence.ts';
import type { RecurrenceHint, WebhookIntake } from './webhook-intake.ts';

/**
 * What the server needs of a payment provider, in our words. Each provider is one folder beside this file; nothing
 * outside of it knows which provider it is.
 *
 * No method throws for what a network or a bank does: the outcome says it. `unknown` is kept apart from the other
 * failures because it is the dangerous one: the request was sent, so the provider may have done what was asked.
 */
export interface PaymentProvider {
  /** Stored with every transaction, part of the accounts' codes and of the webhooks' address: "bacen-pix". */
  readonly name: string;
  fetchCharge(charge: ChargeRef): Promise<FetchChargeOutcome>;
  /**
   * Carries out what the customer has authorised, where the provider leaves that to us: asked when a charge that is
   * still wanted was read as AUTHORIZED. Safe to repeat. Absent where authorised money comes by itself.
   */
  captureCharge?(charge: ChargeRef): Promise<CaptureChargeOutcome>;
  /** Asks the provider to take no more money for the charge. */
  cancelCharge(charge: ChargeRef): Promise<CancelChargeOutcome>;
  /** Idempotent by `refundId`: asking again gives the same refund, never a second one. */
  requestRefund(order: RefundOrder): Promise<RefundOutcome>;
  /** @param refund its amount helps where the provider tells the total of a receipt's refunds alone */
  fetchRefund(
    refund: Pick<RefundOrder, 'charge' | 'receiptId' | 'refundId'> &
      Partial<Pick<RefundOrder, 'amountCents' | 'elsewhereCents'>>,
  ): Promise<RefundOutcome>;
  readonly webhooks: WebhookIntake;
  /** Tells the provider where its callbacks go; absent where that is done by hand in the provider's own pages. */
  registerWebhook?(pixKey: string, url: string): Promise<RegisterWebhookOutcome>;
  /**
   * Lists the money that came in a span of time, whatever charge it names, if any. Absent where the provider has no
   * such list. Half-open: `fromMs <= paidAtMs < toMs`.
   */
  listReceipts?(span: ReceiptSpan): Promise<ListReceiptsOutcome>;
  /** Tells of an agreement, or of what is charged by one. Absent where it cannot be asked. */
  readRecurrence?(recurrence: RecurrenceHint): Promise<ReadRecurrenceOutcome>;
  /** Absent where agreements are made in the provider's own pages. */
  readonly recurring?: RecurringOrders;
}

/** A provider of the national flow: PIX, in reais. */
export interface NationalProvider extends PaymentProvider {
  readonly flow: 'national';
  /** Divides the money of a charge itself, by `ChargeOrder.split`; absent where it does not, and none is sent. */
  readonly splitsCharges?: true;
  /** The customer authorises on a page (`ProviderCharge.authorisationUrl`): only for a totem that shows it. */
  readonly needsAuthorisationPage?: true;
  /** Refuses each charge without the CPF of who pays. */
  readonly needsCustomerCpf?: true;
  createCharge(order: ChargeOrder): Promise<CreateChargeOutcome>;
}

/** A provider of the international flow: a card, typed on a page of the provider's on the customer's own phone. */
export interface InternationalProvider extends PaymentProvider {
  readonly flow: 'international';
  /** Asked again for the same transaction: the same charge, with the same client secret. */
  createCheckout(order: CheckoutOrder): Promise<CreateCheckoutOutcome>;
  readonly checkoutPage: CheckoutPage;
}

/** What the customer's page needs to show the provider's own card form. Nothing in it is secret. */
export interface CheckoutPage {
  /** The provider's script, to be loaded from there: the card's number never touches a server of ours. */
  readonly scriptUrl: string;
  readonly publishableKey: string;
}

/** How a charge is named at the provider. */
export interface ChargeRef {
  /** Ours, chosen before anything is sent: the provider's key where it takes one, else kept with the charge there. */
  readonly txid: string;
  /** The provider's own id; null until it answered, and always where the txid is the id. */
  readonly providerChargeId: string | null;
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
  /** Who pays, where it was asked for; some providers refuse a charge without it. */
  readonly customer: ChargeCustomer | null;
  /** Parts that go to others than the merchant; empty where all is the merchant's. */
  readonly split: readonly SplitPart[];
  /** True when an earlier attempt may have reached the provider: it is asked first, and written to only after. */
  readonly mayExist: boolean;
}

export interface ChargeCustomer {
  readonly name?: string | undefined;
  /** 11 digits. */
  readonly cpf?: string | undefined;
  readonly email?: string | undefined;
}

export interface SplitPart {
  /** The receiver's id at the provider. */
  readonly recipientId: string;
  readonly amountCents: number;
}

export interface CheckoutOrder {
  readonly transactionId: string;
  readonly orderId: string;
  readonly saleId: string;
  readonly txid: string;
  /** Of the currency's smallest unit: cents of USD, but whole yen of JPY, and thousandths of KWD. */
  readonly amountCents: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly description: string;
  readonly expiresSeconds: number;
  /** Known from an earlier answer: the charge is read, and nothing is made. */
  readonly providerChargeId: string | null;
  /** True when an earlier attempt may have reached the provider: it is asked first, and written to only after. */
  readonly mayExist: boolean;
}

/** A charge as the provider itself answers for it: the only source from which money is believed. */
export interface ProviderCharge extends ChargeRef {
  /** The receiving key; null where the provider receives in its own name. */
  readonly pixKey: string | null;
  readonly amountCents: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** Null when the provider used a word that we do not know: the state is kept, the word is stored. */
  readonly status: Exclude<
    CanonicalStatus,
    'CREATED' | 'PARTIALLY_REFUNDED' | 'REFUNDED' | 'CHARGEBACK'
  > | null;
  /** Who closed it; null unless `status` is CANCELED. */
  readonly closedBy: 'us' | 'provider' | null;
  /** The provider's own word for the status. */
  readonly providerStatus: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** The "copia e cola" text; null when the answer holds none and none can be built from it. */
  readonly brCode: string | null;
  /** A page that the customer opens on a phone to authorise, in place of a BR Code; absent where there is none. */
  readonly authorisationUrl?: string;
  /** All money that came in for the charge. What was sent back later still is in here. */
  readonly receipts: readonly ProviderReceipt[];
  /** Refunds as the provider knows them, also those that we never asked for. */
  readonly refunds: readonly ProviderChargeRefund[];
  readonly disputes: readonly ProviderDispute[];
  /** What the provider tells beside the money; absent where it tells nothing. */
  readonly facts?: ChargeFacts;
}

/** One payment received for a charge. */
export interface ProviderReceipt {
  /**
   * Unique among the merchant's receipts of all providers: the endToEndId of a Pix where the provider tells it for
   * certain, else the provider's id of the payment, with the provider's name before it where ids are bare numbers.
   */
  readonly receiptId: string;
  /** Of the Pix, 32 characters; null for other money, and where the provider does not tell it. */
  readonly endToEndId: string | null;
  /** Null where the provider leaves it out. */
  readonly txid: string | null;
  readonly pixKey: string | null;
  readonly amountCents: number;
  readonly paidAtMs: number;
  /** What the provider keeps of it; null where it does not say. */
  readonly feeCents: number | null;
  /** The provider keeps no list: `amountCents` is all that came for the charge by now, in one payment or in several. */
  readonly isTotal?: true;
}

/** A refund of a charge, seen at the provider. */
export interface ProviderChargeRefund extends ProviderRefund {
  readonly receiptId: string;
  /** `provider`: a refund by hand in the provider's own pages. What a bank takes back is a dispute, and not in here. */
  readonly initiatedBy: 'us' | 'provider';
  /** The provider keeps no list: `amountCents` is all that went back of the receipt, what we asked for included. */
  readonly isTotal?: true;
}

/** A payment that the payer's bank takes back, or tries to: a card's chargeback, a MED case of Pix. */
export interface ProviderDispute {
  readonly disputeId: string;
  readonly receiptId: string;
  readonly kind: 'chargeback' | 'med';
  readonly status: 'open' | 'won' | 'lost';
  readonly amountCents: number;
  /** The provider's own word for the reason. */
  readonly reason: string;
  readonly openedAtMs: number;
}

export interface RefundOrder {
  readonly charge: ChargeRef;
  readonly receiptId: string;
  /** Our id, `[a-zA-Z0-9_]{1,64}`; where the receipt is a Pix of API Pix, `[a-zA-Z0-9]{1,35}`. */
  readonly refundId: string;
  readonly amountCents: number;
  /** Of the whole receipt: some providers refund "all" and "a part" by different words. */
  readonly receivedCents: number;
  readonly description: string;
  /** Of the same charge, what went back of its other receipts; a provider that tells totals counts it in. */
  readonly elsewhereCents?: number;
  /** True when an earlier attempt may have reached the provider. */
  readonly mayExist: boolean;
}

export interface ProviderRefund {
  readonly refundId: string;
  readonly amountCents: number;
  /** `refused`: the provider did not carry it out, and will not. */
  readonly status: 'processing' | 'settled' | 'refused';
  readonly providerStatus: string;
  readonly reason: string | null;
}

export interface ReceiptSpan {
  readonly pixKey: string;
  /** Epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
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
  /** There is, or may be, a charge all the same, not the one that was asked for: no other provider may be tried. */
  readonly leavesCharge?: true;
}

export type CreateChargeOutcome =
  | { readonly kind: 'created'; readonly charge: ProviderCharge }
  | Unavailable
  | Unknown
  | Rejected;

export type CreateCheckoutOutcome =
  | {
      readonly kind: 'created';
      readonly charge: ProviderCharge;
      /** Lets the customer's page, and nobody else, finish the payment: a secret of this one charge. */
      readonly clientSecret: string;
    }
  | Unavailable
  | Unknown
  | Rejected;

export type FetchChargeOutcome =
  | { readonly kind: 'found'; readonly charge: ProviderCharge }
  | { readonly kind: 'not_found' }
  | Unavailable
  | Rejected;

export type CaptureChargeOutcome = FetchChargeOutcome | Unknown;

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

export type ListReceiptsOutcome =
  | { readonly kind: 'found'; readonly receipts: readonly ProviderReceipt[] }
  | Unavailable
  | Rejected;
