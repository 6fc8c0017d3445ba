import { playCard } from './cards.ts';
import { oweEvent, oweEvents } from './events.ts';
import {
  type BalanceTransaction,
  type Charge,
  type Dispute,
  type Intent,
  type Refund,
  refuse,
  type StripeAnswer,
} from './objects.ts';
import { newStripeId, nowSeconds, type StripeContext } from './stripe-context.ts';

/** What Stripe keeps of a card payment here: 3.99 % and 39 of the smallest unit, its list price in Brazil. */
function feeOf(amount: number): number {
  return Math.round(amount * 0.0399) + 39;
}

/** The customer pays with a card: the end of `confirmPayment`. In the caller's transaction. */
export function confirmIntent(context: StripeContext, intent: Intent, card: string): StripeAnswer {
  if (intent.status !== 'requires_payment_method') return unexpectedState(intent, 'confirm');
  const played = playCard(card);
  if (played.kind === 'unusable') return { status: 402, body: { error: played.error } };
  const paid = played.kind !== 'declined';
  const created = nowSeconds(context);
  const id = newStripeId(context, 'ch');
  const balance = paid ? balanceTransaction(context, intent, id, created) : null;
  const charge: Charge = {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: paid ? intent.amount : 0,
    amount_refunded: 0,
    balance_transaction: balance?.id ?? null,
    captured: paid,
    created,
    currency: intent.currency,
    description: intent.description,
    disputed: false,
    failure_code: paid ? null : (played.error.code ?? null),
    failure_message: paid ? null : played.error.message,
    livemode: false,
    metadata: intent.metadata,
    paid,
    payment_intent: intent.id,
    payment_method_details: { type: 'card', card: { brand: played.brand, last4: played.last4 } },
    refunded: false,
    status: paid ? 'succeeded' : 'failed',
  };
  intent.latest_charge = charge.id;
  if (!paid) {
    intent.last_payment_error = played.error;
    save(context, intent, charge);
    oweEvents(context, [
      ['charge.failed', charge],
      ['payment_intent.payment_failed', intent],
    ]);
    return { status: 402, body: { error: { ...played.error, payment_intent: intent } } };
  }
  intent.status = 'succeeded';
  intent.amount_received = intent.amount;
  intent.last_payment_error = null;
  save(context, intent, charge);
  if (balance !== null) context.store.put(balance, intent.id, context.provider.clock.nowMs());
  oweEvents(context, [
    ['charge.succeeded', charge],
    ['payment_intent.succeeded', intent],
  ]);
  if (played.kind === 'paid_then_disputed') openDispute(context, intent);
  return { status: 200, body: intent };
}

export function cancelIntent(context: StripeContext, intent: Intent, reason: string | null): StripeAnswer {
  if (intent.status !== 'requires_payment_method') return unexpectedState(intent, 'cancel');
  intent.status = 'canceled';
  intent.canceled_at = nowSeconds(context);
  intent.cancellation_reason = reason;
  save(context, intent);
  oweEvent(context, 'payment_intent.canceled', intent);
  return { status: 200, body: intent };
}

/** By the merchant's server, or by hand in the provider's own pages (then without metadata). */
export function refundIntent(
  context: StripeContext,
  intent: Intent,
  order: { readonly amount?: number | undefined; readonly metadata: Readonly<Record<string, string>> },
): StripeAnswer {
  const charge = chargeOf(context, intent);
  if (charge === undefined || !charge.paid)
    return refuse(400, 'This PaymentIntent does not have a successful charge to refund.', {
      code: 'intent_invalid_state',
    });
  const left = charge.amount_captured - charge.amount_refunded;
  if (left === 0)
    return refuse(400, `Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  const open = context.store.of<Dispute>('dispute', intent.id).some(({ status }) => status !== 'won');
  if (open) return refuse(400, `Charge ${charge.id} has been charged back.`, { code: 'charge_disputed' });
  const amount = order.amount ?? left;
  if (amount > left)
    return refuse(400, `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    });
  const refund: Refund = {
    id: newStripeId(context, 're'),
    object: 'refund',
    amount,
    charge: charge.id,
    created: nowSeconds(context),
    currency: charge.currency,
    metadata: order.metadata,
    payment_intent: intent.id,
    reason: null,
    status: 'succeeded',
  };
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount_captured;
  save(context, intent, charge, refund);
  oweEvents(context, [
    ['refund.created', refund],
    ['charge.refunded', charge],
  ]);
  return { status: 200, body: refund };
}

