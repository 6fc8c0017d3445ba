import { isSessionOver } from '../../domain/payment-session.ts';
import type { StoredRefund } from '../store/refunds.ts';
import type { PaymentSession } from '../store/sessions.ts';
import type { StoredTicket } from '../store/tickets.ts';

/** A customer does not wait longer for a QR code; nothing was charged, so giving up is safe. */
export const CHARGE_GIVES_UP_MS = 60_000;
/**
 * The last screens are left by the screen itself, which warns first and gives more time to who asks for it (WCAG 2.2,
 * 2.2.1). This is for when no screen is there to do so: longer than any extended stay, so that it never cuts one short.
 */
export const LAST_SCREEN_MS = 300_000;
/** After a restart the feed is read first: a session that was paid while we were down must not flash "expired". */
export const RESUME_GRACE_MS = 3_000;

/**
 * A totem whose server is away cannot issue what was paid. Its customer has read by then that the payment is safe and
 * whom to ask; the next one may be served. The ticket comes all the same, and is announced beside the screen.
 */
export const ISSUING_SCREEN_MS = 120_000;

export interface ScreenSession {
  readonly session: PaymentSession;
  readonly ticket: StoredTicket | undefined;
  readonly refund: StoredRefund | undefined;
  /** The server says that it is paid, but its ticket has to be asked for first. */
  readonly issuing: boolean;
  /** The number that was reserved for it with the payment; null where there is none, or a ticket already. */
  readonly reservedLabel: string | null;
  /** The ticket is there, its paper may not start yet: the screen tells the number meanwhile. */
  readonly paperHeld: boolean;
}

/** A session that ended without a ticket, however it ended, and for which other money came than was asked for. */
export function isRefunding({ session, refund }: ScreenSession): boolean {
  return isSessionOver(session.status) && session.status !== 'paid' && refund?.reason === 'wrong_amount';
}

export function isPrinting({ session, ticket, paperHeld }: ScreenSession): boolean {
  if (session.status !== 'paid' && session.status !== 'ticketed') return false;
  if (paperHeld) return false;
  return ticket === undefined || ticket.status === 'paid' || ticket.status === 'printing';
}

/** When, by time alone, the session on the screen moves on: gives up, expires, or leaves the screen. */
export interface Deadline {
  /** Epoch ms, by the clock as it was when the session came to this. */
  readonly at: number;
  /** It is never further away than this: a stored time that is was taken from a clock that has been set back since. */
  readonly lastsMs: number;
  /** After a start of this process it does not pass for so long. */
  readonly graceMs: number;
}

/** @returns null while it waits for something else (the printer) */
export function deadlineOf(shown: ScreenSession): Deadline | null {
  const { session, ticket } = shown;
  const chargeEndsAt = session.expiresAt ?? session.openedAt;
  // The clock may have been set between the two.
  const chargeLastsMs =
    chargeEndsAt > session.openedAt ? chargeEndsAt - session.openedAt : Number.POSITIVE_INFINITY;
  if (shown.issuing) {
    return {
      at: chargeEndsAt + ISSUING_SCREEN_MS,
      lastsMs: chargeLastsMs + ISSUING_SCREEN_MS,
      graceMs: ISSUING_SCREEN_MS,
    };
  }
  switch (session.status) {
    case 'open':
      return { at: session.openedAt + CHARGE_GIVES_UP_MS, lastsMs: CHARGE_GIVES_UP_MS, graceMs: 0 };
    case 'awaiting_payment':
      return { at: chargeEndsAt, lastsMs: chargeLastsMs, graceMs: RESUME_GRACE_MS };
    case 'ticketed':
    case 'paid':
      return isPrinting(shown) ? null : lastScreen(ticket?.queuedAt ?? session.endedAt ?? 0);
    case 'expired':
    case 'cancelled':
    case 'failed':
      return lastScreen(session.endedAt ?? session.openedAt);
  }
}

/** One that a power cut interrupted is shown in full again. */
function lastScreen(sinceMs: number): Deadline {
  return { at: sinceMs + LAST_SCREEN_MS, lastsMs: LAST_SCREEN_MS, graceMs: LAST_SCREEN_MS };
}
