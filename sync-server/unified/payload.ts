import { createHash } from 'node:crypto';
import { MASK, maskPersonalWords } from '../../domain/personal-words.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { PaymentTransaction } from '../payments/payment-transaction.ts';
import { looksLikeCardNumber } from './clean-facts.ts';

/** An answer about one charge is a few kilobytes; one that is larger is not worth its place. */
const MAX_BYTES = 32 * 1024;
/** Longer than a BR Code, or any word of a provider's; looking through a text takes its length squared. */
const MAX_TEXT = 2_000;
/** Deeper than any provider's answer. */
const MAX_DEPTH = 20;
/** What opens something: a client secret lets anybody finish a payment. */
const SECRET = /secret|token|password|authorization/i;

/**
 * Keeps the provider's newest answer about a payment, without names, documents and secrets, and sealed all the same: what
 * a person looks at where our own words for it are not enough. The same answer is written once.
 */
export async function keepPayload(
  { personalData }: Pick<ServerContext, 'personalData'>,
  transaction: Transaction,
  { merchantId, transactionId, provider }: PaymentTransaction,
  payload: unknown,
  atMs: number,
): Promise<void> {
  const text = maskPayload(payload);
  if (text === null || Buffer.byteLength(text) > MAX_BYTES) return;
  const sha256 = createHash('sha256').update(text).digest();
  const key = [merchantId, transactionId, provider];
  const same = await transaction.query(
    `SELECT FROM payment_payloads WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND sha256 = $4`,
    [...key, sha256],
  );
  if (same.length > 0) return;
  await transaction.query(
    `INSERT INTO payment_payloads (merchant_id, transaction_id, provider, payload_sealed, sha256, read_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (merchant_id, transaction_id, provider) DO UPDATE SET payload_sealed = excluded.payload_sealed,
       sha256 = excluded.sha256, read_at = excluded.read_at`,
    [...key, personalData.seal(text), sha256, new Date(atMs)],
  );
}

/** As JSON text; null for what is no JSON, or too large. */
export function maskPayload(payload: unknown): string | null {
  const text = JSON.stringify(withoutSecrets(payload, 0)) as string | undefined;
  return text === undefined || text.length > MAX_BYTES ? null : maskPersonalWords(text);
}

/** The same shape, with a mask in place of what opens something, or looks like a card's number. */
function withoutSecrets(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return MASK;
  if (typeof value === 'string') return value.length > MAX_TEXT || looksLikeCardNumber(value) ? MASK : value;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, held]) => [
      field,
      SECRET.test(field) && typeof held === 'string' ? MASK : withoutSecrets(held, depth + 1),
    ]),
  );
}
