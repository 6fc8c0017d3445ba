import type { LearntView } from '../../domain/protocol/transactions.ts';
import type { Queryable } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';

const ms = (column: string, name: string): string =>
  `(extract(epoch FROM ${column}) * 1000)::bigint AS "${name}"`;

/** What a payment learnt of its provider, its customer, and the card that it was paid by. Without personal data. */
export async function readLearnt(
  database: Queryable,
  { merchantId, transactionId }: TransactionKey,
): Promise<LearntView> {
  const [learnt] = await database.query<LearntView & Record<string, unknown>>(
    `SELECT t.routed_provider AS "routedProvider", t.payment_method AS "paymentMethod", t.installments,
       t.provider_order_id AS "providerOrderId", t.provider_payment_id AS "providerPaymentId",
       ${ms('t.captured_at', 'capturedAt')}, t.refunded_cents AS "refundedCents", ${ms('t.refunded_at', 'refundedAt')},
       ${ms('t.disputed_at', 'disputedAt')}, coalesce(c.merged_into, t.customer_id) AS "customerId",
       p.provider_customer_id AS "providerCustomerId",
       CASE WHEN m.payment_method_id IS NOT NULL THEN jsonb_build_object('paymentMethodId', m.payment_method_id,
         'brand', m.brand, 'last4', m.last4, 'expMonth', m.exp_month, 'expYear', m.exp_year, 'status', m.status,
         'isDefault', m.is_default) END AS card,
       CASE WHEN s.subscription_id IS NOT NULL THEN jsonb_build_object('subscriptionId', s.subscription_id,
         'providerSubscriptionId', s.provider_subscription_id, 'plan', s.plan,
         'periodStartsOn', t.period_starts_on, 'periodEndsOn', t.period_ends_on) END AS subscription,
       k.status AS "sessionStatus", k.channel AS "sessionChannel", ${ms('y.read_at', 'payloadReadAt')}
     FROM payment_transactions t
     LEFT JOIN customers c USING (merchant_id, customer_id)
     LEFT JOIN customer_providers p ON p.merchant_id = t.merchant_id AND p.customer_provider_id = t.customer_provider_id
     LEFT JOIN customer_payment_methods m ON m.merchant_id = t.merchant_id AND m.payment_method_id = t.payment_method_id
     LEFT JOIN customer_subscriptions s ON s.merchant_id = t.merchant_id AND s.subscription_id = t.subscription_id
     LEFT JOIN checkout_sessions k ON k.merchant_id = t.merchant_id AND k.transaction_id = t.transaction_id
     LEFT JOIN payment_payloads y ON y.merchant_id = t.merchant_id AND y.transaction_id = t.transaction_id
       AND y.provider = t.provider
     WHERE t.merchant_id = $1 AND t.transaction_id = $2`,
    [merchantId, transactionId],
  );
  if (learnt === undefined) throw new Error(`transaction ${transactionId} does not exist`);
  return learnt;
}
