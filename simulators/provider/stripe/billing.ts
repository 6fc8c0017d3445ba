import { z } from 'zod';
import { oweEvents } from './events.ts';
import { createIntent } from './intents.ts';
import { type Intent, type Invoice, refuse, type StripeAnswer, type Subscription } from './objects.ts';
import { confirmIntent } from './payments.ts';
import { newStripeId, nowSeconds, type StripeContext } from './stripe-context.ts';

const MONTH_SECONDS = 30 * 86_400;

export const Period = z.object({
  /** Of a period before; left out: it begins with this one. */
  subscription: z.string().optional(),
  amount: z.int().min(1),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/)
    .default('usd'),
  plan: z.string().default('Plano mensal'),
  card: z.string().default('4242424242424242'),
});

/** One period of a subscription is paid, as when Stripe Billing charges the card by itself. In the caller's transaction. */
export function payPeriod(context: StripeContext, asked: z.infer<typeof Period>): StripeAnswer {
  const { store, provider } = context;
  const subscription =
    asked.subscription === undefined
      ? newSubscription(context, asked)
      : store.get<Subscription>('subscription', asked.subscription);
  if (subscription === undefined) return refuse(404, 'No such subscription.');
  const made = createIntent(context, { amount: String(asked.amount), currency: asked.currency });
  if (made.status !== 200) return made;
  const intent = made.body as Intent;
  const paid = confirmIntent(context, intent, asked.card);
  if (paid.status !== 200) return paid;
  const invoice: Invoice = {
    id: newStripeId(context, 'in'),
    object: 'invoice',
    amount_due: asked.amount,
    created: nowSeconds(context),
    currency: asked.currency,
    due_date: null,
    parent: { type: 'subscription_details', subscription_details: { subscription: subscription.id } },
    payment: { id: newStripeId(context, 'inpay'), payment_intent: intent.id, paid_at: nowSeconds(context) },
    period_end: nowSeconds(context) + MONTH_SECONDS,
    period_start: nowSeconds(context),
    status: 'paid',
  };
  store.put(invoice, intent.id, provider.clock.nowMs());
  oweEvents(context, [['invoice.paid', invoice]]);
  return {
    status: 200,
    body: { invoice: invoice.id, subscription: subscription.id, charge: intent.latest_charge },
  };
}

function newSubscription(
  context: StripeContext,
  { amount, currency, plan }: z.infer<typeof Period>,
): Subscription {
  const now = nowSeconds(context);
  const subscription: Subscription = {
    id: newStripeId(context, 'sub'),
    object: 'subscription',
    created: now,
    currency,
    customer: newStripeId(context, 'cus'),
    items: {
      data: [
        {
          quantity: 1,
          price: { id: newStripeId(context, 'price'), nickname: plan, unit_amount: amount },
          current_period_start: now,
          current_period_end: now + MONTH_SECONDS,
        },
      ],
      has_more: false,
    },
    start_date: now,
    status: 'active',
    trial_end: null,
  };
  context.store.put(subscription, subscription.id, context.provider.clock.nowMs());
  oweEvents(context, [['customer.subscription.created', subscription]]);
  return subscription;
}

/** The invoice as it is asked for: with its payment, and the PaymentIntent of that. */
export function invoiceDocument({ store }: StripeContext, { payment, ...invoice }: Invoice): object {
  const intent = store.get<Intent>('payment_intent', payment.payment_intent);
  const paid = {
    id: payment.id,
    object: 'invoice_payment',
    amount_paid: invoice.amount_due,
    status: 'paid',
    status_transitions: { paid_at: payment.paid_at, canceled_at: null },
    payment: { type: 'payment_intent', payment_intent: { ...intent } },
  };
  return { ...invoice, payments: { object: 'list', data: [paid], has_more: false } };
}

/** Of the API: what a subscription's money is read from. */
export function registerBilling(
  get: (path: string, handler: (request: { readonly id: string }) => StripeAnswer) => void,
  context: StripeContext,
  missing: (kind: string, id: string) => StripeAnswer,
): void {
  get('/subscriptions/:id', ({ id }) => {
    const subscription = context.store.get<Subscription>('subscription', id);
    return subscription === undefined ? missing('subscription', id) : { status: 200, body: subscription };
  });
  get('/invoices/:id', ({ id }) => {
    const invoice = context.store.get<Invoice>('invoice', id);
    return invoice === undefined
      ? missing('invoice', id)
      : { status: 200, body: invoiceDocument(context, invoice) };
  });
}
