import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { ProviderChargeRefund, ProviderDispute } from '../providers/provider.ts';
import type { ProviderRecurrence } from '../providers/recurrence.ts';
import type { RecurrenceKey } from './keep-recurrence.ts';
import {
  postRecurringDispute,
  postRecurringDisputeEnd,
  postRecurringRefund,
  postRecurringRefundBounced,
} from './post-recurring-returns.ts';

interface Receipt extends Record<string, unknown> {
  readonly amountCents: number;
  readonly currency: string;
  /** False: it has its place elsewhere, and what goes back of it is booked there. */
  readonly isIncome: boolean;
}

interface KnownReturn extends Record<string, unknown> {
  readonly returnId: string;
  readonly kind: string;
  readonly status: string;
  readonly amountCents: number;
  readonly hasBounced: boolean;
}

/**
 * Writes down what went back of a recurring charge's money, and what is disputed of it. Told again, nothing is written
 * twice; a refund that arrived stays, and a dispute moves on from open to its end. The recurrence's row is locked.
 * @returns whether all of it has its receipt here; else it is to be read again
 */
export async function recordRecurringReturns(
  context: ServerContext,
  transaction: Transaction,
  key: RecurrenceKey,
  { refunds = [], disputes = [] }: Pick<ProviderRecurrence, 'refunds' | 'disputes'>,
  atMs: number,
): Promise<boolean> {
  let isWhole = true;
  for (const told of [...refunds, ...disputes]) {
    if (told.amountCents <= 0) continue;
    const receipt = await readReceipt(transaction, key, told.receiptId);
    if (receipt === undefined) {
      context.log.warn({ receiptId: told.receiptId }, 'money goes back of a receipt that is not here yet');
      isWhole = false;
    } else if ('disputeId' in told) await recordDispute(context, transaction, key, receipt, told, atMs);
    else await recordRefund(context, transaction, key, receipt, told, atMs);
  }
  return isWhole;
}

async function readReceipt(
  transaction: Transaction,
  { merchantId, provider }: RecurrenceKey,
  receiptId: string,
): Promise<Receipt | undefined> {
  const [receipt] = await transaction.query<Receipt>(
    `SELECT amount_cents AS "amountCents", currency, place = 'income' AS "isIncome" FROM recurring_receipts
     WHERE merchant_id = $1 AND provider = $2 AND receipt_id = $3`,
    [merchantId, provider, receiptId],
  );
  return receipt;
}

function knownReturns(
  transaction: Transaction,
  { merchantId }: RecurrenceKey,
  receiptId: string,
): Promise<KnownReturn[]> {
  return transaction.query<KnownReturn>(
    `SELECT return_id AS "returnId", kind, status, amount_cents AS "amountCents", bounced_at IS NOT NULL AS "hasBounced"
     FROM recurring_returns
     WHERE merchant_id = $1 AND receipt_id = $2`,
    [merchantId, receiptId],
  );
}

async function recordRefund(
  context: ServerContext,
  transaction: Transaction,
  key: RecurrenceKey,
  receipt: Receipt,
  told: ProviderChargeRefund,
  atMs: number,
): Promise<void> {
  const refunds = (await knownReturns(transaction, key, told.receiptId)).filter(
    ({ kind }) => kind === 'refund',
  );
  // Of a total, what is more than is known, or asked for by us, went back since.
  const amountCents =
    told.isTotal === true
      ? told.amountCents - (await knownOfTotal(transaction, key, told.receiptId))
      : told.amountCents;
  const returnId = told.isTotal === true ? `${told.refundId}:${told.amountCents}` : told.refundId;
  if (amountCents <= 0) return;
  const before = refunds.find((each) => each.returnId === returnId);
  const status = told.status === 'refused' ? 'failed' : told.status;
  if (before?.status === 'settled' && status === 'failed')
    await noteBounced(context, transaction, key, { ...told, returnId }, receipt, atMs);
  if (before?.status === 'settled' || before?.status === status || before?.hasBounced === true) return;
  const arrivedCents = refunds
    .filter((each) => each.status === 'settled')
    .reduce((cents, each) => cents + each.amountCents, 0);
  if (status === 'settled' && amountCents > receipt.amountCents - arrivedCents) {
    context.log.error(
      { returnId, receiptId: told.receiptId },
      'more went back than came, as the provider says: passed over',
    );
    return;
  }
  const kept = { ...told, returnId, kind: 'refund', status, amountCents, reason: told.providerStatus };
  await keep(transaction, key, receipt, { ...kept, openedAtMs: atMs }, status === 'settled' ? atMs : null);
  if (status !== 'settled' || !receipt.isIncome) return;
  const fact = factOf(key, receipt, { receiptId: told.receiptId, returnId, amountCents });
  await postRecurringRefund(context, transaction, { ...fact, occurredAtMs: atMs });
}

