import { STATUS_RANK } from '../../domain/payment-status.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import type { CreateChargeOutcome } from '../providers/provider.ts';
import { isClosed } from './answer-charge.ts';
import {
  isPayable,
  lockTransaction,
  type PaymentTransaction,
  type TransactionKey,
} from './payment-transaction.ts';

/**
 * A claim whose holder has not been heard of for this long may be taken over: a server that was killed is back about
 * then. Two claims at once are no danger, only the end of any failover (`takeOverAttempt`).
 */
export const CLAIM_MS = 3_000;
/** Two may be missed. */
const RENEW_MS = 1_000;
/** By then the provider that was left has done whatever it was sent, whatever it had answered. */
const LEFT_CHECK_MS = 60_000;

/** Of who writes the transaction, with its first attempt. */
export const FIRST_CLAIM = 1;

export interface ChargeAttemptRow {
  readonly provider: string;
  /** Null: it was sent, or may have been, and nobody knows. */
  readonly outcome: 'created' | 'rejected' | 'unavailable' | null;
  readonly claim: number;
  readonly claimedAt: Date | null;
}

/** The right to ask a provider for the charge of a transaction. Its number is the name by which it is ended. */
export interface AttemptClaim {
  /** As the claimed provider knows it. */
  readonly payment: PaymentTransaction;
  readonly claim: number;
  /** An earlier claim may have made the charge, or is about to: nothing but the charge itself is a clean end. */
  readonly mayExist: boolean;
}

/** The attempt of the provider that the transaction names. */
export async function lastAttempt(
  database: Queryable,
  { merchantId, transactionId, provider }: TransactionKey & Pick<PaymentTransaction, 'provider'>,
): Promise<ChargeAttemptRow | null> {
  const [row] = await database.query<ChargeAttemptRow & Record<string, unknown>>(
    `SELECT provider, outcome, claim, claimed_at AS "claimedAt" FROM payment_attempts
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3`,
    [merchantId, transactionId, provider],
  );
  return row ?? null;
}

/** Writes down the first attempt of a transaction. @returns whether no other session has the txid at that provider */
export async function openFirstAttempt(
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
  { provider, txid, atMs }: { readonly provider: string; readonly txid: string; readonly atMs: number },
): Promise<boolean> {
  const opened = await transaction.query(
    `INSERT INTO payment_attempts (merchant_id, transaction_id, attempt, provider, txid, started_at, claim, claimed_at)
     VALUES ($1, $2, 1, $3, $4, $5, ${FIRST_CLAIM}, $5) ON CONFLICT (merchant_id, provider, txid) DO NOTHING RETURNING attempt`,
    [merchantId, transactionId, provider, txid, new Date(atMs)],
  );
  return opened.length > 0;
}

/**
 * Takes up the attempt whose end nobody has written down, unless somebody is at work on it. Whoever had it before may
 * only be slow: because the claim is another one now, that one can not give the provider up any more, and because the
 * charge may exist, nor can this one. So a transaction whose attempt was ever taken over stays with its provider.
 * @returns `held`: another process is at work; `ended`: the last provider failed cleanly, and any may be asked;
 *   `over`: there is a charge, or the transaction is closed
 */
export function takeOverAttempt(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  key: TransactionKey,
): Promise<AttemptClaim | 'held' | 'ended' | 'over'> {
  const nowMs = clock.nowMs();
  return db.transaction(async (transaction) => {
    const payment = await lockTransaction(transaction, key);
    if (isPayable(payment) || isClosed(payment)) return 'over';
    const last = await lastAttempt(transaction, payment);
    if (last === null) throw new Error(`transaction ${payment.transactionId} has no attempt`);
    if (last.outcome !== null) return 'ended';
    if (isHeld(last, nowMs)) return 'held';
    const claim = last.claim + 1;
    // Who ends an attempt does so without the transaction's lock.
    const taken = await transaction.query(
      `UPDATE payment_attempts SET claim = $4, claimed_at = $5
       WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND claim < $4 AND outcome IS NULL
       RETURNING claim`,
      [payment.merchantId, payment.transactionId, payment.provider, claim, new Date(nowMs)],
    );
    return taken.length === 0 ? 'held' : { payment, claim, mayExist: true };
  });
}

/**
 * A claim from the future is one from before the clock was set back; not one from just now, by whoever had the lock before
 * this process, or by a server whose clock is a little ahead.
 */
function isHeld({ claimedAt }: ChargeAttemptRow, nowMs: number): boolean {
  return claimedAt !== null && Math.abs(nowMs - claimedAt.getTime()) < CLAIM_MS;
}

/**
 * Writes down, before a provider is spoken to, that the transaction is its from now on: one that was asked before, in
 * vain, is asked anew. The one that is left is read for a while (`reconciliation/left-attempts.ts`).
 * @returns `over`: somebody else has made the charge, is making it, or closed the transaction meanwhile;
 *   `txid_conflict`: another session has the txid at that provider
 */
