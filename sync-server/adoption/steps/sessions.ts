import type { ImportDeps } from '../import-rows.ts';

/** How a session names its payment, the surest first; of several payments the one that brought money, then the first. */
const MATCHES = [
  't.old_key = s.old_transaction_key',
  't.old_session_key = s.old_key',
  't.provider_order_id = s.provider_order_id',
] as const;

/** Links sessions to the transactions that came of them. @returns how many were linked */
export function linkSessions({ db }: ImportDeps, source: string): Promise<number> {
  return db.transaction(async (transaction) => {
    // Over all rows of years: nobody waits for these rows.
    await transaction.query('SET LOCAL statement_timeout = 0');
    let linked = 0;
    for (const match of MATCHES) {
      const rows = await transaction.query(
        `UPDATE adopted_sessions held SET adopted_id = found.adopted_id
         FROM (SELECT DISTINCT ON (s.merchant_id, s.session_id) s.merchant_id, s.session_id, t.adopted_id
               FROM adopted_sessions s JOIN adopted_transactions t
                 ON t.merchant_id = s.merchant_id AND t.source = s.source AND ${match}
               WHERE s.source = $1 AND s.adopted_id IS NULL
               ORDER BY s.merchant_id, s.session_id, t.paid_at NULLS LAST, t.created_at, t.adopted_id) found
         WHERE held.merchant_id = found.merchant_id AND held.session_id = found.session_id RETURNING 1`,
        [source],
      );
      linked += rows.length;
    }
    return linked;
  });
}
