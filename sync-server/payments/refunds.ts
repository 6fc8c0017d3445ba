import type { RefundStatus } from '../../domain/protocol/feed.ts';
import type { RefundCause } from '../../domain/protocol/refunds.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { postRefund } from '../ledger/ledger.ts';
import type { PaymentProvider, RefundOutcome } from '../providers/provider.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import { followPayment } from '../unified/follow-payment.ts';
import { backoffMs } from './backoff.ts';
import { startProviderWorker } from './due-worker.ts';
import { followMoneyBack } from './money-back.ts';
import { lockTransaction, type PaymentTransaction } from './payment-transaction.ts';
import { announceRefund } from './refund-feed.ts';
import { firstReceiptOf } from './total-receipts.ts';
import type { WorkerLoop } from './worker-loop.ts';

const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 30 * 60_000;
/** With the pauses above about a day; API Pix takes refunds for 90 days, so a person still has time. */
const MAX_ATTEMPTS = 60;
/** Longer than the calls that one step makes at the provider: a process that is killed leaves its refund this long. */
const CLAIM_MS = 45_000;

interface Refund {
  readonly merchantId: string;
  readonly refundId: string;
  readonly receiptId: string;
  readonly transactionId: string;
  readonly amountCents: number;
  readonly reason: RefundCause;
  readonly status: RefundStatus;
  /** Those begun, this one included: it is the name of the claim. */
  readonly attempts: number;
  /** Of these, those of earlier rounds, which were given up. */
  readonly attemptsBefore: number;
  readonly sessionId: string;
  readonly unitId: string;
  readonly kioskId: string;
  readonly expectedCents: number;
  readonly expectedCurrency: string;
  /** Of the receipt, as the amounts but for the expected one. */
  readonly currency: string;
  /** Of the receipt: the one that has the money. */
  readonly provider: string;
  readonly txid: string;
  readonly providerChargeId: string | null;
  readonly receivedCents: number;
  /** Of the same charge, what went back of its other receipts. */
  readonly elsewhereCents: number;
  /** Of money that bought a ticket. */
  readonly ofSale: boolean;
  /** The reason in the words of who asked for it; null for what the server decides by itself. */
  readonly note: string | null;
}

const SELECT = `
  SELECT f.merchant_id AS "merchantId", f.refund_id AS "refundId", f.receipt_id AS "receiptId",
    f.transaction_id AS "transactionId", f.amount_cents AS "amountCents", f.reason, f.status, f.attempts,
    f.attempts_before AS "attemptsBefore",
    t.session_id AS "sessionId", t.unit_id AS "unitId", t.kiosk_id AS "kioskId", t.amount_cents AS "expectedCents",
    coalesce(r.other_currency, t.currency) AS currency, t.currency AS "expectedCurrency", r.provider, a.txid, a.provider_charge_id AS "providerChargeId", r.amount_cents AS "receivedCents",
    (SELECT coalesce(sum(o.amount_cents), 0)::bigint FROM refunds o WHERE o.merchant_id = f.merchant_id
       AND o.transaction_id = f.transaction_id AND o.receipt_id <> f.receipt_id AND o.status = 'settled'
       AND ${firstReceiptOf('o.receipt_id')} = ${firstReceiptOf('f.receipt_id')}) AS "elsewhereCents",
    r.disposition = 'settles' AS "ofSale", f.note
  FROM refunds f
  JOIN payment_transactions t USING (merchant_id, transaction_id)
  JOIN receipts r ON r.merchant_id = f.merchant_id AND r.receipt_id = f.receipt_id
  JOIN payment_attempts a ON a.merchant_id = f.merchant_id AND a.transaction_id = f.transaction_id
    AND a.provider = r.provider`;

/** Sends back what bought nothing, and follows each refund until the provider says that it arrived, or that it cannot. */
export function startRefundWorker(
  context: ServerContext,
  provider: PaymentProvider,
  health: Pick<ProviderHealth, 'pausedUntilMs'>,
): WorkerLoop {
  return startProviderWorker(context, health, 'refund', {
    name: 'refunds',
    advanceNext: () => advanceNext(context, provider),
    nextAt: () => nextAttemptAt(context, provider),
  });
}

