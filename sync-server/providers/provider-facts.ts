/**
 * What a provider tells beside the money, in our words. Every field is optional: absent where the provider does not
 * tell it. Nothing here is believed where money or a ticket depends on it.
 */
export interface ChargeFacts {
  readonly method?: PaymentMethodKind | undefined;
  /** 1 for money that comes at once. */
  readonly installments?: number | undefined;
  /** The provider's id of its order, where it has orders. */
  readonly orderId?: string | undefined;
  /** The provider's id of the payment within its charge or order. */
  readonly paymentId?: string | undefined;
  readonly payer?: PayerFacts | undefined;
  /** The provider's id of its customer: of who pays, never of a stand-in that the shop has set. */
  readonly customerId?: string | undefined;
  readonly card?: CardFacts | undefined;
  /** Of a charge that pays for a period of a subscription. */
  readonly subscription?: SubscriptionPeriod | undefined;
  /** The answer as it came; kept without names, documents and secrets. */
  readonly payload?: unknown;
}

export type PaymentMethodKind = 'pix' | 'card' | 'boleto' | 'other';

/** Who pays, as the provider knows them; never a stand-in that the shop has set. */
export interface PayerFacts {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  /** CPF or CNPJ, with or without punctuation; masked ones are left out. */
  readonly document?: string | undefined;
  readonly phone?: string | undefined;
}

/** A card without its number. */
export interface CardFacts {
  /** The provider's id of the card, or of the payment method. */
  readonly id?: string | undefined;
  /** The same for the same card, however often it is typed. */
  readonly fingerprint?: string | undefined;
  readonly brand?: string | undefined;
  readonly last4?: string | undefined;
  /** 1 to 12. */
  readonly expMonth?: number | undefined;
  /** Four digits. */
  readonly expYear?: number | undefined;
  /** The provider keeps it for the next time. */
  readonly isSaved?: boolean | undefined;
  readonly isDefault?: boolean | undefined;
}

export interface SubscriptionPeriod {
  /** The provider's id of the agreement. */
  readonly agreementId: string;
  /** YYYY-MM-DD, both included. */
  readonly startsOn?: string | undefined;
  readonly endsOn?: string | undefined;
}

/** What a provider tells of an agreement, or of what is charged by one, beside its status and its money. */
export interface RecurrenceFacts {
  readonly payer?: PayerFacts | undefined;
  readonly customerId?: string | undefined;
  readonly card?: CardFacts | undefined;
  /** What is subscribed to, in a word that a manager knows it by. */
  readonly plan?: string | undefined;
  /** Epoch milliseconds. */
  readonly startedAtMs?: number | undefined;
  readonly trialEndsAtMs?: number | undefined;
  /** The period that is asked for; of an agreement the one that runs. YYYY-MM-DD, both included. */
  readonly periodStartsOn?: string | undefined;
  readonly periodEndsOn?: string | undefined;
}
