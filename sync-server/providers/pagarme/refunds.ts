import type {
  PaymentProvider,
  ProviderRefund,
  RefundOrder,
  RefundOutcome,
  Unavailable,
} from '../provider.ts';
import { badAnswer, type Endpoint, rejected, type SendOutcome, send } from './send.ts';
import { chargeIdOf } from './to-provider-charge.ts';
import { WireCharge } from './wire.ts';

/**
 * `DELETE /charges/{id}` with an amount. Pagar.me forgets an idempotency key after 24 hours and keeps of refunds their
 * total alone, so the total is read before anything is sent: what it accounts for is not sent again, and where it
 * accounts for something else the outcome stays unknown, for a person to look at.
 */
export async function requestRefund(endpoint: Endpoint, order: RefundOrder): Promise<RefundOutcome> {
  const before = await readCharge(endpoint, order.receiptId);
  if (before.kind !== 'charge') return before;
  const earlierCents = sentBackOf(before.charge, order);
  if (earlierCents >= order.receivedCents || (order.mayExist && earlierCents === order.amountCents))
    return found(order.refundId, order.amountCents, 'settled', before.charge);
  if (isPending(before.charge)) return found(order.refundId, order.amountCents, 'processing', before.charge);
  if (order.mayExist && earlierCents > 0)
    return { kind: 'unknown', detail: `refunds of ${earlierCents} in all: which they are cannot be told` };

  const outcome = await send(endpoint, 'DELETE', `/charges/${encodeURIComponent(before.charge.id)}`, {
    idempotencyKey: order.refundId,
    body: { amount: order.amountCents, operation_reference: order.refundId },
  });
  if (outcome.kind === 'unavailable' || outcome.kind === 'unknown') return outcome;
  const after = chargeOf(outcome, before.charge.id);
  if (after.kind !== 'charge') return after.kind === 'not_found' ? { kind: 'not_found' } : asUnknown(after);
  const isThere = sentBackOf(after.charge, order) >= earlierCents + order.amountCents;
  return found(order.refundId, order.amountCents, isThere ? 'settled' : 'processing', after.charge);
}

/** A total that has room for the refund is taken to hold it, unless one is still under way. */
export async function fetchRefund(
  endpoint: Endpoint,
  refund: Parameters<PaymentProvider['fetchRefund']>[0],
): Promise<RefundOutcome> {
  const read = await readCharge(endpoint, refund.receiptId);
  if (read.kind !== 'charge') return read;
  const { paid_amount: paidCents, amount } = read.charge;
  const totalCents = sentBackOf(read.charge, refund);
  if (isPending(read.charge)) {
    const cents = refund.amountCents ?? paidCents ?? amount;
    return found(refund.refundId, cents, 'processing', read.charge);
  }
  const cents = refund.amountCents ?? totalCents;
  if (cents === 0 || totalCents < cents) return { kind: 'not_found' };
  return found(refund.refundId, cents, 'settled', read.charge);
}

/** Of the receipt: what is known to have gone back of the charge's other receipts is in the total as well. */
function sentBackOf(charge: WireCharge, { elsewhereCents = 0 }: Pick<RefundOrder, 'elsewhereCents'>): number {
  return Math.max(0, (charge.canceled_amount ?? 0) - elsewhereCents);
}

type ChargeRead =
  | { readonly kind: 'charge'; readonly charge: WireCharge }
  | Exclude<RefundOutcome, { kind: 'found' | 'unknown' }>;

async function readCharge(endpoint: Endpoint, receiptId: string): Promise<ChargeRead> {
  const id = chargeIdOf(receiptId);
  if (id === null)
    return { kind: 'rejected', code: 'foreign_receipt', detail: 'the receipt is not one of Pagar.me' };
  return chargeOf(await send(endpoint, 'GET', `/charges/${encodeURIComponent(id)}`), id);
}

function chargeOf(outcome: SendOutcome, id: string): ChargeRead {
  if (outcome.kind === 'unavailable') return outcome;
  if (outcome.kind === 'unknown') return { kind: 'unavailable', detail: outcome.detail };
  if (outcome.kind === 'problem') return outcome.status === 404 ? { kind: 'not_found' } : rejected(outcome);
  const wire = WireCharge.safeParse(outcome.body);
  if (!wire.success || wire.data.id !== id) return badAnswer('/charges');
  return { kind: 'charge', charge: wire.data };
}

/** The write was answered, by something that cannot be read: it may have been carried out. */
function asUnknown(read: Exclude<ChargeRead, { kind: 'charge' | 'not_found' }>): RefundOutcome {
  return read.kind === 'unavailable'
    ? { kind: 'unknown', detail: (read satisfies Unavailable).detail }
    : read;
}

function isPending(charge: WireCharge): boolean {
  return charge.last_transaction?.status === 'pending_refund';
}

function found(
  refundId: string,
  amountCents: number,
  status: ProviderRefund['status'],
  charge: WireCharge,
): RefundOutcome {
  const providerStatus = charge.last_transaction?.status ?? charge.status;
  return { kind: 'found', refund: { refundId, amountCents, status, providerStatus, reason: null } };
}
