import { STATUS_RANK } from '../../domain/payment-status.ts';
import type { ChargeRequest, ChargeResponse } from '../../domain/protocol/charges.ts';
import type { ServerContext } from '../context.ts';
import { isPayable, type PaymentTransaction } from './payment-transaction.ts';

export type ChargeRefusal =
  | 'service_unknown'
  | 'amount_not_in_catalog'
  | 'txid_conflict'
  | 'charge_closed'
  | 'customer_cpf_required'
  | 'provider_rejected'
  | 'provider_unavailable';

export type ChargeResult =
  | { readonly ok: true; readonly charge: ChargeResponse }
  | { readonly ok: false; readonly code: ChargeRefusal; readonly detail: string };

export function refuse(code: ChargeRefusal, detail: string): ChargeResult {
  return { ok: false, code, detail };
}

/** A paid charge is answered like an open one: the kiosk hears of the money by the feed. */
export function isClosed(payment: PaymentTransaction): boolean {
  return payment.cancelRequestedAt !== null || STATUS_RANK[payment.status] === STATUS_RANK.CANCELED;
}

/** What the totem is told of a charge that there is. */
export async function answer(
  context: ServerContext,
  payment: PaymentTransaction,
  { showsAuthorisation }: Pick<ChargeRequest, 'showsAuthorisation'>,
): Promise<ChargeResult> {
  if (!isPayable(payment))
    throw new Error(`transaction ${payment.transactionId} has a charge and nothing to pay it by`);
  const serverTime = context.clock.nowMs();
  // Its software was set back since it asked first: it fails the session, which withdraws the charge.
  if (payment.brCode === null && showsAuthorisation !== true)
    return refuse('provider_rejected', 'the totem does not show the page of this charge any more');
  return {
    ok: true,
    charge: {
      transactionId: payment.transactionId,
      sessionId: payment.sessionId,
      txid: payment.txid,
      status: payment.status,
      amountCents: payment.amountCents,
      brCode: payment.brCode,
      authorisationUrl: payment.authorisationUrl,
      expiresAt: await endOfCharge(context, payment, serverTime),
      serverTime,
    },
  };
}

/**
 * When the charge ends, by this server's clock. The provider says it by its own, and either may be wrong by hours: a
 * QR code would be shown long after its end, or never. Its word counts as far as it agrees with what is known here:
 * the charge was made after its transaction was written, and before it was first heard of. What was written before this
 * server's own clock was set back agrees with an end of then: no charge that there is ends later than one made now.
 */
async function endOfCharge(
  { db }: ServerContext,
  payment: PaymentTransaction,
  nowMs: number,
): Promise<number> {
  const [known] = await db.query<{ lastsMs: number; endsAt: Date; heardAt: Date | null }>(
    `SELECT (extract(epoch FROM charge_expires_at - charge_created_at) * 1000)::bigint AS "lastsMs",
       charge_expires_at AS "endsAt",
       (SELECT min(at) FROM payment_transitions step
        WHERE step.merchant_id = t.merchant_id AND step.transaction_id = t.transaction_id AND to_status <> 'CREATED')
       AS "heardAt"
     FROM payment_transactions t
     WHERE merchant_id = $1 AND transaction_id = $2 AND charge_expires_at IS NOT NULL`,
    [payment.merchantId, payment.transactionId],
  );
  if (known === undefined)
    throw new Error(`transaction ${payment.transactionId} has a charge without an end`);
  const earliest = payment.createdAt.getTime() + known.lastsMs;
  const latest = (known.heardAt ?? payment.createdAt).getTime() + known.lastsMs;
  return Math.min(Math.max(known.endsAt.getTime(), earliest), latest, nowMs + known.lastsMs);
}
