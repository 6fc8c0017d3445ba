import type Stripe from 'stripe';
import type { ChargeRef, RefundOrder, RefundOutcome, Rejected } from '../provider.ts';
import { write } from './call.ts';
import { type IntentIdOutcome, intentId, listRefunds, type RefundsOf } from './read-charge.ts';
import { METADATA, toProviderRefund } from './to-provider-charge.ts';
import { WireRefund } from './wire.ts';

/**
 * Never a second refund: our id is the key for the day that Stripe keeps it, and stands in the refund's metadata for
 * ever, so that one which may exist is looked for in the list (which, other than the search, is never behind).
 */
export async function requestRefund(stripe: Stripe, order: RefundOrder): Promise<RefundOutcome> {
  const money = await moneyOf(stripe, order);
  if (money.kind !== 'found') return money;
  if (order.mayExist) {
    const known = await refundIn(stripe, money.of, order.refundId);
    if (known.kind !== 'not_found') return known;
  }
  const outcome = await write(WireRefund, () =>
    stripe.refunds.create(
      {
        ...money.of,
        amount: order.amountCents,
        metadata: {
          [METADATA.provider]: 'stripe',
          [METADATA.refundId]: order.refundId,
          ...(order.charge.txid === '' ? {} : { [METADATA.txid]: order.charge.txid }),
        },
      },
      { idempotencyKey: order.refundId },
    ),
  );
  if (outcome.kind === 'answer') return { kind: 'found', refund: toProviderRefund(outcome.body) };
  if (outcome.kind === 'unavailable') return outcome;
  // "charge_already_refunded" may be our own refund, made by an attempt whose answer was lost a day ago.
  const made = await refundIn(stripe, money.of, order.refundId);
  if (made.kind === 'found') return made;
  return outcome.kind === 'rejected' ? refusal(outcome) : outcome;
}

export async function fetchRefund(
  stripe: Stripe,
  refund: { readonly charge: ChargeRef; readonly receiptId: string; readonly refundId: string },
): Promise<RefundOutcome> {
  const money = await moneyOf(stripe, refund);
  return money.kind === 'found' ? refundIn(stripe, money.of, refund.refundId) : money;
}

/** By the PaymentIntent of a sale; money that no txid of ours names (an invoice's) by its charge, which is the receipt. */
async function moneyOf(
  stripe: Stripe,
  { charge, receiptId }: { readonly charge: ChargeRef; readonly receiptId: string },
): Promise<{ readonly kind: 'found'; readonly of: RefundsOf } | Exclude<IntentIdOutcome, { kind: 'found' }>> {
  if (charge.providerChargeId === null && charge.txid === '')
    return { kind: 'found', of: { charge: receiptId } };
  const id = await intentId(stripe, charge);
  return id.kind === 'found' ? { kind: 'found', of: { payment_intent: id.id } } : id;
}

async function refundIn(stripe: Stripe, of: RefundsOf, refundId: string): Promise<RefundOutcome> {
  const list = await listRefunds(stripe, of);
  if (list.kind === 'rejected') return list.status === 404 ? { kind: 'not_found' } : refusal(list);
  if (list.kind !== 'answer') return list;
  const found = list.body.map(toProviderRefund).find((refund) => refund.refundId === refundId);
  return found === undefined ? { kind: 'not_found' } : { kind: 'found', refund: found };
}

function refusal({ code, detail }: Rejected): Rejected {
  return { kind: 'rejected', code, detail };
}
