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
  if (facts.payload !== undefined && !links.isErased)
    await keepPayload(context, transaction, payment, facts.payload, atMs);
}

type Facts = NonNullable<ProviderCharge['facts']>;

interface Links {
  readonly customerProviderId: string | null;
  readonly paymentMethodId: string | null;
  /** The customer was erased: nothing of who pays is written down any more. */
  readonly isErased: boolean;
}

async function linksOf(
  context: ServerContext,
  transaction: Transaction,
  payment: PaymentTransaction,
  at: AtProvider,
  facts: Facts,
  atMs: number,
): Promise<Links> {
  const known = await knownLinks(transaction, payment);
  if (known.isErased) return { customerProviderId: null, paymentMethodId: null, isErased: true };
  const customerId = known.customerId ?? (await identify(context, transaction, payment, facts, atMs));
  const customerProviderId =
    customerId === null
      ? null
      : await linkCustomerToProvider(context, transaction, at, customerId, cleanId(facts.customerId));
  const card = cleanCard(facts.card);
  const owner = { customerId, customerProviderId };
  const paymentMethodId =
    card === null
      ? null
      : await keepPaymentMethod(context, transaction, at, owner, card, known.paymentMethodId);
  return { customerProviderId, paymentMethodId, isErased: false };
}

async function knownLinks(transaction: Transaction, { merchantId, transactionId }: PaymentTransaction) {
  const [payment] = await transaction.query<{ customerId: string | null; paymentMethodId: string | null }>(
    `SELECT customer_id AS "customerId", payment_method_id AS "paymentMethodId" FROM payment_transactions
     WHERE merchant_id = $1 AND transaction_id = $2`,
    [merchantId, transactionId],
  );
  const paymentMethodId = payment?.paymentMethodId ?? null;
  if (payment === undefined || payment.customerId === null)
    return { customerId: null, paymentMethodId, isErased: false };
  // Shared: whoever erases the customer waits, or is waited for.
  const [customer] = await transaction.query<{ customerId: string; isErased: boolean }>(
    `SELECT coalesce(merged_into, customer_id) AS "customerId", erased_at IS NOT NULL AS "isErased" FROM customers
     WHERE merchant_id = $1 AND customer_id = $2 FOR SHARE`,
    [merchantId, payment.customerId],
  );
  if (customer === undefined) throw new Error(`customer ${payment.customerId} does not exist`);
  return { ...customer, paymentMethodId };
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
