import type { ServerContext } from '../context.ts';
import { findOrCreateCustomer } from '../customers/find-or-create-customer.ts';
import type { Transaction } from '../db/database.ts';
import type { PaymentTransaction } from '../payments/payment-transaction.ts';
import type { ProviderCharge } from '../providers/provider.ts';
import { cleanCard, cleanId, cleanPayer, cleanPeriod, cleanReference, cleanWhole } from './clean-facts.ts';
import { type AtProvider, linkCustomerToProvider } from './customer-provider.ts';
import { keepPayload } from './payload.ts';
import { keepPaymentMethod } from './payment-method.ts';

/** More than any card is divided into. */
const MAX_INSTALLMENTS = 99;

/**
 * Writes down what the provider's answer tells beside the money: its ids, how it was paid, by whom and with which card,
 * for which period of which subscription. What was known stays known: an answer that leaves something out takes nothing
 * away. In the transaction that applies the answer; the payment's row is locked by the caller.
 */
export async function noteCharge(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  charge: Pick<ProviderCharge, 'pixKey' | 'facts'>,
  atMs: number,
): Promise<void> {
  const facts = charge.facts ?? {};
  const at = { ...payment, account: charge.pixKey ?? '' };
  const links = await linksOf(context, transaction, payment, at, facts, atMs);
  const subscription = await subscriptionOf(transaction, payment, facts.subscription);
  await transaction.query(
    `UPDATE payment_transactions SET customer_provider_id = coalesce($3, customer_provider_id),
       payment_method_id = coalesce($4, payment_method_id), payment_method = coalesce($5, payment_method),
       installments = coalesce($6, installments), provider_order_id = coalesce($7, provider_order_id),
       provider_payment_id = coalesce($8, provider_payment_id), subscription_id = coalesce($9, subscription_id),
       period_starts_on = coalesce($10, period_starts_on), period_ends_on = coalesce($11, period_ends_on)
     WHERE merchant_id = $1 AND transaction_id = $2`,
    [
      payment.merchantId,
      payment.transactionId,
      links.customerProviderId,
      links.paymentMethodId,
      facts.method ?? null,
      cleanWhole(facts.installments, 1, MAX_INSTALLMENTS),
      cleanReference(facts.orderId),
      cleanReference(facts.paymentId),
      subscription.subscriptionId,
      subscription.period?.startsOn ?? null,
      subscription.period?.endsOn ?? null,
    ],
  );
  if (facts.payload !== undefined) await keepPayload(context, transaction, payment, facts.payload, atMs);
}

type Facts = NonNullable<ProviderCharge['facts']>;

async function linksOf(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  at: AtProvider,
  facts: Facts,
  atMs: number,
): Promise<{ readonly customerProviderId: string | null; readonly paymentMethodId: string | null }> {
  const [known] = await transaction.query<{ customerId: string | null; paymentMethodId: string | null }>(
    `SELECT coalesce(c.merged_into, t.customer_id) AS "customerId", payment_method_id AS "paymentMethodId"
     FROM payment_transactions t LEFT JOIN customers c USING (merchant_id, customer_id)
     WHERE t.merchant_id = $1 AND t.transaction_id = $2`,
    [payment.merchantId, payment.transactionId],
  );
  const customerId = known?.customerId ?? (await identify(context, transaction, payment, facts, atMs));
  const customerProviderId =
    customerId === null
      ? null
      : await linkCustomerToProvider(context, transaction, at, customerId, cleanId(facts.customerId));
  const card = cleanCard(facts.card);
  const owner = { customerId, customerProviderId };
  const paymentMethodId =
    card === null
      ? null
      : await keepPaymentMethod(context, transaction, at, owner, card, known?.paymentMethodId ?? null);
  return { customerProviderId, paymentMethodId };
}

/** Whom the totem did not ask the provider may know. */
async function identify(
  context: ServerContext,
  transaction: Transaction,
  { merchantId, transactionId }: PaymentTransaction,
  { payer }: Facts,
  atMs: number,
): Promise<string | null> {
  const person = cleanPayer(payer);
  if (person === null) return null;
  const customerId = await findOrCreateCustomer(context, transaction, merchantId, person, atMs);
  await transaction.query(
    'UPDATE payment_transactions SET customer_id = $3 WHERE merchant_id = $1 AND transaction_id = $2',
    [merchantId, transactionId, customerId],
  );
  return customerId;
}

/** Of an agreement that nobody here knows there is no subscription to link. */
async function subscriptionOf(
  transaction: Transaction,
  { merchantId, provider }: PaymentTransaction,
  told: Facts['subscription'],
) {
  const agreementId = cleanReference(told?.agreementId);
  if (told === undefined || agreementId === null) return { subscriptionId: null, period: null };
  const [known] = await transaction.query<{ subscriptionId: string }>(
    `SELECT subscription_id AS "subscriptionId" FROM customer_subscriptions
     WHERE merchant_id = $1 AND provider = $2 AND provider_subscription_id = $3`,
    [merchantId, provider, agreementId],
  );
  return {
    subscriptionId: known?.subscriptionId ?? null,
    period: cleanPeriod(told.startsOn, told.endsOn),
  };
}
