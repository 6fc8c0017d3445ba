import type { StoredRefund } from '../store/refunds.ts';
import type { PaymentSession } from '../store/sessions.ts';
import type { StoredTicket } from '../store/tickets.ts';

/** A customer does not wait longer for a QR code; nothing was charged, so giving up is safe. */
export const CHARGE_GIVES_UP_MS = 60_000;
/** Enough to take the paper and read the number; the next customer is waiting. */
export const TICKET_SCREEN_MS = 20_000;
/** Expired, cancelled, failed: one sentence to read. */
export const ENDING_SCREEN_MS = 15_000;
/** "Your money is on its way back" is read twice, and perhaps photographed. */
export const REFUND_SCREEN_MS = 60_000;
/** After a restart the feed is read first: a session that was paid while we were down must not flash "expired". */
export const RESUME_GRACE_MS = 3_000;

export interface ScreenSession {
  readonly session: PaymentSession;
  readonly ticket: StoredTicket | undefined;
  readonly refund: StoredRefund | undefined;
}

/** A session that failed because other money came than was asked for. */
export function isRefunding({ session, refund }: ScreenSession): boolean {
  return session.status === 'failed' && refund?.reason === 'wrong_amount';
}

export function isPrinting({ session, ticket }: ScreenSession): boolean {
  if (session.status !== 'paid') return false;
  return ticket === undefined || ticket.status === 'paid' || ticket.status === 'printing';
}

/**
 * When, by the clock alone, the session on the screen moves on: gives up, expires, or leaves the screen.
 * @param startedAt when this process started: a screen that a power cut interrupted is shown in full again
 * @returns epoch ms; null while it waits for something else (the printer)
 */
export function deadlineOf(shown: ScreenSession, startedAt: number): number | null {
  const { session, ticket } = shown;
  switch (session.status) {
    case 'open':
      return session.openedAt + CHARGE_GIVES_UP_MS;
    case 'awaiting_payment':
      return Math.max(session.expiresAt ?? session.openedAt, startedAt + RESUME_GRACE_MS);
    case 'paid':
      if (isPrinting(shown)) return null;
      return Math.max(ticket?.queuedAt ?? session.endedAt ?? 0, startedAt) + TICKET_SCREEN_MS;
    case 'expired':
    case 'cancelled':
    case 'failed': {
      const screenMs = isRefunding(shown) ? REFUND_SCREEN_MS : ENDING_SCREEN_MS;
      return Math.max(session.endedAt ?? session.openedAt, startedAt) + screenMs;
    }
  }
}
