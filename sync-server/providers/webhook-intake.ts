/** How a provider's webhooks are told from a stranger's, and which charges they speak of. */
export interface WebhookIntake {
  /**
   * Whether the request is the provider's. Asked before anything is stored; may fetch the provider's public keys.
   * It never throws for what is in the request.
   */
  authenticate(request: WebhookRequest): Promise<WebhookVerdict> | WebhookVerdict;
  /** Reads which charges a stored webhook speaks of. It is a hint: what it says of money is not used. */
  read(webhook: Pick<WebhookRequest, 'path' | 'body'>): WebhookReading;
  /**
   * What follows `/v1/webhooks/<provider>` in the address that the provider is given: empty, or a slash and a secret
   * where the provider signs nothing.
   */
  readonly addressPath: string;
  /** What the provider wants for an answer once the webhook is stored; 200 where it does not say. */
  readonly acknowledgeWith?: 200 | 202;
}

export interface WebhookRequest {
  /** What follows `/v1/webhooks/<provider>/`: a secret, a suffix of the provider's, both, or nothing. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they came. */
  readonly body: Uint8Array;
  /** Whether the line was opened with a client certificate of the CA that is configured for the provider. */
  readonly hasClientCertificate: boolean;
  /** Epoch milliseconds, this server's clock. */
  readonly receivedAtMs: number;
}

export type WebhookVerdict =
  | {
      readonly kind: 'authentic';
      /** The provider's id of the event, or what else is the same exactly for repetitions of one webhook. */
      readonly dedupeKey: string;
    }
  | { readonly kind: 'refused'; readonly reason: WebhookRefusal };

/** `timestamp`: signed, but too long ago or in the future: a replay. */
export type WebhookRefusal = 'secret' | 'signature' | 'timestamp' | 'certificate' | 'unreadable';

export type WebhookReading =
  | {
      readonly kind: 'event';
      /** The provider's own word: "payment_intent.succeeded". */
      readonly type: string;
      /** Empty where the event is of something else: it is kept, and that is all. */
      readonly charges: readonly ChargeHint[];
      /** Agreements and their charges (Pix Automático, subscriptions, invoices). */
      readonly recurrences: readonly RecurrenceHint[];
      /** Money that it speaks of, by the names of its receipts; that of a recurring charge is found by them. */
      readonly receiptIds?: readonly string[];
    }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** At least one of the two is known. */
export interface ChargeHint {
  readonly txid: string | null;
  readonly providerChargeId: string | null;
}

export interface RecurrenceHint {
  readonly kind: 'agreement' | 'request' | 'charge';
  /** The provider's id of it. */
  readonly id: string;
}
