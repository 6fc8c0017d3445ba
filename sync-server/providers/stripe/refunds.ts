import type Stripe from 'stripe';
import type { ChargeRef, RefundOrder, RefundOutcome, Rejected } from '../provider.ts';
import { write } from './call.ts';
import { intentId, listRefunds } from './read-charge.ts';
import { METADATA, toProviderRefund } from './to-provider-charge.ts';
import { WireRefund } from './wire.ts';

/**
 * Never a second refund: our id is the key for the day that Stripe keeps it, and stands in the refund's metadata for
 * ever, so that one which may exist is looked for in the list (which, other than the search, is never behind).
 */
export async function requestRefund(stripe: Stripe, order: RefundOrder): Promise<RefundOutcome> {
  const id = await intentId(stripe, order.charge);
  if (id.kind !== 'found') return id;
  if (order.mayExist) {
    const known = await refundIn(stripe, id.id, order.refundId);
    if (known.kind !== 'not_found') return known;
  }
  const outcome = await write(WireRefund, () =>
    stripe.refunds.create(
      {
        payment_intent: id.id,
        amount: order.amountCents,
        metadata: {
          [METADATA.provider]: 'stripe',
          [METADATA.refundId]: order.refundId,
          [METADATA.txid]: order.charge.txid,
        },
      },
      { idempotencyKey: order.refundId },
    ),
  );
  if (outcome.kind === 'answer') return { kind: 'found', refund: toProviderRefund(outcome.body) };
  if (outcome.kind === 'unavailable') return outcome;
  // "charge_already_refunded" may be our own refund, made by an attempt whose answer was lost a day ago.
  const made = await refundIn(stripe, id.id, order.refundId);
  if (made.kind === 'found') return made;
  return outcome.kind === 'rejected' ? refusal(outcome) : outcome;
}

export async function fetchRefund(
  stripe: Stripe,
  refund: { readonly charge: ChargeRef; readonly refundId: string },
): Promise<RefundOutcome> {
  const id = await intentId(stripe, refund.charge);
  return id.kind === 'found' ? refundIn(stripe, id.id, refund.refundId) : id;
}

async function refundIn(stripe: Stripe, intent: string, refundId: string): Promise<RefundOutcome> {
  const list = await listRefunds(stripe, intent);
  if (list.kind === 'rejected') return list.status === 404 ? { kind: 'not_found' } : refusal(list);
  if (list.kind !== 'answer') return list;
  const found = list.body.map(toProviderRefund).find((refund) => refund.refundId === refundId);
  return found === undefined ? { kind: 'not_found' } : { kind: 'found', refund: found };
}

function refusal({ code, detail }: Rejected): Rejected {
  return { kind: 'rejected', code, detail };
}
