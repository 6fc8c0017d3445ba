import type { SuspenseReason } from '../../domain/protocol/reconciliation.ts';
import type { ServerContext } from '../context.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { findByCharge } from '../payments/payment-transaction.ts';
import type { PaymentProvider, ProviderReceipt } from '../providers/provider.ts';
import { takeRecurrence } from '../recurring/take-recurrence.ts';
import { putInSuspense } from './suspense.ts';

/**
 * Where a receipt that was found in a list came to. `later`: the provider did not answer, or its charge does not tell of
 * the money yet; it has to be brought again. `not_ours`: of another merchant of the same account.
 */
export type Place = 'recorded' | 'in_suspense' | 'not_ours' | 'later';

export interface FoundReceipt {
  readonly merchantId: string;
  readonly receipt: Omit<ProviderReceipt, 'feeCents'>;
  readonly foundBy: 'sweep' | 'statement';
  readonly suggestedReceiptId: string | null;
  /** Asked when its charge was read back: whether the money is written down now. */
  isPlaced(): Promise<boolean>;
}

/** A list may be ahead of the charge that it speaks of: so long it is waited for before the money counts as nobody's. */
const CHARGE_LAG_MS = 10 * 60_000;

/**
 * Gives money that came without a webhook its place: its charge is read back and goes the one path of all money; what
 * belongs to no charge of ours is held in suspense. Done again, it changes nothing.
 */
export async function placeReceipt(
  context: ServerContext,
  provider: PaymentProvider,
  found: FoundReceipt,
): Promise<Place> {
  const { merchantId, receipt, foundBy } = found;
  if (receipt.amountCents <= 0) {
    context.log.error({ receiptId: receipt.receiptId }, 'a receipt in the provider’s list has no amount');
    return 'not_ours';
  }
  const { txid } = receipt;
  const payments =
    txid === null ? [] : await findByCharge(context.db, provider.name, { txid, providerChargeId: null });
  const own = payments.filter((payment) => payment.merchantId === merchantId);
  if (own.length === 0 && payments.length > 0 && receipt.pixKey === null) return 'not_ours';
  for (const payment of own) {
    const checked = await checkCharge(context, provider, payment, foundBy);
    if (checked.kind === 'unavailable') return 'later';
    if (await found.isPlaced()) return 'recorded';
  }
  if (payments.length === 0 && txid !== null && provider.readRecurrence !== undefined) {
    const taken = await takeRecurrence(
      context,
      provider,
      { kind: 'charge', id: txid },
      { cause: 'sweep', merchantId },
    );
    if (taken.kind === 'unavailable') return 'later';
    if (taken.kind === 'applied' && (await found.isPlaced())) return 'recorded';
  }
  // The row of a charge is committed before its provider hears of it: a txid that is not here is none of ours.
  const isYoung = context.clock.nowMs() < receipt.paidAtMs + CHARGE_LAG_MS;
  if (own.length > 0 && isYoung) return 'later';
  await putInSuspense(context, { ...found, provider: provider.name, reason: reasonOf(txid, own.length > 0) });
  return 'in_suspense';
}

function reasonOf(txid: string | null, isOfOurCharge: boolean): SuspenseReason {
  if (txid === null) return 'no_txid';
  return isOfOurCharge ? 'not_in_charge' : 'foreign_txid';
}
