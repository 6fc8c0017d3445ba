import type { ImportDeps } from '../import-rows.ts';

/** Links payments to the subscriptions that they name, by the old id, then by the provider's. @returns how many */
export function linkSubscriptions({ db }: ImportDeps, source: string): Promise<number> {
  return db.transaction(async (transaction) => {
    // Over all rows of years: nobody waits for these rows.
    await transaction.query('SET LOCAL statement_timeout = 0');
    const byOldId = await transaction.query(
      `UPDATE adopted_transactions t SET subscription_id = s.subscription_id FROM adopted_subscriptions s
       WHERE t.source = $1 AND t.subscription_id IS NULL AND s.merchant_id = t.merchant_id AND s.source = t.source
         AND s.old_key = t.old_subscription_key RETURNING 1`,
      [source],
    );
    const byTheirs = await transaction.query(
      `UPDATE adopted_transactions t SET subscription_id = s.subscription_id FROM customer_subscriptions s
       WHERE t.source = $1 AND t.subscription_id IS NULL AND s.merchant_id = t.merchant_id AND s.provider = t.provider
         AND s.provider_subscription_id = t.old_subscription_key RETURNING 1`,
      [source],
    );
    return byOldId.length + byTheirs.length;
  });
}
