import type { Queryable } from '../db/database.ts';

export interface UnattendedMoney {
  readonly provider: string;
  /** Charges that are still to be asked about. */
  readonly charges: number;
  /** Refunds that are on their way. */
  readonly refunds: number;
}

/**
 * Charges and refunds of providers that the configuration does not name any more: nobody asks about them until it does
 * again, and the money in them stays where it is.
 */
export function findUnattendedMoney(
  database: Queryable,
  configured: readonly string[],
  /** Without it, of all merchants. */
  merchantId: string | null = null,
): Promise<UnattendedMoney[]> {
  return database.query<UnattendedMoney & Record<string, unknown>>(
    `SELECT provider, sum(charges)::int AS charges, sum(refunds)::int AS refunds FROM (
       SELECT provider, 1 AS charges, 0 AS refunds FROM payment_transactions
       WHERE next_check_at IS NOT NULL AND NOT provider = ANY($1) AND ($2::uuid IS NULL OR merchant_id = $2)
       UNION ALL
       SELECT r.provider, 0, 1 FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
       WHERE f.next_attempt_at IS NOT NULL AND NOT r.provider = ANY($1) AND ($2::uuid IS NULL OR merchant_id = $2)
       UNION ALL
       SELECT provider, 0, 1 FROM recurring_refunds
       WHERE next_attempt_at IS NOT NULL AND NOT provider = ANY($1) AND ($2::uuid IS NULL OR merchant_id = $2)
       UNION ALL
       SELECT provider, 0, 1 FROM suspense_items
       WHERE refund_next_at IS NOT NULL AND NOT provider = ANY($1)
         AND ($2::uuid IS NULL OR merchant_id = $2)) AS waiting
     GROUP BY provider ORDER BY provider`,
    [configured, merchantId],
  );
}
