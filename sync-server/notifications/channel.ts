import type { NotificationChannel, NotificationKind } from '../../domain/protocol/fulfilment.ts';

/** One message to a customer, ready for any channel. */
export interface OutgoingMessage {
  /** Stable: the same message tried again has the same id, by which a second copy can be told. */
  readonly id: string;
  readonly kind: NotificationKind;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What it says, for channels that have templates of their own. */
  readonly facts: Readonly<Record<string, string | number | null>>;
}

export type SendOutcome =
  | { readonly ok: true }
  /** In English, without the address. */
  | { readonly ok: false; readonly detail: string };

/** A way to a customer. */
export interface Channel {
  /** Ends within SEND_LIMIT_MS, and never throws for what a network or another server does. */
  send(address: string, message: OutgoingMessage): Promise<SendOutcome>;
}

/** Those that are configured. */
export type Channels = Readonly<Partial<Record<NotificationChannel, Channel>>>;

/** Of one send, all its steps together. */
export const SEND_LIMIT_MS = 30_000;

/** Longer ones are cut: a server's answer may be a page. */
export const MAX_DETAIL = 200;
