import type { ChargeRef } from '../../provider.ts';
import { CHARGE, INTENT } from './fixtures.ts';
import { ORDER, TXID } from './open-stripe.ts';
import type { RawAnswer } from './raw-stripe.ts';

/** Of the PaymentIntent that is made for `ORDER`. */
export const METADATA = {
  provider: 'stripe',
  txid: TXID,
  transaction_id: ORDER.transactionId,
  order_id: ORDER.orderId,
  sale_id: ORDER.saleId,
  expires_seconds: '600',
};
export const REF: ChargeRef = { txid: TXID, providerChargeId: INTENT.id };

export const ok = (body: unknown): RawAnswer => ({ status: 200, body });
export const failed = (status: number, error: object): RawAnswer => ({ status, body: { error } });
export const list = (data: unknown[], hasMore = false) => ({ object: 'list', data, has_more: hasMore });
export const found = (data: unknown[]) => ({ object: 'search_result', data, has_more: false });

export const intent = (over: object = {}) => ({ ...INTENT, metadata: METADATA, ...over });
export const paidCharge = (over: object = {}) => ({
  ...CHARGE,
  amount: 1099,
  amount_captured: 1099,
  captured: true,
  balance_transaction: { id: 'txn_1', object: 'balance_transaction', fee: 83, currency: 'usd' },
  created: 1234567900,
  ...over,
});
export const paidIntent = (charge: object = {}) =>
  intent({ status: 'succeeded', amount_received: 1099, latest_charge: paidCharge(charge) });
