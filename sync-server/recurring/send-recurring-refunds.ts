import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { backoffMs } from '../payments/backoff.ts';
import { startProviderWorker } from '../payments/due-worker.ts';
import { refundProblem, refundStatusAfter } from '../payments/refunds.ts';
import type { WorkerLoop } from '../payments/worker-loop.ts';
import type { PaymentProvider, RefundOutcome } from '../providers/provider.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import { lockRefund } from './recurring-refund-store.ts';
import { recordRecurringReturns } from './recurring-returns.ts';

const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 30 * 60_000;
/** Longer than the calls that one step makes at the provider: a process that is killed leaves its refund this long. */
const CLAIM_MS = 45_000;

interface Refund extends Record<string, unknown> {
  readonly merchantId: string;
  readonly refundId: string;
  readonly receiptId: string;
  readonly amountCents: number;
  readonly note: string;
  readonly status: 'requested' | 'processing' | 'settled' | 'failed';
  /** Those begun, this one included: it is the name of the claim. */
  readonly attempts: number;
  readonly attemptsBefore: number;
  readonly txid: string | null;
  readonly receivedCents: number;
  readonly kind: 'request' | 'charge';
  readonly recurrenceId: string;
}

/**
 * Sends back what a manager asks for of recurring money, and follows it until the provider says that it arrived, or that
 * it cannot. Asked for by our id, so that it goes back once; posted as any return of recurring money is, by the same
 * name, whoever tells of it first.
 */
export function startRecurringRefunds(
  context: ServerContext,
  provider: PaymentProvider,
  health: Pick<ProviderHealth, 'pausedUntilMs'>,
): WorkerLoop {
  return startProviderWorker(context, health, 'refund', {
    name: 'refunds of recurring money',
    advanceNext: () => advanceNext(context, provider),
    nextAt: async () => {
      const [row] = await context.db.query<{ at: Date | null }>(
        'SELECT min(next_attempt_at) AS at FROM recurring_refunds WHERE next_attempt_at IS NOT NULL AND provider = $1',
        [provider.name],
      );
      return row?.at ?? null;
    },
  });
}

/** @returns whether one was due */
async function advanceNext(context: ServerContext, provider: PaymentProvider): Promise<boolean> {
  const refund = await claimNext(context, provider);
  if (refund === undefined) return false;
  // No sale's charge: the receipt alone names the money.
  const charge = { txid: refund.txid ?? '', providerChargeId: null };
  const outcome =
    refund.status === 'requested'
      ? await provider.requestRefund({
          ...refund,
          charge,
          mayExist: refund.attempts > 1,
          description: refund.note,
        })
      : await provider.fetchRefund({ ...refund, charge });
  await context.db.transaction((transaction) => keepOutcome(context, transaction, provider, refund, outcome));
  return true;
}

