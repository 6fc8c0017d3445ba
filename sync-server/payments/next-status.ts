import { type CanonicalStatus, isSettled } from '../../domain/payment-status.ts';
import type { ProviderCharge } from '../providers/provider.ts';
import type { PaymentTransaction } from './payment-transaction.ts';
import type { RecordedReceipts } from './record-receipts.ts';

/** Clocks differ, and a Pix sent in the last second is seen a moment later: until then nothing is called expired. */
export const EXPIRY_GRACE_MS = 15_000;

/**
 * The status that the provider's answer speaks for, or null when it says nothing new. Paid comes from a receipt that
 * settles, never from the provider's word alone; API Pix has no word for expired, so the clock says it.
 */
export function nextStatus(
  payment: Pick<PaymentTransaction, 'status'>,
  charge: Pick<ProviderCharge, 'status' | 'expiresAtMs'>,
  recorded: Pick<RecordedReceipts, 'settling' | 'counted' | 'foreign'>,
  nowMs: number,
): CanonicalStatus | null {
  if (recorded.settling !== null) return 'SUCCEEDED';
  if (isSettled(payment.status)) return null;
  switch (charge.status) {
    case 'PENDING':
      return nowMs > charge.expiresAtMs + EXPIRY_GRACE_MS ? 'EXPIRED' : 'PENDING';
    case 'PROCESSING':
    case 'AUTHORIZED':
    case 'FAILED':
    case 'EXPIRED':
    case 'CANCELED':
      return charge.status;
    case 'SUCCEEDED':
      // The charge takes no more money, and what it took does not settle it: the wrong amount, which goes back. Where
      // the answer holds no receipt, or one that is not believed, nothing is ended: it is read again.
      return recorded.counted > 0 && recorded.foreign === 0 ? 'FAILED' : null;
    case null:
      return null;
  }
}
