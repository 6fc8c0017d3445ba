import { newId } from '../../domain/ids.ts';
import type { ServerContext } from '../context.ts';
import { findOrCreateCustomer } from '../customers/find-or-create-customer.ts';
import type { Transaction } from '../db/database.ts';
import type { RecurrenceFacts } from '../providers/provider-facts.ts';
import type { ProviderRecurrence } from '../providers/recurrence.ts';
import type { RecurrenceKey } from '../recurring/keep-recurrence.ts';
import { cleanCard, cleanId, cleanInstant, cleanPayer, cleanPeriod, cleanText } from './clean-facts.ts';
import { linkCustomerToProvider } from './customer-provider.ts';
import { keepPaymentMethod } from './payment-method.ts';

const MAX_PLAN = 100;

/**
 * Writes down what the provider tells of an agreement beside its status and its price, which stand in `recurrences`: the
 * subscription of a customer, with its plan, its trial, its period and the card that it is charged by; of a request or a
 * charge, the period that it is for. In the transaction that keeps the answer, with the recurrence's row locked.
 * @param isNewer whether it was read after what is known: an older answer adds what is missing, and changes nothing
 */
export async function noteSubscription(
  context: ServerContext,
  transaction: Transaction,
  key: RecurrenceKey,
  { facts = {} }: Pick<ProviderRecurrence, 'facts'>,
  isNewer: boolean,
): Promise<void> {
  const period = cleanPeriod(facts.periodStartsOn, facts.periodEndsOn);
  if (key.kind !== 'agreement') {
    if (period !== null) await notePeriod(transaction, key, period);
    return;
  }
  const subscription = await openSubscription(context, transaction, key);
  if (subscription === undefined) throw new Error(`agreement ${key.id} of ${key.provider} is not kept`);
  const at = { ...key, account: '' };
  const customerId =
    subscription.customerId ?? (await identify(context, transaction, key, subscription, facts));
  const customerProviderId =
    customerId === null
      ? null
      : await linkCustomerToProvider(context, transaction, at, customerId, cleanId(facts.customerId));
  const card = cleanCard(facts.card);
  const owner = { customerId, customerProviderId };
  const paymentMethodId =
    card === null
      ? null
      : await keepPaymentMethod(context, transaction, at, owner, card, subscription.paymentMethodId);
  await transaction.query(
    `UPDATE customer_subscriptions SET
       customer_provider_id = coalesce(customer_provider_id, $3),
       payment_method_id = CASE WHEN $10 THEN coalesce($4, payment_method_id) ELSE coalesce(payment_method_id, $4) END,
       plan = CASE WHEN $10 THEN coalesce($5, plan) ELSE coalesce(plan, $5) END,
       started_at = coalesce(started_at, $6),
       trial_ends_at = CASE WHEN $10 THEN coalesce($7, trial_ends_at) ELSE coalesce(trial_ends_at, $7) END,
       period_starts_on = CASE WHEN $10 OR period_starts_on IS NULL THEN coalesce($8, period_starts_on)
         ELSE period_starts_on END,
       period_ends_on = CASE WHEN $10 OR period_starts_on IS NULL THEN coalesce($9, period_ends_on)
         ELSE period_ends_on END
     WHERE merchant_id = $1 AND subscription_id = $2`,
    [
      key.merchantId,
      subscription.subscriptionId,
      customerProviderId,
      paymentMethodId,
      cleanText(facts.plan, MAX_PLAN),
      cleanInstant(facts.startedAtMs),
      cleanInstant(facts.trialEndsAtMs),
      period?.startsOn ?? null,
      period?.endsOn ?? null,
      isNewer,
    ],
  );
}

interface Subscription extends Record<string, unknown> {
  readonly subscriptionId: string;
  readonly customerId: string | null;
  readonly paymentMethodId: string | null;
}

/**
 * The subscription of an agreement that is kept, or only named, in `recurrences`.
 * @returns undefined where the merchant has no such agreement
 */
export async function openSubscription(
  { clock, randomBytes }: Pick<ServerContext, 'clock' | 'randomBytes'>,
  transaction: Transaction,
  { merchantId, provider, kind, id }: RecurrenceKey,
): Promise<Subscription | undefined> {
  if (kind !== 'agreement') return undefined;
  await transaction.query(
    `INSERT INTO customer_subscriptions AS known
       (merchant_id, provider, provider_subscription_id, subscription_id, is_native, first_seen_at)
     SELECT merchant_id, provider, recurrence_id, $4, false, $5 FROM recurrences
     WHERE merchant_id = $1 AND provider = $2 AND kind = 'agreement' AND recurrence_id = $3
     ON CONFLICT (merchant_id, provider, provider_subscription_id) DO UPDATE
       -- An old system told of it first: from now on its agreement says status and price.
       SET adopted_from = NULL, native_status = NULL, native_price_cents = NULL, native_currency = NULL
       WHERE known.adopted_from IS NOT NULL AND NOT known.is_native`,
    [merchantId, provider, id, newId(clock, randomBytes), new Date(clock.nowMs())],
  );
  const [row] = await transaction.query<Subscription>(
    `SELECT subscription_id AS "subscriptionId", coalesce(c.merged_into, s.customer_id) AS "customerId",
       payment_method_id AS "paymentMethodId"
     FROM customer_subscriptions s LEFT JOIN customers c USING (merchant_id, customer_id)
     WHERE s.merchant_id = $1 AND provider = $2 AND provider_subscription_id = $3 FOR UPDATE OF s`,
    [merchantId, provider, id],
  );
  return row;
}

async function identify(
  context: ServerContext,
  transaction: Transaction,
  { merchantId }: RecurrenceKey,
  { subscriptionId }: Subscription,
  { payer }: RecurrenceFacts,
): Promise<string | null> {
  const person = cleanPayer(payer);
  if (person === null) return null;
  const customerId = await findOrCreateCustomer(
    context,
    transaction,
    merchantId,
    person,
    context.clock.nowMs(),
  );
  await transaction.query(
    'UPDATE customer_subscriptions SET customer_id = $3 WHERE merchant_id = $1 AND subscription_id = $2',
    [merchantId, subscriptionId, customerId],
  );
  return customerId;
}

async function notePeriod(
  transaction: Transaction,
  { merchantId, provider, kind, id }: RecurrenceKey,
  { startsOn, endsOn }: { readonly startsOn: string; readonly endsOn: string },
): Promise<void> {
  await transaction.query(
    `UPDATE recurrences SET period_starts_on = $5, period_ends_on = $6
     WHERE merchant_id = $1 AND provider = $2 AND kind = $3 AND recurrence_id = $4
       AND (period_starts_on, period_ends_on) IS DISTINCT FROM ($5::date, $6::date)`,
    [merchantId, provider, kind, id, startsOn, endsOn],
  );
}
