import type { Queryable } from '../db/database.ts';

/** Where a run writes: the tables, or, for one that only looks, temporary ones of its connection. */
export interface Place {
  readonly rows: string;
  readonly transactions: string;
  readonly sessions: string;
  /** What is known when it looks: the tables, and before them what it wrote itself. */
  readonly known: { readonly rows: string; readonly transactions: string; readonly sessions: string };
  readonly isDry: boolean;
}

const TABLES = {
  rows: 'adopted_rows',
  transactions: 'adopted_transactions',
  sessions: 'adopted_sessions',
} as const;

export const REAL: Place = { ...TABLES, known: TABLES, isDry: false };

const DRY: Place = {
  rows: 'dry_rows',
  transactions: 'dry_transactions',
  sessions: 'dry_sessions',
  known: {
    rows: '(SELECT * FROM dry_rows UNION ALL SELECT * FROM adopted_rows)',
    transactions: newest('dry_transactions', 'adopted_transactions', 'adopted_id'),
    sessions: newest('dry_sessions', 'adopted_sessions', 'session_id'),
  },
  isDry: true,
};

function newest(dry: string, real: string, id: string): string {
  return `(SELECT * FROM ${dry} UNION ALL SELECT * FROM ${real} r
    WHERE NOT EXISTS (SELECT FROM ${dry} d WHERE d.merchant_id = r.merchant_id AND d.${id} = r.${id}))`;
}

/** Temporary tables are all that a read-only transaction may write to. The connection is in one when this returns. */
export async function openDryPlace(connection: Queryable): Promise<Place> {
  for (const [dry, real] of [
    [DRY.rows, REAL.rows],
    [DRY.transactions, REAL.transactions],
    [DRY.sessions, REAL.sessions],
  ])
    await connection.query(`CREATE TEMPORARY TABLE ${dry} (LIKE ${real} INCLUDING ALL)`);
  await connection.query('BEGIN READ ONLY');
  return DRY;
}