/** The customer's bank sends a refund back, as it does when the card is closed: the money is the merchant's again. */
export function failRefund(context: StripeContext, refund: Refund): StripeAnswer {
  const charge = context.store.get<Charge>('charge', refund.charge);
  const intent = context.store.get<Intent>('payment_intent', refund.payment_intent);
  if (charge === undefined || intent === undefined || refund.status !== 'succeeded')
    return refuse(400, 'Only a refund that succeeded can fail.');
  refund.status = 'failed';
  refund.failure_reason = 'expired_or_canceled_card';
  charge.amount_refunded -= refund.amount;
  charge.refunded = false;
  save(context, intent, charge, refund);
  oweEvents(context, [
    ['refund.failed', refund],
    ['refund.updated', refund],
  ]);
  return { status: 200, body: refund };
}

/** @param amount a part of the charge; all of it where it is left out */
export function openDispute(context: StripeContext, intent: Intent, amount?: number): StripeAnswer {
  const charge = chargeOf(context, intent);
  if (charge === undefined || !charge.paid || charge.disputed)
    return refuse(400, 'Only a charge that was paid, once, can be disputed.');
  const dispute: Dispute = {
    id: newStripeId(context, 'du'),
    object: 'dispute',
    amount: Math.min(amount ?? charge.amount, charge.amount),
    charge: charge.id,
    created: nowSeconds(context),
    currency: charge.currency,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: intent.id,
    reason: 'fraudulent',
    status: 'needs_response',
  };
  charge.disputed = true;
  save(context, intent, charge, dispute);
  oweEvents(context, [
    ['charge.dispute.created', dispute],
    ['charge.dispute.funds_withdrawn', dispute],
  ]);
  return { status: 200, body: dispute };
}

export function closeDispute(context: StripeContext, dispute: Dispute, status: 'won' | 'lost'): StripeAnswer {
  if (dispute.status !== 'needs_response') return refuse(400, `The dispute is ${dispute.status} already.`);
  dispute.status = status;
  context.store.put(dispute, dispute.payment_intent, context.provider.clock.nowMs());
  if (status === 'won') oweEvent(context, 'charge.dispute.funds_reinstated', dispute);
  oweEvent(context, 'charge.dispute.closed', dispute);
  return { status: 200, body: dispute };
}

export function chargeOf({ store }: StripeContext, intent: Intent): Charge | undefined {
  return intent.latest_charge === null ? undefined : store.get<Charge>('charge', intent.latest_charge);
}

function save(context: StripeContext, intent: Intent, ...others: (Charge | Refund | Dispute)[]): void {
  const nowMs = context.provider.clock.nowMs();
  for (const object of [intent, ...others]) context.store.put(object, intent.id, nowMs);
}

function balanceTransaction(
  context: StripeContext,
  intent: Intent,
  source: string,
  created: number,
): BalanceTransaction {
  const fee = feeOf(intent.amount);
  return {
    id: newStripeId(context, 'txn'),
    object: 'balance_transaction',
    amount: intent.amount,
    created,
    currency: intent.currency,
    fee,
    net: intent.amount - fee,
    source,
    status: 'available',
    type: 'charge',
  };
}

function unexpectedState(intent: Intent, deed: string): StripeAnswer {
  return refuse(400, `You cannot ${deed} this PaymentIntent because it has a status of ${intent.status}.`, {
    code: 'payment_intent_unexpected_state',
  });
}
