import type { RefundReason, RefundStatus } from '../../domain/protocol/feed.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import { postRefund } from '../ledger/ledger.ts';
import type { PaymentProvider, RefundOutcome } from '../providers/provider.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import { backoffMs } from './backoff.ts';
import { announceRefund } from './refund-feed.ts';
import { startWorkerLoop, type WorkerLoop } from './worker-loop.ts';

const IDLE_MS = 500;
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 30 * 60_000;
/** With the pauses above about a day; API Pix takes refunds for 90 days, so a person still has time. */
const MAX_ATTEMPTS = 60;

interface Refund {
  readonly merchantId: string;
  readonly refundId: string;
  readonly endToEndId: string;
  readonly transactionId: string;
  readonly amountCents: number;
  readonly reason: RefundReason;
  readonly status: RefundStatus;
  readonly attempts: number;
  readonly sessionId: string;
  readonly unitId: string;
  readonly kioskId: string;
  readonly expectedCents: number;
  readonly currency: string;
  readonly provider: string;
}

const SELECT = `
  SELECT f.merchant_id AS "merchantId", f.refund_id AS "refundId", f.end_to_end_id AS "endToEndId",
    f.transaction_id AS "transactionId", f.amount_cents AS "amountCents", f.reason, f.status, f.attempts,
    t.session_id AS "sessionId", t.unit_id AS "unitId", t.kiosk_id AS "kioskId", t.amount_cents AS "expectedCents",
    t.currency, t.provider
  FROM refunds f JOIN payment_transactions t USING (merchant_id, transaction_id)`;

/** Sends back what bought nothing, and follows each refund until the provider says that it arrived, or that it cannot. */
export function startRefundWorker(
  context: ServerContext,
  provider: PaymentProvider,
  health: ProviderHealth,
): WorkerLoop {
  return startWorkerLoop({
    name: 'refunds',
    clock: context.clock,
    log: context.log,
    idleMs: IDLE_MS,
    task: async (isStopping) => {
      while (!isStopping() && health.pausedUntilMs() <= context.clock.nowMs())
        if (!(await advanceNext(context, provider))) return;
    },
  });
}

/**
 * The provider spoke of a charge: its refunds that are under way, or were given up, are looked at again. One that is
 * locked is being asked about at this moment.
 */
export async function lookAgainAtRefunds(
  database: Queryable,
  payment: { readonly merchantId: string; readonly transactionId: string },
  atMs: number,
): Promise<void> {
  await database.query(
    `WITH open AS (
       SELECT merchant_id, refund_id FROM refunds
       WHERE merchant_id = $1 AND transaction_id = $2 AND status IN ('processing', 'failed')
       FOR UPDATE SKIP LOCKED)
     UPDATE refunds f SET next_attempt_at = $3 FROM open
     WHERE f.merchant_id = open.merchant_id AND f.refund_id = open.refund_id`,
    [payment.merchantId, payment.transactionId, new Date(atMs)],
  );
}

/**
 * Moves the refund that is due longest one step on. Its row stays locked meanwhile, so no two processes do it, and one
 * that is killed leaves it to the next at once. Asking is idempotent at the provider by our id, so that a refund whose
 * answer was lost is simply asked for again.
 * @returns whether one was due
 */
function advanceNext(context: ServerContext, provider: PaymentProvider): Promise<boolean> {
  return context.db.transaction(async (transaction) => {
    const [refund] = await transaction.query<Refund & Record<string, unknown>>(
      `${SELECT} WHERE f.next_attempt_at <= $1 ORDER BY f.next_attempt_at LIMIT 1 FOR UPDATE OF f SKIP LOCKED`,
      [new Date(context.clock.nowMs())],
    );
    if (refund === undefined) return false;
    const outcome =
      refund.status === 'requested'
        ? await provider.requestRefund({
            endToEndId: refund.endToEndId,
            refundId: refund.refundId,
            amountCents: refund.amountCents,
            description:
              refund.reason === 'surplus' ? 'Pagamento em duplicidade' : 'Valor diferente do cobrado',
          })
        : await provider.fetchRefund(refund);
    await keepOutcome(context, transaction, refund, outcome);
    return true;
  });
}

async function keepOutcome(
  context: ServerContext,
  transaction: Transaction,
  refund: Refund,
  outcome: RefundOutcome,
): Promise<void> {
  const atMs = context.clock.nowMs();
  const attempts = refund.attempts + 1;
  const status = refundStatusAfter(refund, outcome, attempts);
  const over = status === 'settled' || status === 'failed';
  await transaction.query(
    `UPDATE refunds SET status = $3, provider_status = coalesce($4, provider_status), attempts = $5,
       next_attempt_at = $6, last_error = $7, settled_at = $8
     WHERE merchant_id = $1 AND refund_id = $2`,
    [
      refund.merchantId,
      refund.refundId,
      status,
      outcome.kind === 'found' ? outcome.refund.providerStatus : null,
      attempts,
      over ? null : new Date(atMs + backoffMs(attempts, FIRST_RETRY_MS, MAX_RETRY_MS)),
      problemOf(refund, outcome),
      status === 'settled' ? new Date(atMs) : null,
    ],
  );
  if (status === refund.status) return;
  if (status === 'settled') await postRefund(context, transaction, { ...refund, occurredAtMs: atMs });
  if (status === 'failed')
    context.log.error(
      { refundId: refund.refundId, outcome: outcome.kind },
      'a refund failed: the money is owed',
    );
  await announceRefund(
    transaction,
    context.feedWake,
    { ...refund, amountCents: refund.expectedCents },
    { ...refund, status },
    atMs,
  );
}

/** `failed` ends our own attempts; only the provider's word that the money arrived changes it. */
export function refundStatusAfter(
  refund: Pick<Refund, 'status' | 'amountCents'>,
  outcome: RefundOutcome,
  attempts: number,
): RefundStatus {
  if (outcome.kind === 'found') {
    if (outcome.refund.amountCents !== refund.amountCents) return 'failed';
    if (outcome.refund.status === 'settled') return 'settled';
    if (outcome.refund.status === 'refused') return 'failed';
  }
  if (refund.status === 'failed' || attempts >= MAX_ATTEMPTS) return 'failed';
  return outcome.kind === 'found' ? 'processing' : refund.status;
}

function problemOf(refund: Refund, outcome: RefundOutcome): string | null {
  if (outcome.kind === 'not_found') return 'the provider does not know the refund';
  if (outcome.kind !== 'found') return `${outcome.kind}: ${outcome.detail}`.slice(0, 500);
  if (outcome.refund.amountCents !== refund.amountCents) return 'the provider has another amount for it';
  return outcome.refund.status === 'refused' ? (outcome.refund.reason ?? 'refused by the provider') : null;
}