async function nextAttemptAt(
  { db }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<Date | null> {
  const [row] = await db.query<{ at: Date | null }>(
    `SELECT min(next_attempt_at) AS at FROM refunds JOIN receipts USING (merchant_id, receipt_id)
     WHERE next_attempt_at IS NOT NULL AND provider = $1`,
    [name],
  );
  return row?.at ?? null;
}

/** The provider spoke of a charge: its refunds that are under way, or were given up, are looked at again. */
export async function lookAgainAtRefunds(
  { db, workDue }: Pick<ServerContext, 'db' | 'workDue'>,
  payment: { readonly merchantId: string; readonly transactionId: string },
  atMs: number,
): Promise<void> {
  const moved = await db.query(
    `WITH open AS (
       SELECT merchant_id, refund_id FROM refunds
       WHERE merchant_id = $1 AND transaction_id = $2 AND status IN ('processing', 'failed') AND replaced_by IS NULL
         AND bounced_at IS NULL
       FOR UPDATE SKIP LOCKED)
     UPDATE refunds f SET next_attempt_at = $3 FROM open
     WHERE f.merchant_id = open.merchant_id AND f.refund_id = open.refund_id RETURNING f.refund_id`,
    [payment.merchantId, payment.transactionId, new Date(atMs)],
  );
  if (moved.length > 0) workDue.announce('refund', atMs);
}

/**
 * Moves the refund that is due longest one step on. It is claimed first, by planning its next attempt, so that no
 * transaction waits for the provider; asking is idempotent there by our id, so that a refund whose answer was lost, or
 * whose process was killed, is simply asked for again.
 * @returns whether one was due
 */
async function advanceNext(context: ServerContext, provider: PaymentProvider): Promise<boolean> {
  const refund = await claimNext(context, provider);
  if (refund === undefined) return false;
  const outcome =
    refund.status === 'requested'
      ? await provider.requestRefund({
          charge: refund,
          receiptId: refund.receiptId,
          refundId: refund.refundId,
          amountCents: refund.amountCents,
          receivedCents: refund.receivedCents,
          elsewhereCents: refund.elsewhereCents,
          mayExist: refund.attempts > 1,
          description: describe(refund),
        })
      : await provider.fetchRefund({ ...refund, charge: refund });
  await context.db.transaction((transaction) => keepOutcome(context, transaction, refund, outcome));
  return true;
}

/** What is due; also what is planned for later than plans go: it was planned before the clock was set back. */
async function claimNext(
  { db, clock }: ServerContext,
  { name }: Pick<PaymentProvider, 'name'>,
): Promise<Refund | undefined> {
  const nowMs = clock.nowMs();
  const [claimed] = await db.query<{ merchantId: string; refundId: string }>(
    `UPDATE refunds SET attempts = attempts + 1, next_attempt_at = $2
     WHERE (merchant_id, refund_id) IN (
       SELECT merchant_id, refund_id FROM refunds JOIN receipts USING (merchant_id, receipt_id)
       WHERE (next_attempt_at <= $1 OR next_attempt_at > $3) AND provider = $4
       ORDER BY next_attempt_at LIMIT 1 FOR UPDATE OF refunds SKIP LOCKED)
     RETURNING merchant_id AS "merchantId", refund_id AS "refundId"`,
    [new Date(nowMs), new Date(nowMs + CLAIM_MS), new Date(nowMs + MAX_RETRY_MS), name],
  );
  if (claimed === undefined) return undefined;
  const [refund] = await db.query<Refund & Record<string, unknown>>(
    `${SELECT} WHERE f.merchant_id = $1 AND f.refund_id = $2`,
    [claimed.merchantId, claimed.refundId],
  );
  return refund;
}

async function keepOutcome(
  context: ServerContext,
  transaction: Transaction,
  refund: Refund,
  outcome: RefundOutcome,
): Promise<void> {
  const atMs = context.clock.nowMs();
  const status = refundStatusAfter(refund, outcome, refund.attempts - refund.attemptsBefore);
  const over = status === 'settled' || status === 'failed';
  // Its status may follow: payments are locked before refunds.
  const payment = refund.ofSale && status === 'settled' ? await lockTransaction(transaction, refund) : null;
  const [kept] = await transaction.query(
    `UPDATE refunds SET status = $3, provider_status = coalesce($4, provider_status), next_attempt_at = $6,
       last_error = $7, settled_at = $8, refused = refused OR $9
     WHERE merchant_id = $1 AND refund_id = $2 AND attempts = $5 RETURNING refund_id`,
    [
      refund.merchantId,
      refund.refundId,
      status,
      outcome.kind === 'found' ? outcome.refund.providerStatus : null,
      refund.attempts,
      over ? null : new Date(atMs + backoffMs(refund.attempts, FIRST_RETRY_MS, MAX_RETRY_MS)),
      refundProblem(refund, outcome),
      status === 'settled' ? new Date(atMs) : null,
      outcome.kind === 'found' && outcome.refund.status === 'refused',
    ],
  );
  // Somebody else has claimed it meanwhile, and will say what became of it.
  if (kept === undefined || status === refund.status) return;
  if (status === 'settled') await keepSettled(context, transaction, refund, payment, atMs);
  if (status === 'failed')
    context.log.error(
      { refundId: refund.refundId, outcome: outcome.kind },
      'a refund failed: the money is owed',
    );
  // Of money that bought a ticket the ticket itself tells.
  if (refund.ofSale) return;
  await announceRefund(
    transaction,
    context.feedWake,
    { ...refund, amountCents: refund.expectedCents, currency: refund.expectedCurrency },
    { ...refund, status },
    atMs,
  );
}

/** What the payer reads at the bank. */
function describe({ reason, note }: Refund): string {
  switch (reason) {
    case 'surplus':
      return 'Pagamento em duplicidade';
    case 'wrong_amount':
      return 'Valor diferente do cobrado';
    case 'wrong_currency':
      return 'Moeda diferente da cobrada';
    case 'late':
      return 'Pagamento após o prazo';
    default:
      return note ?? 'Devolução';
  }
}

/** @param payment locked, of a refund of a sale; null of money that bought nothing */
async function keepSettled(
  context: ServerContext,
  transaction: Transaction,
  refund: Refund,
  payment: PaymentTransaction | null,
  atMs: number,
): Promise<void> {
  await postRefund(context, transaction, { ...refund, occurredAtMs: atMs });
  if (payment === null) return;
  await followMoneyBack(context, transaction, payment, payment.status, 'refund', atMs);
  await followPayment(transaction, payment, atMs);
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

/** Why it is not where it should be, for whoever looks at it; null where nothing is wrong. */
export function refundProblem(refund: Pick<Refund, 'amountCents'>, outcome: RefundOutcome): string | null {
  if (outcome.kind === 'not_found') return 'the provider does not know the refund';
  if (outcome.kind !== 'found') return `${outcome.kind}: ${outcome.detail}`.slice(0, 500);
  if (outcome.refund.amountCents !== refund.amountCents) return 'the provider has another amount for it';
  return outcome.refund.status === 'refused' ? (outcome.refund.reason ?? 'refused by the provider') : null;
}
