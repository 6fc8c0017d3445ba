import type { Queryable } from '../db/database.ts';
import type { RowToAdopt } from './adopt-rows.ts';
import type { Place } from './place.ts';
import type { ReadRow } from './read-row.ts';

/**
 * Rows whose charge is known under another id: the old system wrote it twice (at the checkout, and again when the
 * webhook came first), or it is a payment of this system, which has its own receipt and its own posting.
 * @returns why such a row is not adopted, by its line
 */
export async function findTwins(
  database: Queryable,
  place: Place,
  rows: readonly RowToAdopt[],
  idOf: (row: ReadRow) => string,
): Promise<Map<number, string>> {
  const charges = rows.flatMap(({ row, line }) =>
    row.transaction === null || row.merchantId === null
      ? []
      : [
          {
            line,
            id: idOf(row),
            merchantId: row.merchantId,
            provider: row.transaction.provider,
            chargeId: row.transaction.chargeId,
            orderId: row.transaction.orderId,
          },
        ],
  );
  const twins = new Map<number, string>();
  if (charges.length === 0) return twins;
  const found = await database.query<{ line: number; reason: string }>(
    `WITH told AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (line bigint, id uuid, "merchantId" uuid, provider text, "chargeId" text,
         "orderId" text)),
     refs AS (
       SELECT line, "merchantId", provider, ref FROM told, unnest(ARRAY["chargeId", "orderId"]) AS ref
       WHERE ref IS NOT NULL)
     SELECT line, 'charge_adopted_already' AS reason FROM told JOIN ${place.known.transactions} AS known
       ON known.merchant_id = "merchantId" AND known.provider = told.provider AND known.provider_charge_id = "chargeId"
       WHERE known.adopted_id <> id
     UNION ALL
     SELECT line, 'charge_is_of_this_system' FROM refs JOIN payment_attempts a
       ON a.merchant_id = "merchantId" AND a.provider = refs.provider AND a.provider_charge_id = ref
     UNION ALL
     SELECT line, 'charge_is_of_this_system' FROM refs JOIN payment_attempts a
       ON a.merchant_id = "merchantId" AND a.provider = refs.provider AND a.txid = ref
     UNION ALL
     SELECT line, 'charge_is_of_this_system' FROM refs JOIN receipts r
       ON r.merchant_id = "merchantId" AND r.receipt_id IN (ref, refs.provider || ':' || ref)`,
    [JSON.stringify(charges)],
  );
  for (const { line, reason } of found) twins.set(line, reason);
  const seen = new Map<string, string>();
  for (const { line, id, merchantId, provider, chargeId } of charges) {
    if (chargeId === null || twins.has(line)) continue;
    const name = JSON.stringify([merchantId, provider, chargeId]);
    const first = seen.get(name);
    if (first !== undefined && first !== id) twins.set(line, 'charge_adopted_already');
    else seen.set(name, id);
  }
  return twins;
}
