import type { ErasureView } from '../../domain/protocol/customers.ts';
import type { Queryable } from '../db/database.ts';

/** The record of an erasure: who, when, why. Nothing of the person. */
export async function readErasure(
  database: Queryable,
  merchantId: string,
  customerId: string,
): Promise<ErasureView | undefined> {
  const [row] = await database.query<ErasureView & Record<string, unknown>>(
    `SELECT customer_id AS "customerId", (extract(epoch FROM requested_at) * 1000)::bigint AS "requestedAt",
       requested_by AS "requestedBy", reason, (extract(epoch FROM finished_at) * 1000)::bigint AS "finishedAt"
     FROM customer_erasures WHERE merchant_id = $1 AND customer_id = $2`,
    [merchantId, customerId],
  );
  return row;
}