/** What is due; also what is planned for later than plans go: it was planned before the clock was set back. */
async function claimNext(
  { db, clock }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<Refund | undefined> {
  const nowMs = clock.nowMs();
  const [claimed] = await db.query<Refund>(
    `UPDATE recurring_refunds f SET attempts = attempts + 1, next_attempt_at = $2
     FROM (SELECT merchant_id, refund_id FROM recurring_refunds
       WHERE (next_attempt_at <= $1 OR next_attempt_at > $3) AND provider = $4
       ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED) due, recurring_receipts r
     WHERE f.merchant_id = due.merchant_id AND f.refund_id = due.refund_id
       AND r.merchant_id = f.merchant_id AND r.receipt_id = f.receipt_id
     RETURNING f.merchant_id AS "merchantId", f.refund_id AS "refundId", f.receipt_id AS "receiptId",
       f.amount_cents AS "amountCents", f.note, f.status, f.attempts, f.attempts_before AS "attemptsBefore", r.txid,
       r.amount_cents AS "receivedCents", r.kind, r.recurrence_id AS "recurrenceId"`,
    [new Date(nowMs), new Date(nowMs + CLAIM_MS), new Date(nowMs + MAX_RETRY_MS), name],
  );
  return claimed;
}

async function keepOutcome(
  context: ServerContext,
  transaction: Transaction,
  { name: provider }: Pick<PaymentProvider, 'name'>,
  refund: Refund,
  outcome: RefundOutcome,
): Promise<void> {
  const atMs = context.clock.nowMs();
  const { merchantId, refundId, receiptId, attempts } = refund;
  await lockRefund(transaction, merchantId, refundId);
  const wished = refundStatusAfter(refund, outcome, attempts - refund.attemptsBefore);
  const [claim] = await transaction.query(
    'SELECT 1 FROM recurring_refunds WHERE merchant_id = $1 AND refund_id = $2 AND attempts = $3',
    [merchantId, refundId, attempts],
  );
  // Somebody else has claimed it meanwhile, and will say what became of it.
  if (claim === undefined) return;
  if (outcome.kind === 'found' && outcome.refund.amountCents === refund.amountCents)
    await recordRecurringReturns(
      context,
      transaction,
      { merchantId, provider, kind: refund.kind, id: refund.recurrenceId },
      { refunds: [{ ...outcome.refund, refundId, receiptId, initiatedBy: 'us' }], disputes: [] },
      atMs,
    );
  const isPosted = wished !== 'settled' || (await wentBack(transaction, refund));
  // The provider tells of more than came: what is already back went by another name, and a person has to look at it.
  const status = isPosted ? wished : 'failed';
  const isOver = status === 'settled' || status === 'failed';
  await transaction.query(
    `UPDATE recurring_refunds SET status = $3, provider_status = coalesce($4, provider_status), next_attempt_at = $5,
       last_error = $6, settled_at = $7, refused = refused OR $8
     WHERE merchant_id = $1 AND refund_id = $2`,
    [
      merchantId,
      refundId,
      status,
      outcome.kind === 'found' ? outcome.refund.providerStatus : null,
      isOver ? null : new Date(atMs + backoffMs(attempts, FIRST_RETRY_MS, MAX_RETRY_MS)),
      isPosted ? refundProblem(refund, outcome) : 'the money went back by another refund',
      status === 'settled' ? new Date(atMs) : null,
      outcome.kind === 'found' && outcome.refund.status === 'refused',
    ],
  );
  if (status === 'failed' && status !== refund.status)
    context.log.error({ refundId, outcome: outcome.kind }, 'a refund of recurring money failed: it is owed');
}

async function wentBack(
  transaction: Transaction,
  { merchantId, receiptId, refundId }: Pick<Refund, 'merchantId' | 'receiptId' | 'refundId'>,
): Promise<boolean> {
  const rows = await transaction.query(
    `SELECT 1 FROM recurring_returns
     WHERE merchant_id = $1 AND receipt_id = $2 AND return_id = $3 AND status = 'settled'`,
    [merchantId, receiptId, refundId],
  );
  return rows.length > 0;
}

/** The provider spoke of a recurrence: refunds of its money that are under way, or were given up, are looked at again. */
export async function lookAgainAtRecurringRefunds(
  { workDue }: Pick<ServerContext, 'workDue'>,
  transaction: Transaction,
  key: { readonly merchantId: string; readonly provider: string; readonly kind: string; readonly id: string },
  atMs: number,
): Promise<void> {
  const moved = await transaction.query(
    `UPDATE recurring_refunds f SET next_attempt_at = $5 FROM recurring_receipts r
     WHERE r.merchant_id = f.merchant_id AND r.receipt_id = f.receipt_id AND r.merchant_id = $1 AND r.provider = $2
       AND r.kind = $3 AND r.recurrence_id = $4 AND f.status IN ('processing', 'failed') AND f.replaced_by IS NULL
     RETURNING f.refund_id`,
    [key.merchantId, key.provider, key.kind, key.id, new Date(atMs)],
  );
  if (moved.length > 0) transaction.afterCommit(() => workDue.announce('refund', atMs));
}