export function beginAttempt(
  context: Pick<ServerContext, 'db' | 'clock' | 'workDue'>,
  key: TransactionKey,
  provider: string,
): Promise<AttemptClaim | 'over' | 'txid_conflict'> {
  const nowMs = context.clock.nowMs();
  const startedAt = new Date(nowMs);
  const checkAtMs = nowMs + LEFT_CHECK_MS;
  return context.db.transaction(async (transaction) => {
    const payment = await lockTransaction(transaction, key);
    const last = await lastAttempt(transaction, payment);
    const isOpen = payment.cancelRequestedAt === null && STATUS_RANK[payment.status] === STATUS_RANK.CREATED;
    if (!isOpen || isPayable(payment) || last === null || last.outcome === null) return 'over';
    const [begun] = await transaction.query<{ claim: number }>(
      `INSERT INTO payment_attempts AS known
         (merchant_id, transaction_id, attempt, provider, txid, started_at, claimed_at)
       SELECT $1, $2, max(attempt) + 1, $3, $4, $5, $5 FROM payment_attempts
       WHERE merchant_id = $1 AND transaction_id = $2
       ON CONFLICT (merchant_id, provider, txid) DO UPDATE
         SET outcome = NULL, detail = NULL, ended_at = NULL, started_at = excluded.started_at,
           claim = known.claim + 1, claimed_at = excluded.claimed_at, next_check_at = NULL, check_count = 0
         WHERE known.transaction_id = excluded.transaction_id
       RETURNING claim`,
      [payment.merchantId, payment.transactionId, provider, payment.txid, startedAt],
    );
    if (begun === undefined) return 'txid_conflict';
    await transaction.query(
      `UPDATE payment_transactions SET provider = $3, provider_charge_id = NULL
       WHERE merchant_id = $1 AND transaction_id = $2`,
      [payment.merchantId, payment.transactionId, provider],
    );
    await transaction.query(
      `UPDATE payment_attempts SET next_check_at = $4, check_count = 0
       WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND provider <> $5`,
      [payment.merchantId, payment.transactionId, payment.provider, new Date(checkAtMs), provider],
    );
    transaction.afterCommit(() => context.workDue.announce('check', checkAtMs));
    return { payment: { ...payment, provider, providerChargeId: null }, claim: begun.claim, mayExist: false };
  });
}

/** Says again and again that the claim's holder is at work. @returns ends that */
export function keepClaim(
  { db, clock, log }: Pick<ServerContext, 'db' | 'clock' | 'log'>,
  { payment, claim }: AttemptClaim,
): () => void {
  let released = false;
  let cancel = clock.schedule(RENEW_MS, renew);
  /** One after the other: of two under way the older could be written last. */
  async function renew(): Promise<void> {
    try {
      await db.query(
        `UPDATE payment_attempts SET claimed_at = $5
         WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND claim = $4 AND claimed_at IS NOT NULL`,
        [payment.merchantId, payment.transactionId, payment.provider, claim, new Date(clock.nowMs())],
      );
    } catch (error) {
      log.warn({ error, transactionId: payment.transactionId }, 'a claim was not renewed');
    }
    if (!released) cancel = clock.schedule(RENEW_MS, renew);
  }
  return () => {
    released = true;
    cancel();
  };
}

/** There is a charge, whoever made it. */
export async function endWithCharge(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  payment: TransactionKey & Pick<PaymentTransaction, 'provider'>,
): Promise<void> {
  await db.query(
    `UPDATE payment_attempts SET outcome = 'created', detail = NULL, ended_at = $4, claimed_at = NULL
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND outcome IS DISTINCT FROM 'created'`,
    [payment.merchantId, payment.transactionId, payment.provider, new Date(clock.nowMs())],
  );
}

/**
 * Gives the claim back without a charge. After a clean failure the attempt has ended; else it is one of which nobody
 * knows: it is asked about, and no other is begun.
 * @returns whether it has ended, so that another provider may be asked
 */
export async function endInVain(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  { payment, claim, mayExist }: AttemptClaim,
  outcome: Exclude<CreateChargeOutcome, { readonly kind: 'created' }>,
): Promise<boolean> {
  const isClean =
    !mayExist &&
    (outcome.kind === 'unavailable' || (outcome.kind === 'rejected' && outcome.leavesCharge !== true));
  const ended = await db.query(
    `UPDATE payment_attempts SET outcome = $5, detail = $6, ended_at = $7, claimed_at = NULL
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND claim = $4 AND outcome IS NULL
     RETURNING attempt`,
    [
      payment.merchantId,
      payment.transactionId,
      payment.provider,
      claim,
      isClean ? outcome.kind : null,
      isClean ? outcome.detail.slice(0, 500) : null,
      isClean ? new Date(clock.nowMs()) : null,
    ],
  );
  return isClean && ended.length > 0;
}
