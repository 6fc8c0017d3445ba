import { ticketIdOfSession } from '../../domain/ids.ts';
import { type ClaimResponse, CONFIRMATION_LEASE_MS, isBeyondAnyLease } from '../../domain/protocol/leases.ts';
import { TicketView } from '../../domain/protocol/tickets.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { ServerContext } from '../context.ts';
import { lockTickets, lockUnitTickets } from '../queue/ticket-store.ts';
import { lockSettledPayment } from './settled-payment.ts';

/**
 * Answers a kiosk that asks whether it may still issue the ticket of a payment. A new lease and a rescue exclude each
 * other: both hold the payment's row, so whichever commits first is seen by the other. Asked again, it is answered
 * the same, with a later `actBefore`.
 */
export function claimConfirmation(
  context: ServerContext,
  kiosk: KioskPrincipal,
  sessionId: string,
): Promise<ClaimResponse> {
  return context.db.transaction(async (transaction): Promise<ClaimResponse> => {
    await lockUnitTickets(transaction, kiosk);
    const payment = await lockSettledPayment(transaction, kiosk, sessionId);
    const serverTime = context.clock.nowMs();
    if (payment === undefined || payment.kioskId !== kiosk.kioskId) return { outcome: 'unknown', serverTime };
    const [ticket] = await lockTickets(transaction, kiosk, [ticketIdOfSession(sessionId)]);
    // Parsing leaves out what is the server's own.
    if (ticket !== undefined) return { outcome: 'ticketed', ticket: TicketView.parse(ticket), serverTime };
    if (payment.status === 'REFUNDED') return { outcome: 'unknown', serverTime };
    const fullMs = serverTime + CONFIRMATION_LEASE_MS;
    // An end that no lease of now can have is of a time before the clock was set back.
    const actBefore = isBeyondAnyLease(payment.actBeforeMs, serverTime)
      ? fullMs
      : Math.max(payment.actBeforeMs, fullMs);
    await transaction.query(
      'UPDATE payment_transactions SET act_before = $3 WHERE merchant_id = $1 AND transaction_id = $2',
      [kiosk.merchantId, payment.transactionId, new Date(actBefore)],
    );
    transaction.afterCommit(() => context.leaseWatch.given(payment.transactionId, actBefore));
    return { outcome: 'granted', actBefore, serverTime };
  });
}
