import type { PaymentProvider, ProviderRefund, RefundOrder, RefundOutcome } from '../provider.ts';
import { orderRead, rejected } from './charges.ts';
import type { AppmaxOrder, Generation } from './generation.ts';
import { orderIdOf, paidCentsOf, REFUND_UNDER_ANALYSIS, REFUNDED } from './to-provider-charge.ts';

/**
 * There is no key for a refund, and no list of them. All of an order can be asked for again: it cannot go back twice,
 * and the order says when it did. A part is asked for once; where that may have happened before, it stays unknown.
 */
export async function requestRefund(generation: Generation, order: RefundOrder): Promise<RefundOutcome> {
  const orderId = orderIdOf(order.receiptId);
  if (orderId === null) return foreignReceipt();
  const before = orderRead(await generation.readOrder(orderId), orderId);
  if ('kind' in before) return before;
  const state = refundOf(before, order.refundId, order.amountCents);
  if (state !== null) return state;
  const isWhole = order.amountCents === order.receivedCents;
  if (!isWhole && order.mayExist)
    return { kind: 'unknown', detail: 'a part may have been asked for before, and parts are not told' };
  const asked = await generation.requestRefund(orderId, isWhole ? null : { amountCents: order.amountCents });
  if (asked.kind === 'problem') return rejected(asked);
  if (asked.kind !== 'done') return asked;
  return found(order.refundId, order.amountCents, 'processing', before.status);
}

export async function fetchRefund(
  generation: Generation,
  refund: Parameters<PaymentProvider['fetchRefund']>[0],
): Promise<RefundOutcome> {
  const orderId = orderIdOf(refund.receiptId);
  if (orderId === null) return foreignReceipt();
  const order = orderRead(await generation.readOrder(orderId), orderId);
  if ('kind' in order) return order;
  return refundOf(order, refund.refundId, refund.amountCents ?? paidCentsOf(order)) ?? { kind: 'not_found' };
}

function refundOf(order: AppmaxOrder, refundId: string, amountCents: number): RefundOutcome | null {
  if (order.status === REFUNDED) return found(refundId, amountCents, 'settled', order.status);
  if (order.status === REFUND_UNDER_ANALYSIS) return found(refundId, amountCents, 'processing', order.status);
  return null;
}

function found(
  refundId: string,
  amountCents: number,
  status: ProviderRefund['status'],
  providerStatus: string,
): RefundOutcome {
  return { kind: 'found', refund: { refundId, amountCents, status, providerStatus, reason: null } };
}

function foreignReceipt(): RefundOutcome {
  return { kind: 'rejected', code: 'foreign_receipt', detail: 'the receipt is not one of Appmax' };
}
