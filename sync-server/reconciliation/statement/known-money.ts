import type { Queryable } from '../../db/database.ts';
import type { StatementLine } from './statement-line.ts';

/** Money that came in, or went back, as it is written here. */
export interface KnownMoney {
  /** Of the receipt, or of the refund. */
  readonly id: string;
  readonly amountCents: number;
  readonly endToEndId: string | null;
  readonly txid: string | null;
}

export interface Owner {
  readonly merchantId: string;
  readonly provider: string;
}

/** A line without an id is compared with what came this long before or after; a hint for a person, nothing more. */
const SUGGESTION_WINDOW_MS = 10 * 60_000;

/** Receipts, money in suspense, and money of recurring charges that lines may speak of. */
export function receiptsOf(
  database: Queryable,
  { merchantId, provider }: Owner,
  lines: readonly Pick<StatementLine, 'endToEndId' | 'txid'>[],
): Promise<KnownMoney[]> {
  return database.query<KnownMoney & Record<string, unknown>>(
    `WITH wanted AS (
       SELECT merchant_id, receipt_id FROM receipts
       WHERE merchant_id = $1 AND provider = $2 AND receipt_id = ANY($3)
       UNION SELECT merchant_id, receipt_id FROM receipts
       WHERE merchant_id = $1 AND provider = $2 AND end_to_end_id = ANY($3)
       UNION SELECT merchant_id, receipt_id FROM payment_attempts a JOIN receipts r USING (merchant_id, transaction_id)
       WHERE merchant_id = $1 AND a.provider = $2 AND r.provider = $2 AND a.txid = ANY($4))
     SELECT r.receipt_id AS id, r.amount_cents AS "amountCents", r.end_to_end_id AS "endToEndId", a.txid
     FROM wanted JOIN receipts r USING (merchant_id, receipt_id) JOIN payment_attempts a
       ON a.merchant_id = r.merchant_id AND a.transaction_id = r.transaction_id AND a.provider = r.provider
     UNION ALL
     SELECT receipt_id, amount_cents, end_to_end_id, txid FROM suspense_items
     WHERE merchant_id = $1 AND provider = $2 AND resolution IS DISTINCT FROM 'released'
       AND (receipt_id = ANY($3) OR end_to_end_id = ANY($3) OR txid = ANY($4))
     UNION ALL
     SELECT receipt_id, amount_cents, end_to_end_id, txid FROM recurring_receipts
     WHERE merchant_id = $1 AND provider = $2 AND place = 'income'
       AND (receipt_id = ANY($3) OR end_to_end_id = ANY($3) OR txid = ANY($4))`,
    [merchantId, provider, ...idsOf(lines)],
  );
}

/** Refunds that have arrived at their payers. */
export function settledRefundsOf(
  database: Queryable,
  { merchantId, provider }: Owner,
  lines: readonly Pick<StatementLine, 'endToEndId' | 'txid'>[],
): Promise<KnownMoney[]> {
  const [endToEndIds] = idsOf(lines);
  return database.query<KnownMoney & Record<string, unknown>>(
    `SELECT f.refund_id AS id, f.amount_cents AS "amountCents", coalesce(r.end_to_end_id, r.receipt_id) AS "endToEndId",
       null AS txid
     FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
     WHERE f.merchant_id = $1 AND r.provider = $2 AND f.status = 'settled'
       AND (r.receipt_id = ANY($3) OR r.end_to_end_id = ANY($3))
     UNION ALL
     SELECT 'suspense:' || receipt_id, amount_cents, coalesce(end_to_end_id, receipt_id), null FROM suspense_items
     WHERE merchant_id = $1 AND provider = $2 AND (receipt_id = ANY($3) OR end_to_end_id = ANY($3))
       AND (resolution = 'returned' OR (resolution = 'refund' AND refund_status = 'settled'))`,
    [merchantId, provider, endToEndIds],
  );
}

/** What payers' banks hold back, or have taken. */
export function disputesOf(
  database: Queryable,
  { merchantId, provider }: Owner,
  lines: readonly Pick<StatementLine, 'endToEndId' | 'txid'>[],
): Promise<KnownMoney[]> {
  const [endToEndIds] = idsOf(lines);
  return database.query<KnownMoney & Record<string, unknown>>(
    `SELECT d.dispute_id AS id, d.amount_cents AS "amountCents", coalesce(r.end_to_end_id, r.receipt_id) AS "endToEndId",
       null AS txid
     FROM disputes d JOIN receipts r USING (merchant_id, receipt_id)
     WHERE d.merchant_id = $1 AND r.provider = $2 AND (r.receipt_id = ANY($3) OR r.end_to_end_id = ANY($3))`,
    [merchantId, provider, endToEndIds],
  );
}

/** Of the same amount at about the same time, and on no other line so far. */
export async function suggestReceipt(
  database: Queryable,
  { merchantId, provider }: Owner,
  { amountCents, atMs, untilMs }: StatementLine,
  isTaken: (receiptId: string) => boolean,
): Promise<string | null> {
  const rows = await database.query<{ id: string }>(
    `SELECT receipt_id AS id FROM receipts
     WHERE merchant_id = $1 AND provider = $2 AND amount_cents = $3 AND paid_at >= $4 AND paid_at < $5
     ORDER BY abs(extract(epoch FROM paid_at - $6)), receipt_id LIMIT 20`,
    [
      merchantId,
      provider,
      amountCents,
      new Date(atMs - SUGGESTION_WINDOW_MS),
      new Date(untilMs + SUGGESTION_WINDOW_MS),
      new Date(atMs),
    ],
  );
  return rows.find(({ id }) => !isTaken(id))?.id ?? null;
}

/** What a line may be: the same money by its endToEndId, or by txid and amount where one side tells no endToEndId. */
export type Match =
  | { readonly kind: 'same'; readonly id: string; readonly hereCents: number }
  | { readonly kind: 'amount_differs'; readonly id: string; readonly hereCents: number }
  /** Of the same charge, which may have been paid a second time. */
  | { readonly kind: 'other_amount'; readonly id: string; readonly hereCents: number }
  | { readonly kind: 'none' };

/**
 * @param isTaken whether another line was found to be this one
 */
export function matchReceipt(
  { endToEndId, txid, amountCents }: Pick<StatementLine, 'endToEndId' | 'txid' | 'amountCents'>,
  known: readonly KnownMoney[],
  isTaken: (id: string) => boolean,
): Match {
  const exact = known.find(
    (one) => endToEndId !== null && (one.endToEndId === endToEndId || one.id === endToEndId),
  );
  if (exact !== undefined)
    return {
      kind: exact.amountCents === amountCents ? 'same' : 'amount_differs',
      id: exact.id,
      hereCents: exact.amountCents,
    };
  const ofCharge = known.filter(
    (one) =>
      txid !== null &&
      one.txid === txid &&
      (endToEndId === null || one.endToEndId === null) &&
      !isTaken(one.id),
  );
  const same = ofCharge.find((one) => one.amountCents === amountCents);
  if (same !== undefined) return { kind: 'same', id: same.id, hereCents: same.amountCents };
  const [other] = ofCharge;
  return other === undefined
    ? { kind: 'none' }
    : { kind: 'other_amount', id: other.id, hereCents: other.amountCents };
}

function idsOf(lines: readonly Pick<StatementLine, 'endToEndId' | 'txid'>[]): [string[], string[]] {
  const present = (id: string | null): id is string => id !== null;
  return [
    lines.map(({ endToEndId }) => endToEndId).filter(present),
    lines.map(({ txid }) => txid).filter(present),
  ];
}
