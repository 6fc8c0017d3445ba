import { maskPersonalWords, maskWords } from '../../domain/personal-words.ts';
import type { Database, Queryable } from '../db/database.ts';
import { THEIR_RECURRING } from './export-customer.ts';

const THEIR_SALES = `transaction_id IN (SELECT transaction_id
  FROM payment_transactions s JOIN customers c USING (merchant_id, customer_id)
  WHERE s.merchant_id = $1 AND $2 IN (c.customer_id, c.merged_into))`;

/** A few megabytes a page. */
const PAGE = 1_000;
const DAY_MS = 24 * 60 * 60_000;
/** Two clocks, and a webhook that overtakes its charge. */
const HEARD_BEFORE_MS = DAY_MS;
/** A card's payment is disputed up to 540 days later, a PIX refunded within 90; nobody speaks of it after that. */
const HEARD_AFTER_MS = 541 * DAY_MS;

/** Who is masked, and when they were customers. */
export interface Masked {
  readonly merchantId: string;
  readonly customerId: string;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
}

/** Texts of a person's sales that somebody typed, or a provider worded. */
const TEXTS_OF_SALES = [
  { table: 'refunds', column: 'note', type: 'text' },
  { table: 'refunds', column: 'returned_note', type: 'text' },
  { table: 'refunds', column: 'returned_by', type: 'text' },
  { table: 'refunds', column: 'last_error', type: 'text' },
  { table: 'payment_attempts', column: 'detail', type: 'text' },
  { table: 'disputes', column: 'reason', type: 'text' },
  { table: 'receipts', column: 'raw', type: 'jsonb' },
  { table: 'notification_sends', column: 'detail', type: 'text' },
  { table: 'fulfilments', column: 'stages', type: 'jsonb' },
  { table: 'shadow_results', column: 'detail', type: 'text' },
  { table: 'shadow_results', column: 'differences', type: 'jsonb' },
] as const;

/** Of the money of their subscriptions. */
const TEXTS_OF_RECURRING = [
  { table: 'recurring_refunds', column: 'note', type: 'text' },
  { table: 'recurring_refunds', column: 'returned_note', type: 'text' },
  { table: 'recurring_refunds', column: 'returned_by', type: 'text' },
  { table: 'recurring_refunds', column: 'last_error', type: 'text' },
  { table: 'recurring_returns', column: 'reason', type: 'text' },
  { table: 'recurring_returns', column: 'closed_note', type: 'text' },
  { table: 'recurring_returns', column: 'closed_by', type: 'text' },
] as const;

/**
 * Masks these words wherever a payload or a text may hold them: webhooks of all kinds, and what was written beside the
 * person's sales or about money in suspense. Each row by itself; done again it changes nothing.
 * @param words empty: no texts are looked through
 */
export async function maskEverywhere(
  db: Database,
  { merchantId, customerId, createdAtMs, lastSeenAtMs }: Masked,
  words: readonly string[],
): Promise<void> {
  // The provider's whole answer, sealed and masked: a look at it is not worth what it may still hold.
  await db.query(`DELETE FROM payment_payloads WHERE merchant_id = $1 AND ${THEIR_SALES}`, [
    merchantId,
    customerId,
  ]);
  if (words.length === 0) return;
  await maskBodies(db, createdAtMs - HEARD_BEFORE_MS, lastSeenAtMs + HEARD_AFTER_MS, words);
  for (const { table, column, type } of TEXTS_OF_SALES)
    await maskTexts(db, { table, column, type }, THEIR_SALES, [merchantId, customerId], words);
  for (const text of TEXTS_OF_RECURRING)
    await maskTexts(db, text, `receipt_id IN ${THEIR_RECURRING}`, [merchantId, customerId], words);
  await maskTexts(
    db,
    { table: 'customer_subscriptions', column: 'plan', type: 'text' },
    'customer_id IN (SELECT customer_id FROM customers WHERE merchant_id = $1 AND $2 IN (customer_id, merged_into))',
    [merchantId, customerId],
    words,
  );
  await maskTexts(
    db,
    { table: 'suspense_items', column: 'note', type: 'text' },
    '$2::uuid IS NOT NULL',
    [merchantId, customerId],
    words,
  );
}

/** All of those days: of whom a webhook speaks is in its body alone. */
async function maskBodies(
  db: Database,
  fromMs: number,
  toMs: number,
  words: readonly string[],
): Promise<void> {
  let after = { at: new Date(fromMs), id: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const page = await db.query<{
      id: string;
      at: Date;
      body: Uint8Array;
      error: string | null;
      headers: string;
    }>(
      `SELECT inbox_id AS id, date_trunc('milliseconds', received_at) AS at, body, last_error AS error,
         headers::text AS headers
       FROM webhook_inbox
       WHERE body_kept <> 'pruned' AND (received_at, inbox_id) > ($1, $2) AND received_at <= $3
       ORDER BY received_at, inbox_id LIMIT ${PAGE}`,
      [after.at, after.id, new Date(toMs)],
    );
    for (const { id, at, body, error, headers } of page) {
      after = { at, id };
      const text = Buffer.from(body).toString('utf8');
      const masked = maskWords(maskPersonalWords(text), words);
      const maskedError = error === null ? null : maskWords(error, words);
      const maskedHeaders = maskWords(maskPersonalWords(headers), words);
      if (masked === text && maskedError === error && maskedHeaders === headers) continue;
      await db.query(
        `UPDATE webhook_inbox SET body = $2, last_error = $3, headers = $4,
           body_kept = CASE WHEN body_kept = 'raw' THEN 'masked' ELSE body_kept END WHERE inbox_id = $1`,
        [id, Buffer.from(masked), maskedError, maskedHeaders],
      );
    }
    if (page.length < PAGE) return;
  }
}

async function maskTexts(
  database: Queryable,
  {
    table,
    column,
    type,
  }: { readonly table: string; readonly column: string; readonly type: 'text' | 'jsonb' },
  chosen: string,
  parameters: readonly unknown[],
  words: readonly string[],
): Promise<void> {
  const rows = await database.query<{ at: string; held: string }>(
    `SELECT ctid::text AS at, ${column}::text AS held FROM ${table}
     WHERE merchant_id = $1 AND ${chosen} AND ${column} IS NOT NULL`,
    parameters,
  );
  for (const { at, held } of rows) {
    const masked = maskWords(held, words);
    if (masked === held) continue;
    // Of a row that was changed meanwhile neither place nor text is the same any more.
    await database.query(
      `UPDATE ${table} SET ${column} = $3::${type} WHERE ctid = $1::tid AND ${column}::text = $2`,
      [at, held, masked],
    );
  }
}

/** Masks by their fields' names the webhooks that an older release kept as they came. @returns how many */
export async function maskRawBodies(db: Database, isStopping: () => boolean): Promise<number> {
  for (let count = 0; ; ) {
    const page = await db.query<{ id: string; body: Uint8Array }>(
      `SELECT inbox_id AS id, body FROM webhook_inbox WHERE body_kept = 'raw' ORDER BY inbox_id LIMIT ${PAGE}`,
    );
    for (const { id, body } of page) {
      if (isStopping()) return count;
      const masked = maskPersonalWords(Buffer.from(body).toString('utf8'));
      await db.query(`UPDATE webhook_inbox SET body = $2, body_kept = 'masked' WHERE inbox_id = $1`, [
        id,
        Buffer.from(masked),
      ]);
      count += 1;
    }
    if (page.length < PAGE) return count;
  }
}
