import { STATUS_RANK } from '../../domain/payment-status.ts';
import type { ServerContext } from '../context.ts';
import type { FetchChargeOutcome, PaymentProvider } from '../providers/provider.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { awaitsCancellation, cancelAtProvider, closeNeverMade } from './cancel-charge.ts';
import type { TransitionCause } from './change-status.ts';
import type { PaymentTransaction } from './payment-transaction.ts';

export type CheckOutcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'unavailable' | 'rejected'; readonly detail: string };

/** Asks the provider for its word on one charge, withdraws it first where that was asked for, and applies the answer. */
export async function checkCharge(
  context: ServerContext,
  provider: PaymentProvider,
  payment: PaymentTransaction,
  cause: Extract<TransitionCause, 'webhook' | 'poll' | 'sweep' | 'statement'>,
): Promise<CheckOutcome> {
  const withdraw = awaitsCancellation(payment);
  const outcome = withdraw
    ? await cancelAtProvider(context, provider, payment)
    : await fetchOrCapture(provider, payment);
  switch (outcome.kind) {
    case 'found':
      await applyProviderCharge(context, payment, outcome.charge, withdraw ? 'cancel' : cause);
      return { kind: 'applied' };
    case 'not_found':
      if (withdraw) await closeNeverMade(context, payment);
      return outcome;
    case 'unavailable':
      return outcome;
    case 'rejected':
      context.log.error(
        { txid: payment.txid, code: outcome.code },
        'the provider refused to tell of a charge',
      );
      return outcome;
  }
}

/** Reads the charge; money that the customer has authorised is taken, as long as the charge has no ending. */
async function fetchOrCapture(
  provider: PaymentProvider,
  payment: PaymentTransaction,
): Promise<FetchChargeOutcome> {
  const read = await provider.fetchCharge(payment);
  const isAuthorised = read.kind === 'found' && read.charge.status === 'AUTHORIZED';
  const isWanted = STATUS_RANK[payment.status] <= STATUS_RANK.AUTHORIZED;
  if (!isAuthorised || !isWanted || provider.captureCharge === undefined) return read;
  const captured = await provider.captureCharge(payment);
  // Read again at the next check: asking for it a second time takes nothing twice.
  return captured.kind === 'unknown' ? { kind: 'unavailable', detail: captured.detail } : captured;
}
