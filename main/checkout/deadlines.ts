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

/**
 * When, by the clock alone, the session on the screen moves on: gives up, expires, or leaves the screen.
 * @param startedAt when this process started: a screen that a power cut interrupted is shown in full again
 * @returns epoch ms; null while it waits for something else (the printer)
 */
export function deadlineOf(shown: ScreenSession, startedAt: number): number | null {
  const { session, ticket } = shown;
  if (shown.issuing) return Math.max(session.expiresAt ?? session.openedAt, startedAt) + ISSUING_SCREEN_MS;
  switch (session.status) {
    case 'open':
      return session.openedAt + CHARGE_GIVES_UP_MS;
    case 'awaiting_payment':
      return Math.max(session.expiresAt ?? session.openedAt, startedAt + RESUME_GRACE_MS);
    case 'ticketed':
    case 'paid':
      if (isPrinting(shown)) return null;
      return Math.max(ticket?.queuedAt ?? session.endedAt ?? 0, startedAt) + LAST_SCREEN_MS;
    case 'expired':
    case 'cancelled':
    case 'failed':
      return Math.max(session.endedAt ?? session.openedAt, startedAt) + LAST_SCREEN_MS;
  }
}
