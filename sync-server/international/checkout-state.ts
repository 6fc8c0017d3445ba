import type { CanonicalStatus } from '../../domain/payment-status.ts';
import type { CheckoutState } from '../../domain/protocol/checkouts.ts';
import type { ServerContext } from '../context.ts';
import { tokenToTell } from '../fulfilment/receipt-page-token.ts';
import { type PaymentTransaction, readTransactions } from '../payments/payment-transaction.ts';
import type { CheckoutPage } from '../providers/provider.ts';
import { type CheckoutRecord, findCheckoutByToken } from './checkout-record.ts';

/** So long after its end the page still says what became of it; then the token is worth nothing any more. */
const TOKEN_OUTLIVES_MS = 60 * 60_000;

/**
 * What the customer's page is told, from the database alone: the provider is never asked for it.
 * @returns null for a token that is unknown, or whose time is long over
 */
export async function readCheckoutState(
  context: ServerContext,
  page: CheckoutPage | null,
  token: string,
): Promise<CheckoutState | null> {
  const record = await findCheckoutByToken(context, token);
  const nowMs = context.clock.nowMs();
  if (record === undefined || nowMs > record.expiresAt + TOKEN_OUTLIVES_MS) return null;
  const [payment] = await readTransactions(context.db, [record]);
  if (payment === undefined) throw new Error(`transaction ${record.transactionId} does not exist`);
  const state = stateOf(payment, record, nowMs);
  const { clientSecret } = record;
  return {
    state,
    merchantName: payment.merchantName,
    serviceName: payment.serviceName,
    amountCents: payment.amountCents,
    currency: payment.currency,
    expiresAt: record.expiresAt,
    serverTime: nowMs,
    form: state === 'open' && clientSecret !== null && page !== null ? { ...page, clientSecret } : null,
    receiptToken: state === 'paid' ? tokenToTell(context, record) : null,
  };
}

function stateOf(
  payment: PaymentTransaction,
  { clientSecret, expiresAt }: CheckoutRecord,
  nowMs: number,
): CheckoutState['state'] {
  const byStatus = STATE_OF[payment.status];
  if (byStatus !== 'open') return byStatus;
  if (payment.cancelRequestedAt !== null) return 'closed';
  if (nowMs >= expiresAt) return 'expired';
  return clientSecret === null ? 'preparing' : 'open';
}

const STATE_OF: Readonly<Record<CanonicalStatus, CheckoutState['state']>> = {
  CREATED: 'open',
  PENDING: 'open',
  PROCESSING: 'processing',
  AUTHORIZED: 'processing',
  FAILED: 'closed',
  EXPIRED: 'expired',
  CANCELED: 'closed',
  SUCCEEDED: 'paid',
  PARTIALLY_REFUNDED: 'closed',
  REFUNDED: 'closed',
  CHARGEBACK: 'closed',
};
