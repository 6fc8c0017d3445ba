import type Stripe from 'stripe';
import type {
  CancelChargeOutcome,
  ChargeRef,
  CheckoutOrder,
  CreateCheckoutOutcome,
  ProviderCharge,
} from '../provider.ts';
import { write } from './call.ts';
import { EXPAND, intentId, readIntent, withWhatHangsOnIt } from './read-charge.ts';
import { METADATA, toProviderCharge } from './to-provider-charge.ts';
import { WireIntent } from './wire.ts';

/**
 * Never a second PaymentIntent that anybody could pay. Within a day the key, made from the transaction, gives the
 * first one again. Stripe may forget a key after 24 hours; by then its search has long found the first by our txid,
 * and whatever we were told an id of is read by that.
 */
export async function createCheckout(stripe: Stripe, order: CheckoutOrder): Promise<CreateCheckoutOutcome> {
  if (order.providerChargeId !== null || order.mayExist) {
    const existing = await readIntent(stripe, order);
    if (existing.kind === 'found') return asOrdered(existing.intent, existing.charge, order);
    if (existing.kind !== 'not_found') return existing;
    if (order.providerChargeId !== null)
      return { kind: 'rejected', code: 'resource_missing', detail: `no ${order.providerChargeId} here` };
  }
  const outcome = await write(WireIntent, () =>
    stripe.paymentIntents.create(intentParams(order), {
      idempotencyKey: `checkout-${order.transactionId}`,
    }),
  );
  if (outcome.kind === 'answer')
    return asOrdered(outcome.body, toProviderCharge(outcome.body, [], []), order);
  if (outcome.kind === 'rejected')
    return {
      kind: 'rejected',
      code: outcome.code,
      detail: outcome.detail,
      // The key was used with other parameters: what it made is there.
      ...(outcome.code === 'idempotency_error' ? { leavesCharge: true } : {}),
    };
  return outcome;
}

/** Made of the order alone: under one key Stripe refuses other parameters (idempotency_error). */
function intentParams(order: CheckoutOrder): Stripe.PaymentIntentCreateParams {
  return {
    amount: order.amountCents,
    currency: order.currency.toLowerCase(),
    // Cards, and the wallets that hold cards. What the account's settings would add may settle days later, or leads
    // away from the page; nobody waits for that at a counter.
    allowed_payment_method_types: ['card'],
    // Captured before `succeeded` is said, other than by default.
    capture_method: 'automatic',
    description: order.description.slice(0, MAX_DESCRIPTION),
    metadata: {
      [METADATA.provider]: 'stripe',
      [METADATA.txid]: order.txid,
      [METADATA.transactionId]: order.transactionId,
      [METADATA.orderId]: order.orderId,
      [METADATA.saleId]: order.saleId,
      [METADATA.expiresSeconds]: String(order.expiresSeconds),
    },
  };
}

/** Stripe's own limit. */
const MAX_DESCRIPTION = 1000;

/** The answer has to be the charge that was asked for, or the customer would pay something else. */
function asOrdered(intent: WireIntent, charge: ProviderCharge, order: CheckoutOrder): CreateCheckoutOutcome {
  const differs =
    charge.txid !== order.txid || intent.metadata[METADATA.transactionId] !== order.transactionId
      ? 'metadata'
      : charge.amountCents !== order.amountCents
        ? 'amount'
        : charge.currency !== order.currency
          ? 'currency'
          : // Stripe strikes out silently what the account, or the currency, does not offer.
            intent.payment_method_types?.includes('card') === false
            ? 'payment_method_types'
            : null;
  if (differs !== null)
    return {
      kind: 'rejected',
      code: 'charge_mismatch',
      detail: `the provider's charge differs in ${differs}`,
      leavesCharge: true,
    };
  const clientSecret = intent.client_secret;
  if (clientSecret === null || clientSecret === undefined)
    return {
      kind: 'rejected',
      code: 'no_client_secret',
      detail: 'the key may not read client secrets',
      leavesCharge: true,
    };
  return { kind: 'created', charge, clientSecret };
}

/**
 * Without a key of our own: under one, a refusal ("is being processed") would be repeated for a day. Canceling twice
 * is refused by Stripe itself.
 */
export async function cancelCharge(stripe: Stripe, ref: ChargeRef): Promise<CancelChargeOutcome> {
  const id = await intentId(stripe, ref);
  if (id.kind !== 'found') return id;
  const outcome = await write(WireIntent, () =>
    stripe.paymentIntents.cancel(id.id, { cancellation_reason: 'abandoned', expand: EXPAND }),
  );
  if (outcome.kind === 'rejected') {
    if (outcome.status === 404) return { kind: 'not_found' };
    if (outcome.code === 'payment_intent_unexpected_state') return { kind: 'not_open' };
    return { kind: 'rejected', code: outcome.code, detail: outcome.detail };
  }
  if (outcome.kind !== 'answer') return outcome;
  if (outcome.body.status !== 'canceled') return { kind: 'not_open' };
  const whole = await withWhatHangsOnIt(stripe, outcome.body);
  return whole.kind === 'found' ? { kind: 'canceled', charge: whole.charge } : whole;
}
