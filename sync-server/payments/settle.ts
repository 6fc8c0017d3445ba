import { STATUS_RANK } from '../../domain/payment-status.ts';
import { CONFIRMATION_LEASE_MS } from '../../domain/protocol/leases.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { insertFulfilment } from '../fulfilment/fulfilment-row.ts';
import { receiptPageUrl } from '../fulfilment/receipt-page-token.ts';
import type { ProviderReceipt } from '../providers/provider.ts';
import { appendFeed } from '../sync/feed-log.ts';
import type { PaymentTransaction } from './payment-transaction.ts';
import { reserveTicketNumber } from './reserve-ticket-number.ts';

/**
 * Whether the money came after the charge had ended: it had expired, or was withdrawn, or the customer had left.
 * @param payment as it was before the receipt
 */
export function isLate(
  payment: Pick<PaymentTransaction, 'cancelRequestedAt' | 'status'>,
  receipt: Pick<ProviderReceipt, 'paidAtMs'>,
  chargeExpiresAtMs: number,
): boolean {
  return (
    receipt.paidAtMs > chargeExpiresAtMs ||
    payment.cancelRequestedAt !== null ||
    STATUS_RANK[payment.status] >= STATUS_RANK.EXPIRED
  );
}

/**
 * Reserves the ticket's number, and says "paid" to the kiosk, which may issue the ticket by itself while its lease
 * runs. Runs in the transaction that recorded the receipt.
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
  const late = isLate(payment, receipt, chargeExpiresAtMs);
  // The number belongs to the day on which the customer gets it, which for late money is not the day of the charge.
  const { number, businessDay } = await reserveTicketNumber(transaction, payment, atMs);
  const actBefore = atMs + CONFIRMATION_LEASE_MS;
  await transaction.query(
    `UPDATE payment_transactions SET paid_at = $3, settled_receipt_id = $4, late = $5, ticket_number = $6,
       ticket_business_day = $7, act_before = $8
     WHERE merchant_id = $1 AND transaction_id = $2`,
    [
      payment.merchantId,
      payment.transactionId,
      new Date(atMs),
      receipt.receiptId,
      late,
      number,
      businessDay,
      new Date(actBefore),
    ],
  );
  await insertFulfilment(context, transaction, payment, atMs);
  transaction.afterCommit(() => context.leaseWatch.given(payment.transactionId, actBefore));
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
      currency: payment.currency,
      method: payment.flow === 'international' ? 'card' : 'pix',
      paidAt: atMs,
      late,
      actBefore,
      receiptUrl: receiptPageUrl(context, payment),
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
