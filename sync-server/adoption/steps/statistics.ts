import type { ImportDeps } from '../import-rows.ts';

const GROWING = {
  rows: ['adopted_rows', 'adopted_transactions', 'adopted_sessions'],
  people: ['customers', 'person_keys', 'customer_identifiers'],
  links: ['customer_providers', 'customer_payment_methods'],
} as const;

/**
 * Tables that grow from nothing within minutes: by what the planner knows of them, a join goes through all pairs of rows,
 * and the check of a foreign key through all cards of a provider. The database's own renewal comes too late.
 */
export async function renewStatistics(
  { db }: Pick<ImportDeps, 'db'>,
  of: keyof typeof GROWING,
): Promise<void> {
  await db.transaction(async (transaction) => {
    await transaction.query('SET LOCAL statement_timeout = 0');
    await transaction.query(`ANALYZE ${GROWING[of].join(', ')}`);
  });
}

/** Each time that a table may have doubled: after 1, 2, 4, 8, … pages. */
export function isDoubled(pages: number): boolean {
  return Number.isInteger(Math.log2(pages));
}
