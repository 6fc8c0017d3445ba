import type { Queryable } from '../db/database.ts';
import type { RowToAdopt } from './adopt-rows.ts';
import { readAdoptedBy } from './adopted-store.ts';
import type { AdoptedTransaction } from './change-transaction.ts';
import type { Place } from './place.ts';

/** Of an order; what many have in common is no order. */
const MAX_OF_ORDER = 20;

/** What is adopted under the charges and orders that rows name, whosever it is. */
export function readRelated(
  database: Queryable,
  place: Place,
  rows: readonly Pick<RowToAdopt, 'row'>[],
): Promise<AdoptedTransaction[]> {
  const names = new Set(
    rows.flatMap(({ row }) =>
      [row.transaction?.chargeId, row.transaction?.orderId].filter((name) => name != null),
    ),
  );
  if (names.size === 0) return Promise.resolve([]);
  return readAdoptedBy(
    database,
    `${place.known.transactions} AS known WHERE provider_charge_id = ANY($1::text[])
       OR (merchant_id, adopted_id) IN (
         SELECT o.merchant_id, o.adopted_id FROM unnest($1::text[]) AS name, LATERAL (
           SELECT merchant_id, adopted_id FROM ${place.known.transactions} AS t
           WHERE t.provider_order_id = name AND t.paid_at IS NOT NULL LIMIT ${MAX_OF_ORDER}) AS o)`,
    [[...names]],
  );
}

/** Lines of rows that tell of a payment of this system, which has its own receipt and its own posting. */
export async function findOwnCharges(
  database: Queryable,
  rows: readonly Pick<RowToAdopt, 'row' | 'line'>[],
): Promise<Set<number>> {
  const refs = rows.flatMap(({ line, row: { merchantId, transaction } }) =>
    [transaction?.chargeId, transaction?.orderId]
      .filter((ref) => ref != null)
      .map((ref) => ({ line, merchantId, provider: transaction?.provider, ref })),
  );
  if (refs.length === 0) return new Set();
  const found = await database.query<{ line: number }>(
    `WITH refs AS (SELECT * FROM jsonb_to_recordset($1::jsonb)
       AS r (line bigint, "merchantId" uuid, provider text, ref text))
     SELECT line FROM refs JOIN payment_attempts a
       ON a.merchant_id = "merchantId" AND a.provider = refs.provider AND a.provider_charge_id = ref
     UNION SELECT line FROM refs JOIN payment_attempts a
       ON a.merchant_id = "merchantId" AND a.provider = refs.provider AND a.txid = ref
     UNION SELECT line FROM refs JOIN receipts r
       ON r.merchant_id = "merchantId" AND r.receipt_id IN (ref, refs.provider || ':' || ref)`,
    [JSON.stringify(refs)],
  );
  return new Set(found.map(({ line }) => line));
}