/** Of a receipt: what is known to have gone back, and what we have asked for and may be in the provider's total already. */
async function knownOfTotal(
  transaction: Transaction,
  { merchantId }: RecurrenceKey,
  receiptId: string,
): Promise<number> {
  const [known] = await transaction.query<{ cents: number }>(
    `SELECT coalesce(sum(cents), 0)::bigint AS cents FROM (
       SELECT b.amount_cents AS cents FROM recurring_returns b
       LEFT JOIN recurring_refunds f ON f.merchant_id = b.merchant_id AND f.refund_id = b.return_id
       WHERE b.merchant_id = $1 AND b.receipt_id = $2 AND b.kind = 'refund' AND f.replaced_by IS NULL
       UNION ALL
       SELECT f.amount_cents FROM recurring_refunds f
       WHERE f.merchant_id = $1 AND f.receipt_id = $2 AND f.replaced_by IS NULL AND NOT EXISTS (
         SELECT FROM recurring_returns b
         WHERE b.merchant_id = $1 AND b.receipt_id = $2 AND b.return_id = f.refund_id)) AS refunds`,
    [merchantId, receiptId],
  );
  return known?.cents ?? 0;
}

/**
 * It was told as settled, and came back to the provider, which holds the money again: the payer has nothing, and a person
 * has to see to it. What a person said to have sent by hand is another matter: of that the provider never knew.
 */
async function noteBounced(
  context: ServerContext,
  transaction: Transaction,
  key: RecurrenceKey,
  { receiptId, returnId }: { readonly receiptId: string; readonly returnId: string },
  receipt: Receipt,
  atMs: number,
): Promise<void> {
  const [bounced] = await transaction.query<{ cents: number }>(
    `UPDATE recurring_returns b SET bounced_at = $4, status = 'failed', ended_at = $4
     WHERE merchant_id = $1 AND receipt_id = $2 AND return_id = $3 AND status = 'settled'
       AND NOT EXISTS (SELECT FROM recurring_refunds f
         WHERE f.merchant_id = b.merchant_id AND f.refund_id = b.return_id AND f.returned_at IS NOT NULL)
     RETURNING amount_cents AS cents`,
    [key.merchantId, receiptId, returnId, new Date(atMs)],
  );
  if (bounced === undefined) return;
  await transaction.query(
    `UPDATE recurring_refunds SET status = 'failed', refused = true, settled_at = NULL, attempts = attempts + 1,
       next_attempt_at = NULL, last_error = 'came back to the provider after it had arrived'
     WHERE merchant_id = $1 AND receipt_id = $2 AND refund_id = $3`,
    [key.merchantId, receiptId, returnId],
  );
  context.log.error({ receiptId, returnId }, 'a refund of recurring money came back');
  if (!receipt.isIncome) return;
  const fact = factOf(key, receipt, { receiptId, returnId, amountCents: bounced.cents });
  await postRecurringRefundBounced(context, transaction, { ...fact, occurredAtMs: atMs });
}

async function recordDispute(
  context: ServerContext,
  transaction: Transaction,
  key: RecurrenceKey,
  receipt: Receipt,
  told: ProviderDispute,
  atMs: number,
): Promise<void> {
  const { disputeId: returnId, receiptId, status } = told;
  const known = await knownReturns(transaction, key, receiptId);
  const before = known.find((each) => each.returnId === returnId);
  if (before !== undefined && (before.status !== 'open' || before.status === status)) return;
  // What ends is what was opened, whatever the provider says of its amount by then; and never more than came.
  const amountCents = before?.amountCents ?? Math.min(told.amountCents, receipt.amountCents);
  const endedAtMs = status === 'open' ? null : atMs;
  await keep(transaction, key, receipt, { ...told, returnId, amountCents }, endedAtMs);
  if (!receipt.isIncome) return;
  const fact = factOf(key, receipt, { receiptId, returnId, amountCents });
  if (before === undefined) {
    context.log.error({ disputeId: returnId, kind: told.kind }, 'recurring money is disputed');
    await postRecurringDispute(context, transaction, { ...fact, occurredAtMs: told.openedAtMs });
  }
  if (status !== 'open')
    await postRecurringDisputeEnd(context, transaction, { ...fact, outcome: status, occurredAtMs: atMs });
}

interface Return {
  readonly receiptId: string;
  readonly returnId: string;
  readonly kind: string;
  readonly status: string;
  readonly amountCents: number;
  readonly reason: string;
  readonly openedAtMs: number;
}

async function keep(
  transaction: Transaction,
  { merchantId, provider }: RecurrenceKey,
  { currency }: Receipt,
  kept: Return,
  endedAtMs: number | null,
): Promise<void> {
  await transaction.query(
    `INSERT INTO recurring_returns (merchant_id, receipt_id, return_id, provider, kind, status, amount_cents, currency,
       reason, opened_at, ended_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (merchant_id, receipt_id, return_id) DO UPDATE
       SET status = excluded.status, amount_cents = excluded.amount_cents, reason = excluded.reason, ended_at = excluded.ended_at`,
    [
      merchantId,
      kept.receiptId,
      kept.returnId,
      provider,
      kept.kind,
      kept.status,
      kept.amountCents,
      currency,
      kept.reason.slice(0, 200),
      new Date(kept.openedAtMs),
      endedAtMs === null ? null : new Date(endedAtMs),
    ],
  );
}

function factOf(
  { merchantId, provider }: RecurrenceKey,
  { currency }: Receipt,
  named: { readonly receiptId: string; readonly returnId: string; readonly amountCents: number },
) {
  return { merchantId, provider, currency, ...named };
}
