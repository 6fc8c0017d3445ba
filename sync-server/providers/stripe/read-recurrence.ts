import type Stripe from 'stripe';
import { z } from 'zod';
import type { RecurrenceStatus } from '../../../domain/protocol/recurring.ts';
import type { ProviderChargeRefund, ProviderDispute, ProviderReceipt } from '../provider.ts';
import type { ProviderRecurrence, ReadRecurrenceOutcome } from '../recurrence.ts';
import type { RecurrenceHint } from '../webhook-intake.ts';
import { type ReadOutcome, read } from './call.ts';
import { factsOfInvoice, factsOfSubscription } from './facts.ts';
import { allPages, listRefunds } from './read-charge.ts';
import { toChargeRefund, toDispute } from './to-provider-charge.ts';
import { type WireDispute, WireDisputeList } from './wire.ts';

/** Subscriptions and invoices as far as they are read (API 2026-10-28.endive); the rest is passed over. */
const Seconds = z.int().min(0);
const Cents = z.int().min(0);
const Currency = z.string().regex(/^[a-zA-Z]{3}$/);

const WireSubscription = z.looseObject({
  id: z.string(),
  object: z.literal('subscription'),
  status: z.string(),
  currency: Currency,
  items: z.looseObject({
    data: z.array(
      z.looseObject({
        quantity: Cents.nullish(),
        price: z.looseObject({ unit_amount: Cents.nullish() }),
      }),
    ),
    has_more: z.boolean(),
  }),
});

const WireInvoicePayment = z.looseObject({
  id: z.string(),
  amount_paid: Cents.nullable(),
  status: z.string(),
  status_transitions: z.looseObject({ paid_at: Seconds.nullable() }),
  payment: z.looseObject({
    type: z.string(),
    charge: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
    payment_intent: z
      .looseObject({
        id: z.string(),
        latest_charge: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
      })
      .nullish(),
  }),
});
type WireInvoicePayment = z.infer<typeof WireInvoicePayment>;

const WireInvoice = z.looseObject({
  id: z.string(),
  object: z.literal('invoice'),
  status: z.string().nullable(),
  currency: Currency,
  amount_due: Cents,
  due_date: Seconds.nullable(),
  parent: z
    .looseObject({
      subscription_details: z
        .looseObject({ subscription: z.union([z.string(), z.looseObject({ id: z.string() })]) })
        .nullish(),
    })
    .nullish(),
  payments: z.looseObject({ data: z.array(WireInvoicePayment), has_more: z.boolean() }),
});

/** Of a charge, whether there is something to ask for. */
const WireChargeReturns = z.looseObject({
  id: z.string(),
  disputed: z.boolean().nullish(),
});

/** The charge of a payment names the money, as it does of a sale. */
const EXPAND_INVOICE = ['payments', 'payments.data.payment.payment_intent'];

/** Money that was taken elsewhere, and only noted with Stripe, is none that Stripe holds. */
const BY_STRIPE: ReadonlySet<string> = new Set(['payment_intent', 'charge']);

const SUBSCRIPTION_STATUS: ReadonlyMap<string, RecurrenceStatus> = new Map([
  ['incomplete', 'created'],
  ['trialing', 'active'],
  ['active', 'active'],
  ['paused', 'active'],
  ['past_due', 'failed'],
  ['unpaid', 'failed'],
  ['incomplete_expired', 'expired'],
  ['canceled', 'canceled'],
]);
const INVOICE_STATUS: ReadonlyMap<string, RecurrenceStatus> = new Map([
  ['draft', 'created'],
  ['open', 'active'],
  ['paid', 'paid'],
  ['uncollectible', 'rejected'],
  ['void', 'canceled'],
]);

export async function readRecurrence(
  stripe: Stripe,
  { kind, id }: RecurrenceHint,
): Promise<ReadRecurrenceOutcome> {
  switch (kind) {
    case 'agreement':
      return toOutcome(
        id,
        await read(WireSubscription, () => stripe.subscriptions.retrieve(id)),
        ofSubscription,
      );
    case 'charge':
      return withReturns(
        stripe,
        toOutcome(
          id,
          await read(WireInvoice, () => stripe.invoices.retrieve(id, { expand: EXPAND_INVOICE })),
          ofInvoice,
        ),
      );
    case 'request':
      return { kind: 'not_found' };
  }
}

function toOutcome<T extends { readonly id: string }>(
  id: string,
  outcome: ReadOutcome<T>,
  convert: (body: T) => ProviderRecurrence | null,
): ReadRecurrenceOutcome {
  if (outcome.kind === 'rejected' && outcome.status === 404) return { kind: 'not_found' };
  if (outcome.kind !== 'answer') return outcome;
  const recurrence = outcome.body.id === id ? convert(outcome.body) : null;
  return recurrence === null
    ? { kind: 'unavailable', detail: `the answer does not tell all of ${id}` }
    : { kind: 'found', recurrence };
}

