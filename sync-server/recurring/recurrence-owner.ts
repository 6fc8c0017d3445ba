import type { Queryable } from '../db/database.ts';
import { testMerchantIdOf } from '../integration/test-shop.ts';
import type { ProviderRecurrence } from '../providers/recurrence.ts';
import type { RecurrenceHint } from '../providers/webhook-intake.ts';

interface Merchant extends Record<string, unknown> {
  readonly merchantId: string;
  readonly pixKey: string;
}

/**
 * Whose it is: providers tell an account, and no merchant of ours. It is who holds it already, or its agreement; then
 * the one whose Pix key its money came to, where it names one of ours; then the only merchant that there is.
 * @returns null when several could be meant
 */
export async function ownerOf(
  database: Queryable,
  provider: string,
  recurrence: RecurrenceHint & Partial<Pick<ProviderRecurrence, 'agreementId' | 'receipts'>>,
): Promise<string | null> {
  const [held] = await database.query<{ merchantId: string }>(
    `SELECT merchant_id AS "merchantId" FROM recurrences
     WHERE provider = $1 AND ((kind = $2 AND recurrence_id = $3) OR (kind = 'agreement' AND recurrence_id = $4))
     ORDER BY recurrence_id = $3 DESC LIMIT 1`,
    [provider, recurrence.kind, recurrence.id, recurrence.agreementId ?? null],
  );
  if (held !== undefined) return held.merchantId;
  const merchants = await realMerchants(database);
  const keys = new Set((recurrence.receipts ?? []).flatMap(({ pixKey }) => pixKey ?? []));
  const receiving = merchants.filter(({ pixKey }) => keys.has(pixKey));
  const [only, other] = receiving.length === 0 ? merchants : receiving;
  return only !== undefined && other === undefined ? only.merchantId : null;
}

/** Without the test shops beside them, which receive on the same keys. */
async function realMerchants(database: Queryable): Promise<readonly Merchant[]> {
  const merchants = await database.query<Merchant>(
    'SELECT merchant_id AS "merchantId", pix_key AS "pixKey" FROM merchants',
  );
  const tests = new Set(merchants.map(({ merchantId }) => testMerchantIdOf(merchantId)));
  return merchants.filter(({ merchantId }) => !tests.has(merchantId));
}
