import type { ServerContext } from '../context.ts';
import type { PaymentProvider } from '../providers/provider.ts';
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
  cause: Extract<TransitionCause, 'webhook' | 'poll'>,
): Promise<CheckOutcome> {
  const withdraw = awaitsCancellation(payment);
  const outcome = withdraw
    ? await cancelAtProvider(context, provider, payment)
    : await provider.fetchCharge(payment);
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
