import { z } from 'zod';
import type { RecurrenceStatus } from '../../../domain/protocol/recurring.ts';
import type { ProviderRecurrence, ReadRecurrenceOutcome } from '../recurrence.ts';
import type { RecurrenceHint } from '../webhook-intake.ts';
import { Cents } from '../wire-cents.ts';
import { factsOfInvoice, factsOfSubscription } from './facts.ts';
import { badAnswer, type Endpoint, rejected, send } from './send.ts';
import { isPaid, toDispute, toReceipt, toRefund } from './to-provider-charge.ts';
import { WireCharge } from './wire.ts';

/** `GetSubscriptionResponse` and `GetInvoiceResponse` of pagarme-nodejs-sdk, as far as they are read. */
const Id = z.string().min(1);
const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}/);

const WireSubscription = z.object({
  id: Id,
  code: z.string().nullish(),
  status: z.string(),
  currency: z.string().nullish(),
});
const WireInvoice = z.object({
  id: Id,
  amount: Cents,
  status: z.string(),
  due_at: Day.nullish(),
  subscription: z.object({ id: Id.nullish() }).nullish(),
  subscription_id: Id.nullish(),
  charge: WireCharge.nullish(),
});

const SUBSCRIPTION_STATUS: ReadonlyMap<string, RecurrenceStatus> = new Map([
  ['future', 'created'],
  ['active', 'active'],
  ['canceled', 'canceled'],
]);
const INVOICE_STATUS: ReadonlyMap<string, RecurrenceStatus> = new Map([
  ['scheduled', 'created'],
  ['pending', 'active'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
  ['paid', 'paid'],
]);

/** Subscriptions, and the invoices of their periods. */
export async function readRecurrence(
  endpoint: Endpoint,
  { kind, id }: RecurrenceHint,
): Promise<ReadRecurrenceOutcome> {
  // The charge of an invoice is told by the invoice.
  if (kind === 'charge') return { kind: 'not_found' };
  const path = `/${kind === 'agreement' ? 'subscriptions' : 'invoices'}/${encodeURIComponent(id)}`;
  const outcome = await send(endpoint, 'GET', path);
  if (outcome.kind === 'problem') return outcome.status === 404 ? { kind: 'not_found' } : rejected(outcome);
  if (outcome.kind !== 'answer') return { kind: 'unavailable', detail: outcome.detail };
  const recurrence =
    kind === 'agreement' ? subscriptionOf(outcome.body, endpoint.standInCpf) : invoiceOf(outcome.body);
  return recurrence?.id === id
    ? { kind: 'found', recurrence }
    : badAnswer(`GET ${path.split('/', 2).join('/')}`);
}

function subscriptionOf(body: unknown, standInCpf: string | undefined): ProviderRecurrence | null {
  const { success, data: wire } = WireSubscription.safeParse(body);
  if (!success) return null;
  return {
    kind: 'agreement',
    id: wire.id,
    agreementId: null,
    reference: wire.code ?? null,
    status: SUBSCRIPTION_STATUS.get(wire.status) ?? null,
    providerStatus: wire.status,
    // Each period is priced by itself: items, discounts, what was used.
    amountCents: null,
    currency: (wire.currency ?? 'BRL').toUpperCase(),
    dueOn: null,
    receipts: [],
    facts: factsOfSubscription(body, standInCpf),
  };
}

function invoiceOf(body: unknown): ProviderRecurrence | null {
  const { success, data: wire } = WireInvoice.safeParse(body);
  if (!success) return null;
  const { charge } = wire;
  const isMoney = charge != null && isPaid(charge);
  const at = charge?.paid_at ?? charge?.updated_at ?? charge?.created_at;
  // Money of which nobody says when it came cannot be booked: as good as no answer.
  if (isMoney && at == null) return null;
  return {
    kind: 'request',
    id: wire.id,
    agreementId: wire.subscription?.id ?? wire.subscription_id ?? null,
    reference: null,
    status: INVOICE_STATUS.get(wire.status) ?? null,
    providerStatus: wire.status,
    amountCents: wire.amount,
    currency: 'BRL',
    dueOn: wire.due_at?.slice(0, 10) ?? null,
    receipts: isMoney ? [{ ...toReceipt({ code: '', created_at: at ?? 0 }, charge), txid: null }] : [],
    refunds: isMoney ? toRefund(charge) : [],
    disputes: isMoney ? toDispute({ created_at: at ?? 0 }, charge) : [],
    facts: factsOfInvoice(body),
  };
}
