import type { Queryable } from '../../db/database.ts';

/** `provider status month` → rows and cents, by SQL alone; months as in Brazil. */
export async function adoptedSums(
  database: Queryable,
): Promise<Map<string, { rows: number; cents: number }>> {
  const sums = await database.query<{ name: string; rows: number; cents: number }>(
    `SELECT concat_ws(' ', provider, status, to_char(created_at AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM')) AS name,
       count(*) AS rows, sum(amount_cents)::bigint AS cents
     FROM adopted_transactions GROUP BY 1`,
  );
  return new Map(sums.map(({ name, rows, cents }) => [name, { rows, cents }]));
}
