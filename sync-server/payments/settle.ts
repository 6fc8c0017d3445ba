import { STATUS_RANK } from '../../domain/payment-status.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { ProviderReceipt } from '../providers/provider.ts';
import { appendFeed } from '../sync/feed-log.ts';
import type { PaymentTransaction } from './payment-transaction.ts';
import { reserveTicketNumber } from './reserve-ticket-number.ts';

/**
 * Reserves the ticket's number, and says "paid" to the kiosk. Runs in the transaction that recorded the receipt.
 * @param payment as it was before: its status says whether the money is late
 */
export async function settle(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  receipt: ProviderReceipt,
  chargeExpiresAtMs: number,
  atMs: number,
): Promise<void> {
  const late =
    receipt.paidAtMs > chargeExpiresAtMs ||
    payment.cancelRequestedAt !== null ||
    STATUS_RANK[payment.status] >= STATUS_RANK.EXPIRED;
  // The number belongs to the day on which the customer gets it, which for late money is not the day of the charge.
  const { number, businessDay } = await reserveTicketNumber(transaction, payment, atMs);
  await transaction.query(
    `UPDATE payment_transactions SET paid_at = $3, settled_end_to_end_id = $4, late = $5, ticket_number = $6,
       ticket_business_day = $7
     WHERE merchant_id = $1 AND transaction_id = $2`,
    [
      payment.merchantId,
      payment.transactionId,
      new Date(atMs),
      receipt.endToEndId,
      late,
      number,
      businessDay,
    ],
  );
  await appendFeed(
    transaction,
    context.feedWake,
    payment,
    'payment.confirmed',
    {
      sessionId: payment.sessionId,
      kioskId: payment.kioskId,
      transactionId: payment.transactionId,
      amountCents: payment.amountCents,
      paidAt: atMs,
      late,
      ticket: {
        number,
        prefix: payment.servicePrefix,
        label: ticketLabel(payment.servicePrefix, number),
        businessDay,
        serviceId: payment.serviceId,
        serviceName: payment.serviceName,
      },
    },
    atMs,
  );
}
