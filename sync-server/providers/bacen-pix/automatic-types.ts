import type {
  ProviderChargeRefund,
  ProviderDispute,
  ProviderReceipt,
  RegisterWebhookOutcome,
  Rejected,
  Unavailable,
  Unknown,
} from '../provider.ts';
import type { RecurrenceFacts } from '../provider-facts.ts';

/**
 * Pix Automático (API Pix 2.9.0): a customer agrees once, and is charged again and again. As in `provider.ts` nothing
 * throws for what a network or a bank does, and `unknown` is not failed. Days are `YYYY-MM-DD`.
 */
export interface PixAutomatic {
  createAgreement(order: AgreementOrder): Promise<AgreementOutcome>;
  /** @param chargeTxid of a charge that is to be paid with the same QR code: journeys 3 and 4 */
  fetchAgreement(agreementId: string, chargeTxid?: string): Promise<AgreementOutcome>;
  cancelAgreement(agreementId: string): Promise<AgreementOutcome>;
  /** Journey 1: the customer's bank shows the agreement in its app. */
  requestConfirmation(order: ConfirmationOrder): Promise<ConfirmationOutcome>;
  fetchConfirmation(confirmationId: string): Promise<ConfirmationOutcome>;
  cancelConfirmation(confirmationId: string): Promise<ConfirmationOutcome>;
  /** Idempotent by txid, as an immediate charge is. */
  createCharge(order: RecurringChargeOrder): Promise<RecurringChargeOutcome>;
  fetchCharge(txid: string): Promise<RecurringChargeOutcome>;
  cancelCharge(txid: string): Promise<RecurringChargeOutcome>;
  /** Another attempt at a charge that failed. @param day on which the money is to move */
  retryCharge(txid: string, day: string): Promise<RecurringChargeOutcome>;
  /** Callbacks of agreements and of their charges; the bank appends `/rec` and `/cobr`. */
  registerWebhooks(url: string): Promise<RegisterWebhookOutcome>;
}

/**
 * How the customer comes to agree. 1: the bank's app asks. 2: a QR code of the agreement alone. 3 and 4: a QR code
 * that pays a charge too, an immediate one (3) or one with a due date (4).
 */
export type Journey =
  | { readonly kind: 1 }
  | { readonly kind: 2 }
  | { readonly kind: 3 | 4; readonly txid: string };

export type Period = 'weekly' | 'monthly' | 'quarterly' | 'half_yearly' | 'yearly';

export interface AgreementOrder {
  /** Ours, one for each agreement, at most 35 characters: by it an agreement whose answer was lost is found. */
  readonly contract: string;
  /** What the customer reads: at most 35 characters. */
  readonly subject: string;
  readonly debtor: { readonly cpf: string; readonly name: string };
  readonly firstDay: string;
  /** Null: without end. */
  readonly lastDay: string | null;
  readonly period: Period;
  /** `fixed`: the same each time. `variable`: the customer may set a limit, not below the minimum. */
  readonly amount:
    | { readonly kind: 'fixed'; readonly amountCents: number }
    | { readonly kind: 'variable'; readonly minimumCents: number | null };
  /** Whether a charge that failed may be tried again, three times within seven days. */
  readonly retries: boolean;
  readonly journey: Journey;
  /** When it was first ordered, epoch milliseconds: an earlier attempt is looked for from then on. */
  readonly orderedAtMs: number;
  /** True when an earlier attempt may have reached the bank. */
  readonly mayExist: boolean;
}

export interface Agreement {
  /** `idRec`, 29 characters, the bank's. */
  readonly agreementId: string;
  readonly contract: string;
  /** Null when the bank used a word that we do not know. */
  readonly status: 'created' | 'approved' | 'rejected' | 'expired' | 'canceled' | null;
  readonly providerStatus: string;
  /** Null as long as the customer has not begun any. */
  readonly journey: 1 | 2 | 3 | 4 | null;
  /** "Copia e cola" with the agreement in it; null where the answer holds none that does. */
  readonly brCode: string | null;
  readonly amount: AgreementOrder['amount'];
  readonly period: Period | null;
  readonly firstDay: string;
  readonly lastDay: string | null;
  /** Why it ended: a code of the specification, `AP13`, `ACCL`, … */
  readonly endedFor: string | null;
  readonly facts?: RecurrenceFacts;
}

export interface ConfirmationOrder {
  readonly agreementId: string;
  /** Until when the customer may answer, epoch milliseconds. */
  readonly expiresAtMs: number;
  readonly payer: {
    readonly cpf: string;
    readonly ispb: string;
    readonly branch?: string;
    readonly account: string;
  };
}

export interface Confirmation {
  /** `idSolicRec`. */
  readonly confirmationId: string;
  readonly agreementId: string;
  readonly status: 'created' | 'sent' | 'received' | 'rejected' | 'accepted' | 'expired' | 'canceled' | null;
  readonly providerStatus: string;
}

export interface RecurringChargeOrder {
  /** Ours, as of an immediate charge: `[a-zA-Z0-9]{26,35}`. */
  readonly txid: string;
  readonly agreementId: string;
  readonly dueDay: string;
  readonly amountCents: number;
  /** Moves a due day without banking to the next one with it. */
  readonly movesToWorkday: boolean;
  readonly receiver: {
    readonly branch?: string;
    readonly account: string;
    readonly accountType: 'CORRENTE' | 'POUPANCA' | 'PAGAMENTO';
  };
  readonly description: string;
  readonly mayExist: boolean;
}

export interface RecurringCharge {
  readonly txid: string;
  readonly agreementId: string;
  readonly status: 'created' | 'active' | 'paid' | 'expired' | 'rejected' | 'canceled' | null;
  readonly providerStatus: string;
  readonly amountCents: number;
  readonly dueDay: string;
  readonly attempts: readonly ChargeAttempt[];
  /** The money itself: only by it is a charge paid. */
  readonly receipts: readonly ProviderReceipt[];
  /** What went back of it, and what the payer's bank takes back. */
  readonly refunds: readonly ProviderChargeRefund[];
  readonly disputes: readonly ProviderDispute[];
}

export interface ChargeAttempt {
  readonly day: string;
  readonly status: 'requested' | 'scheduled' | 'paid' | 'canceled' | 'rejected' | 'expired' | null;
  readonly providerStatus: string;
  readonly endToEndId: string;
  /** Of the specification: `AM02`, `AC06`, … */
  readonly rejectedFor: string | null;
}

type Outcome<T> =
  | ({ readonly kind: 'found' } & T)
  | { readonly kind: 'not_found' }
  | Unavailable
  | Unknown
  | Rejected;
export type AgreementOutcome = Outcome<{ readonly agreement: Agreement }>;
export type ConfirmationOutcome = Outcome<{ readonly confirmation: Confirmation }>;
export type RecurringChargeOutcome = Outcome<{ readonly charge: RecurringCharge }>;
