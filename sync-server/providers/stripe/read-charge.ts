import type Stripe from 'stripe';
import type { z } from 'zod';
import type { ChargeRef, FetchChargeOutcome, ProviderCharge, Rejected, Unavailable } from '../provider.ts';
import { type ReadOutcome, read } from './call.ts';
import { METADATA, toProviderCharge } from './to-provider-charge.ts';
import { WireDisputeList, WireIntent, WireIntentSearch, type WireRefund, WireRefundList } from './wire.ts';

/** One request for the charge with its fee and its refunds; disputes hang on nothing and are asked for by themselves. */
export const EXPAND = ['latest_charge.balance_transaction', 'latest_charge.refunds'];
/** The most that Stripe gives at once. */
const PAGE_SIZE = 100;
/** A thousand refunds of one charge: more is not an order of ours. */
const MAX_PAGES = 10;
/** Ours are unique; a few more only if Stripe forgot a key after its 24 hours. */
const MAX_SEARCHED = 10;

export type IntentOutcome =
  | { readonly kind: 'found'; readonly intent: WireIntent; readonly charge: ProviderCharge }
  | { readonly kind: 'not_found' }
  | Unavailable
  | Rejected;

export async function fetchCharge(stripe: Stripe, ref: ChargeRef): Promise<FetchChargeOutcome> {
  const outcome = await readIntent(stripe, ref);
  return outcome.kind === 'found' ? { kind: 'found', charge: outcome.charge } : outcome;
}

/** By Stripe's id where it is known, else by our txid. */
export async function readIntent(stripe: Stripe, ref: ChargeRef): Promise<IntentOutcome> {
  const id = await intentId(stripe, ref);
  if (id.kind !== 'found') return id;
  const outcome = await read(WireIntent, () => stripe.paymentIntents.retrieve(id.id, { expand: EXPAND }));
  if (outcome.kind === 'rejected' && outcome.status === 404) return { kind: 'not_found' };
  if (outcome.kind !== 'answer') return outcome;
  if (outcome.body.metadata[METADATA.txid] !== ref.txid)
    return {
      kind: 'rejected',
      code: 'charge_mismatch',
      detail: `${id.id} carries another txid`,
      leavesCharge: true,
    };
  return withWhatHangsOnIt(stripe, outcome.body);
}

export type IntentIdOutcome =
  | { readonly kind: 'found'; readonly id: string }
  | { readonly kind: 'not_found' }
  | Unavailable
  | Rejected;

/**
 * Stripe's search lags behind by a minute or so: `not_found` may be said of a PaymentIntent that was made just now.
 * Nobody can pay that one, because its client secret was in the answer that never came.
 */
export async function intentId(stripe: Stripe, ref: ChargeRef): Promise<IntentIdOutcome> {
  if (ref.providerChargeId !== null) return { kind: 'found', id: ref.providerChargeId };
  if (!/^\w+$/.test(ref.txid)) return { kind: 'not_found' };
  const query = `metadata['${METADATA.txid}']:'${ref.txid}'`;
  const outcome = await read(WireIntentSearch, () =>
    stripe.paymentIntents.search({ query, limit: MAX_SEARCHED }),
  );
  if (outcome.kind !== 'answer') return outcome;
  const [best] = outcome.body.data
    .filter(({ metadata }) => metadata[METADATA.txid] === ref.txid)
    .sort((a, b) => usefulness(b) - usefulness(a) || a.created - b.created || (a.id < b.id ? -1 : 1));
  return best === undefined ? { kind: 'not_found' } : { kind: 'found', id: best.id };
}

/** Money first, and one that can still be paid before one that was given up. */
function usefulness({ status }: WireIntent): number {
  if (status === 'succeeded') return 3;
  if (status === 'processing' || status === 'requires_capture') return 2;
  return status === 'canceled' ? 0 : 1;
}

/** @param intent as answered with `EXPAND` */
export async function withWhatHangsOnIt(stripe: Stripe, intent: WireIntent): Promise<IntentOutcome> {
  const latest = intent.latest_charge;
  if (latest === null || latest === undefined) {
    if (intent.status === 'succeeded') return halfAnswer(intent);
    return { kind: 'found', intent, charge: toProviderCharge(intent, [], []) };
  }
  if (typeof latest === 'string') return halfAnswer(intent);
  const refunds = await refundsOf(stripe, intent.id, latest.refunds);
  if (refunds.kind !== 'answer') return refunds;
  const disputes =
    latest.disputed === true
      ? await allPages(WireDisputeList, (page) =>
          stripe.disputes.list({ payment_intent: intent.id, ...page }),
        )
      : ({ kind: 'answer', body: [] } as const);
  if (disputes.kind !== 'answer') return disputes;
  const charge = toProviderCharge(intent, refunds.body, disputes.body);
  if (charge.status === 'SUCCEEDED' && charge.receipts.length === 0) return halfAnswer(intent);
  return { kind: 'found', intent, charge };
}

async function refundsOf(
  stripe: Stripe,
  intent: string,
  expanded: z.infer<typeof WireRefundList> | null | undefined,
): Promise<ReadOutcome<readonly WireRefund[]>> {
  // The expanded list ends after ten.
  if (expanded !== null && expanded !== undefined && !expanded.has_more)
    return { kind: 'answer', body: expanded.data };
  return listRefunds(stripe, { payment_intent: intent });
}

/** What money is refunded by: a sale's PaymentIntent, or a charge that is no sale's. */
export type RefundsOf = { readonly payment_intent: string } | { readonly charge: string };

/** Lists are as fresh as a single read, other than the search. */
export function listRefunds(stripe: Stripe, of: RefundsOf): Promise<ReadOutcome<readonly WireRefund[]>> {
  return allPages(WireRefundList, (page) => stripe.refunds.list({ ...of, ...page }));
}

interface Page {
  readonly limit: number;
  readonly starting_after?: string;
}

/** @param get one page of a list */
export async function allPages<T extends { readonly id: string }>(
  shape: z.ZodType<{ data: T[]; has_more: boolean }>,
  get: (page: Page) => Promise<unknown>,
): Promise<ReadOutcome<readonly T[]>> {
  const items: T[] = [];
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const last = items.at(-1)?.id;
    const outcome = await read(shape, () =>
      get({ limit: PAGE_SIZE, ...(last === undefined ? {} : { starting_after: last }) }),
    );
    if (outcome.kind !== 'answer') return outcome;
    items.push(...outcome.body.data);
    if (!outcome.body.has_more || outcome.body.data.length === 0) return { kind: 'answer', body: items };
  }
  return { kind: 'unavailable', detail: `a list of more than ${MAX_PAGES * PAGE_SIZE} items` };
}

/** Money without its charge cannot be booked: as good as no answer. */
function halfAnswer(intent: WireIntent): Unavailable {
  return {
    kind: 'unavailable',
    detail: `${intent.id} is ${intent.status}, and its charge was not in the answer`,
  };
}