function ofSubscription(wire: z.infer<typeof WireSubscription>): ProviderRecurrence {
  const amounts = wire.items.data.map(({ quantity, price }) =>
    price.unit_amount == null ? null : price.unit_amount * (quantity ?? 1),
  );
  const isFixed = !wire.items.has_more && amounts.every((amount) => amount !== null);
  return {
    kind: 'agreement',
    id: wire.id,
    agreementId: null,
    reference: null,
    status: SUBSCRIPTION_STATUS.get(wire.status) ?? null,
    providerStatus: wire.status,
    amountCents: isFixed ? amounts.reduce((sum, amount) => sum + (amount ?? 0), 0) : null,
    currency: wire.currency.toUpperCase(),
    dueOn: null,
    receipts: [],
    facts: factsOfSubscription(wire),
  };
}

/** @returns null where money is told of without its name: as good as no answer */
function ofInvoice(wire: z.infer<typeof WireInvoice>): ProviderRecurrence | null {
  const paid = wire.payments.data.filter(
    ({ status, amount_paid, payment }) =>
      status === 'paid' && (amount_paid ?? 0) > 0 && BY_STRIPE.has(payment.type),
  );
  const receipts = paid.flatMap((payment) => toReceipt(payment) ?? []);
  if (wire.payments.has_more || receipts.length < paid.length) return null;
  const subscription = wire.parent?.subscription_details?.subscription;
  return {
    kind: 'charge',
    id: wire.id,
    agreementId: subscription === undefined ? null : idOf(subscription),
    reference: null,
    status: INVOICE_STATUS.get(wire.status ?? 'draft') ?? null,
    providerStatus: wire.status ?? 'draft',
    amountCents: wire.amount_due,
    currency: wire.currency.toUpperCase(),
    dueOn: wire.due_date === null ? null : new Date(wire.due_date * 1000).toISOString().slice(0, 10),
    receipts,
    facts: factsOfInvoice(wire),
  };
}

/** What went back of an invoice's money hangs on its charges, deeper than one request reaches. */
async function withReturns(stripe: Stripe, outcome: ReadRecurrenceOutcome): Promise<ReadRecurrenceOutcome> {
  if (outcome.kind !== 'found') return outcome;
  const refunds: ProviderChargeRefund[] = [];
  const disputes: ProviderDispute[] = [];
  for (const { receiptId } of outcome.recurrence.receipts) {
    const returns = await returnsOf(stripe, receiptId);
    if (returns.kind !== 'answer') return unanswered(returns);
    refunds.push(...returns.body.refunds);
    disputes.push(...returns.body.disputes);
  }
  return { kind: 'found', recurrence: { ...outcome.recurrence, refunds, disputes } };
}

type Returns = Required<Pick<ProviderRecurrence, 'refunds' | 'disputes'>>;

async function returnsOf(stripe: Stripe, charge: string): Promise<ReadOutcome<Returns>> {
  const told = await read(WireChargeReturns, () => stripe.charges.retrieve(charge));
  if (told.kind !== 'answer') return told;
  // Also where `amount_refunded` is 0: a refund that failed after it had succeeded counts there no more.
  const refunds = await listRefunds(stripe, { charge });
  if (refunds.kind !== 'answer') return refunds;
  const disputes: ReadOutcome<readonly WireDispute[]> =
    told.body.disputed === true
      ? await allPages(WireDisputeList, (page) => stripe.disputes.list({ charge, ...page }))
      : { kind: 'answer', body: [] };
  if (disputes.kind !== 'answer') return disputes;
  return {
    kind: 'answer',
    body: {
      refunds: refunds.body.map((refund) => toChargeRefund(refund, charge)),
      disputes: disputes.body.filter(({ status }) => !status.startsWith('warning_')).map(toDispute),
    },
  };
}

/** A charge that Stripe tells of by its invoice, and not by itself, is half an answer: the invoice is read again. */
function unanswered(outcome: { readonly kind: string; readonly detail: string }): ReadRecurrenceOutcome {
  return { kind: 'unavailable', detail: outcome.detail };
}

function toReceipt({ payment, amount_paid, status_transitions }: WireInvoicePayment): ProviderReceipt | null {
  const charge = payment.charge ?? payment.payment_intent?.latest_charge;
  if (charge == null || amount_paid === null || status_transitions.paid_at === null) return null;
  return {
    receiptId: idOf(charge),
    endToEndId: null,
    txid: null,
    pixKey: null,
    amountCents: amount_paid,
    paidAtMs: status_transitions.paid_at * 1000,
    feeCents: null,
  };
}

function idOf(reference: string | { readonly id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}
