import { z } from 'zod';

/**
 * A customer's attempt to buy one service at one kiosk. `ticketed`: it ended in a ticket without a payment by the
 * totem, for a free service or one to be paid at the counter.
 */
export const SessionStatus = z.enum([
  'open',
  'awaiting_payment',
  'paid',
  'ticketed',
  'failed',
  'cancelled',
  'expired',
]);
export type SessionStatus = z.infer<typeof SessionStatus>;

/**
 * What may follow what. `paid` is legal after every ending: money that arrives late is money, and the session that
 * it was meant for still turns into its one ticket.
 */
const NEXT: Record<SessionStatus, readonly SessionStatus[]> = {
  open: ['awaiting_payment', 'failed', 'cancelled', 'expired', 'paid', 'ticketed'],
  awaiting_payment: ['paid', 'failed', 'cancelled', 'expired'],
  paid: [],
  ticketed: [],
  failed: ['paid'],
  cancelled: ['paid'],
  expired: ['paid'],
};

export function canSessionBecome(from: SessionStatus, to: SessionStatus): boolean {
  return NEXT[from].includes(to);
}

/** Whether the session has come to an end that only late money can change. */
export function isSessionOver(status: SessionStatus): boolean {
  return status !== 'open' && status !== 'awaiting_payment';
}
