import { STATUS_RANK } from '../../domain/payment-status.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable } from '../db/database.ts';
import type { CreateChargeOutcome } from '../providers/provider.ts';
import {
  isPayable,
  lockTransaction,
  type PaymentTransaction,
  type TransactionKey,
} from './payment-transaction.ts';

export interface ChargeAttemptRow {
  readonly provider: string;
  /** Null: it was sent, or may have been, and nobody knows. */
  readonly outcome: 'created' | 'rejected' | 'unavailable' | null;
}

/** The attempt of the provider that the transaction names. */
export async function lastAttempt(
  database: Queryable,
  { merchantId, transactionId, provider }: TransactionKey & Pick<PaymentTransaction, 'provider'>,
): Promise<ChargeAttemptRow | null> {
  const [row] = await database.query<ChargeAttemptRow & Record<string, unknown>>(
    `SELECT provider, outcome FROM payment_attempts
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3`,
    [merchantId, transactionId, provider],
  );
  return row ?? null;
}

/**
 * Writes down, before a provider is spoken to, that the transaction is its from now on: one that was asked before, in
 * vain, is asked anew.
 * @returns the transaction as it then is; null when somebody else has made the charge, or closed it, meanwhile
 */
export function beginAttempt(
  context: Pick<ServerContext, 'db' | 'clock'>,
  key: TransactionKey,
  provider: string,
): Promise<PaymentTransaction | null> {
  const startedAt = new Date(context.clock.nowMs());
  return context.db.transaction(async (transaction) => {
    const payment = await lockTransaction(transaction, key);
    const last = await lastAttempt(transaction, payment);
    const isOpen = payment.cancelRequestedAt === null && STATUS_RANK[payment.status] === STATUS_RANK.CREATED;
    if (!isOpen || isPayable(payment) || last === null || last.outcome === null) return null;
    const begun = await transaction.query(
      `INSERT INTO payment_attempts AS known (merchant_id, transaction_id, attempt, provider, txid, started_at)
       SELECT $1, $2, max(attempt) + 1, $3, $4, $5 FROM payment_attempts
       WHERE merchant_id = $1 AND transaction_id = $2
       ON CONFLICT (merchant_id, provider, txid) DO UPDATE
         SET outcome = NULL, detail = NULL, ended_at = NULL, started_at = excluded.started_at
         WHERE known.transaction_id = excluded.transaction_id
       RETURNING attempt`,
      [payment.merchantId, payment.transactionId, provider, payment.txid, startedAt],
    );
    // The txid is another session's at that provider.
    if (begun.length === 0) return null;
    await transaction.query(
      `UPDATE payment_transactions SET provider = $3, provider_charge_id = NULL
       WHERE merchant_id = $1 AND transaction_id = $2`,
      [payment.merchantId, payment.transactionId, provider],
    );
    return { ...payment, provider, providerChargeId: null };
  });
}

/** An attempt without an outcome is one of which nobody knows: it is asked about, and no other is begun. */
export async function endAttempt(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  payment: TransactionKey & Pick<PaymentTransaction, 'provider'>,
  outcome: CreateChargeOutcome,
): Promise<void> {
  if (outcome.kind === 'unknown' || (outcome.kind === 'rejected' && outcome.leavesCharge)) return;
  await db.query(
    `UPDATE payment_attempts SET outcome = $4, detail = $5, ended_at = $6
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND outcome IS DISTINCT FROM 'created'`,
    [
      payment.merchantId,
      payment.transactionId,
      payment.provider,
      outcome.kind,
      outcome.kind === 'created' ? null : outcome.detail.slice(0, 500),
      new Date(clock.nowMs()),
    ],
  );
}
