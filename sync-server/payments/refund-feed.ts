import type { Transaction } from '../db/database.ts';
import { appendFeed } from '../sync/feed-log.ts';
import type { FeedWake } from '../sync/feed-wake.ts';
import type { PaymentTransaction } from './payment-transaction.ts';
import type { RefundRow } from './record-receipts.ts';

/** Tells the kiosk of the session how the refund stands. */
export async function announceRefund(
  transaction: Transaction,
  wake: FeedWake,
  payment: Pick<
    PaymentTransaction,
    'merchantId' | 'unitId' | 'sessionId' | 'kioskId' | 'amountCents' | 'currency'
  >,
  refund: RefundRow,
  atMs: number,
): Promise<void> {
  await appendFeed(
    transaction,
    wake,
    payment,
    'refund.changed',
    {
      refundId: refund.refundId,
      sessionId: payment.sessionId,
      kioskId: payment.kioskId,
      // An earlier release of the totem knows no other word for it.
      reason: refund.reason === 'wrong_currency' ? 'wrong_amount' : refund.reason,
      status: refund.status,
      expectedCents: payment.amountCents,
      // A Pix that buys nothing goes back whole.
      receivedCents: refund.amountCents,
      refundCents: refund.amountCents,
      ...(refund.currency === payment.currency ? {} : { receivedCurrency: refund.currency }),
    },
    atMs,
  );
}
