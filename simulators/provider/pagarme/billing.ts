import { z } from 'zod';
import type { PspContext } from '../psp/psp-context.ts';
import { tell } from './events.ts';
import { chargeDocument, ORDER, Order } from './orders.ts';

const SUBSCRIPTION = 'pagarme.subscription';
const INVOICE = 'pagarme.invoice';

/** A period is charged by an order that is there: its charge is the invoice's. */
export const Period = z.object({
  /** Of the order. */
  code: z.string(),
  /** Of a period before; left out: it begins with this one. */
  subscription: z.string().optional(),
  plan: z.string().default('Plano mensal'),
});

const Subscription = z.object({
  id: z.string(),
  plan: z.string(),
  customer: z.unknown(),
  startedAt: z.int(),
});
const Invoice = z.object({ id: z.string(), subscription: z.string(), order: z.string(), createdAt: z.int() });

/** @returns the ids of both; null where there is no such order or subscription */
export function addPeriod(
  context: PspContext,
  { code, subscription: named, plan }: z.infer<typeof Period>,
): { readonly invoice: string; readonly subscription: string } | null {
  const { store, bank } = context;
  const order = store.all(ORDER, Order).find((each) => each.code === code);
  if (order === undefined) return null;
  const known = named === undefined ? undefined : store.get(SUBSCRIPTION, named, Subscription);
  if (named !== undefined && known === undefined) return null;
  const startedAt = bank.clock.nowMs();
  const subscription = known ?? { id: `sub_${order.id}`, plan, customer: order.customer, startedAt };
  store.put(SUBSCRIPTION, subscription.id, subscription);
  const invoice = {
    id: `in_${order.id}`,
    subscription: subscription.id,
    order: order.id,
    createdAt: startedAt,
  };
  store.put(INVOICE, invoice.id, invoice);
  tell(context, 'invoice.paid', { id: invoice.id, subscription: { id: subscription.id } });
  return { invoice: invoice.id, subscription: subscription.id };
}

export function subscriptionDocument({ store }: PspContext, id: string): Record<string, unknown> | null {
  const found = store.get(SUBSCRIPTION, id, Subscription);
  if (found === undefined) return null;
  const { plan, customer, startedAt } = found;
  return {
    id,
    status: 'active',
    currency: 'BRL',
    start_at: new Date(startedAt).toISOString(),
    plan: { name: plan },
    customer,
  };
}

export function invoiceDocument(context: PspContext, id: string): Record<string, unknown> | null {
  const found = context.store.get(INVOICE, id, Invoice);
  const order = found === undefined ? undefined : context.store.get(ORDER, found.order, Order);
  if (found === undefined || order === undefined) return null;
  const charge = chargeDocument(context, order);
  return {
    id,
    amount: order.amountCents,
    status: 'paid_amount' in charge ? 'paid' : 'pending',
    due_at: new Date(found.createdAt).toISOString(),
    subscription: { id: found.subscription },
    charge,
  };
}
