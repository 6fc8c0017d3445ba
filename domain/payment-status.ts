import { z } from 'zod';

/**
 * The canonical payment statuses, in their order of authority. Source: the project's wire notes on PIX and card
 * providers, part 9. A message may only raise the rank; see `isStatusChangeAllowed` for the exceptions.
 */
export const STATUS_RANK = {
  CREATED: 0,
  PENDING: 10,
  PROCESSING: 20,
  AUTHORIZED: 30,
  FAILED: 40,
  EXPIRED: 40,
  CANCELED: 40,
  SUCCEEDED: 50,
  PARTIALLY_REFUNDED: 60,
  REFUNDED: 70,
  CHARGEBACK: 80,
} as const;

export const CanonicalStatus = z.enum(
  Object.keys(STATUS_RANK) as [keyof typeof STATUS_RANK, ...(keyof typeof STATUS_RANK)[]],
);
export type CanonicalStatus = z.infer<typeof CanonicalStatus>;

/**
 * Whether a payment may go from `from` to `to`. Only upwards in rank: a late or repeated message of lower rank never
 * undoes a higher one, and among the endings of rank 40 the first wins. 40 → 50 is upwards, so late money counts.
 * The two downgrades have to be named by the caller: a dispute that was won (CHARGEBACK → SUCCEEDED), and a refund that
 * had arrived and came back.
 */
export function isStatusChangeAllowed(
  from: CanonicalStatus,
  to: CanonicalStatus,
  cause: 'provider_message' | 'dispute_won' | 'refund_bounced' = 'provider_message',
): boolean {
  if (cause === 'dispute_won') return from === 'CHARGEBACK' && to === 'SUCCEEDED';
  if (cause === 'refund_bounced')
    return (
      (from === 'REFUNDED' && (to === 'PARTIALLY_REFUNDED' || to === 'SUCCEEDED')) ||
      (from === 'PARTIALLY_REFUNDED' && to === 'SUCCEEDED')
    );
  return STATUS_RANK[to] > STATUS_RANK[from];
}

/** Whether the money has arrived, whatever happened to it later. */
export function isSettled(status: CanonicalStatus): boolean {
  return STATUS_RANK[status] >= STATUS_RANK.SUCCEEDED;
}
