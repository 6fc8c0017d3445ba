import { findOrCreateCustomer } from '../../customers/find-or-create-customer.ts';
import { openPersonKey } from '../../customers/person-keys.ts';
import type { Transaction } from '../../db/database.ts';
import { columnsOf, type RowKind } from '../columns.ts';
import { type ImportDeps, rowSecret } from '../import-rows.ts';
import type { Mapping } from '../mapping.ts';
import { maskCells, openRaw } from '../raw-row.ts';
import { readRow } from '../read-row.ts';
import type { RunOptions } from '../run-store.ts';

const PEOPLE = 200;
/** Of one person in one transaction; who has more is gone through again. */
const ROWS = 200;

interface Someone {
  readonly merchantId: string;
  readonly personHash: Buffer;
}

/**
 * Makes customers of whom the rows tell, one person a transaction, so that a live sale of the same person hardly waits;
 * moves what the rows hold from the server's key to the person's own. Then gives transactions the customer of their
 * session, or of the row that their old customer id names. @returns how many rows were moved
 */
export async function adoptCustomers(deps: ImportDeps, source: string, mapping: Mapping): Promise<number> {
  let moved = 0;
  for (;;) {
    const people = await deps.db.query<Someone & Record<string, unknown>>(
      `SELECT merchant_id AS "merchantId", person_hash AS "personHash" FROM adopted_rows
       WHERE raw_kept = 'server' AND source = $1 AND merchant_id IS NOT NULL
       GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${PEOPLE}`,
      [source],
    );
    for (const someone of people)
      moved += await deps.db.transaction(async (transaction) => {
        // Whole or not at all even so; a crash of the machine takes the last persons back, and they are done again.
        await transaction.query('SET LOCAL synchronous_commit = off');
        return adoptPerson(deps, transaction, source, mapping, someone);
      });
    if (people.length < PEOPLE) break;
  }
  await deps.db.transaction((transaction) => linkByOthers(transaction, source));
  return moved;
}

type RowOfPerson = {
  readonly rowId: number;
  readonly kind: RowKind;
  readonly sealed: Uint8Array;
  readonly options: RunOptions;
  readonly recordedAt: Date;
};

/** The rows of one person, or the first of many. @returns how many were moved */
export async function adoptPerson(
  deps: ImportDeps,
  transaction: Transaction,
  source: string,
  mapping: Mapping,
  { merchantId, personHash }: Someone,
): Promise<number> {
  const rows = await transaction.query<RowOfPerson & Record<string, unknown>>(
    `SELECT row_id AS "rowId", r.kind, raw_sealed AS sealed, options, recorded_at AS "recordedAt"
     FROM adopted_rows r JOIN adoption_runs USING (run_id)
     WHERE merchant_id = $1 AND person_hash = $2 AND raw_kept = 'server' AND r.source = $3
     ORDER BY row_id LIMIT ${ROWS} FOR UPDATE OF r`,
    [merchantId, personHash, source],
  );
  const read = rows.map((row) => {
    const cells = openRaw(deps.personalData, row.sealed);
    const columns = columnsOf(row.kind, Object.keys(cells), { ...row.options.columns, ...mapping.columns });
    const {
      person,
      transaction: sale,
      session,
    } = readRow(cells, columns, row.options, mapping, rowSecret(deps));
    const atMs = sale?.createdAtMs ?? session?.openedAtMs ?? null;
    return { rowId: row.rowId, cells, person, atMs };
  });
  // The oldest first: the newest word counts. A list of customers has no time, and only fills gaps.
  const told = new Map<string, { person: NonNullable<(typeof read)[number]['person']>; atMs: number }>();
  const oldestMs = Math.min(...read.flatMap(({ atMs }) => atMs ?? []), rows[0]?.recordedAt.getTime() ?? 0);
  for (const { person, atMs } of read.toSorted((a, b) => (a.atMs ?? oldestMs) - (b.atMs ?? oldestMs)))
    if (person !== null) told.set(JSON.stringify(person), { person, atMs: atMs ?? oldestMs });
  let customerId: string | null = null;
  for (const { person, atMs } of told.values())
    customerId = await findOrCreateCustomer(deps, transaction, merchantId, person, atMs);
  const box = customerId === null ? null : await openPersonKey(deps, transaction, { merchantId, customerId });
  await transaction.query(
    `UPDATE adopted_rows r SET customer_id = $1, raw_kept = $2, person_hash = NULL, raw_sealed = told.sealed
     FROM unnest($3::bigint[], $4::bytea[]) AS told (id, sealed) WHERE r.row_id = told.id`,
    [
      customerId,
      box === null ? 'masked' : 'person',
      read.map(({ rowId }) => rowId),
      read.map(({ cells }) => (box === null ? deps.personalData.seal(maskCells(cells)) : box.seal(cells))),
    ],
  );
  if (customerId !== null)
    for (const [table, kind] of [
      ['adopted_transactions', 'transaction'],
      ['adopted_sessions', 'session'],
    ])
      await transaction.query(
        `UPDATE ${table} t SET customer_id = $2 FROM adopted_rows r
         WHERE r.row_id = ANY($3) AND r.kind = $4 AND t.merchant_id = $1 AND t.source = r.source
           AND t.old_key = r.old_key AND t.customer_id IS NULL AND r.state <> 'unmapped'`,
        [merchantId, customerId, read.map(({ rowId }) => rowId), kind],
      );
  return rows.length;
}

async function linkByOthers(transaction: Transaction, source: string): Promise<void> {
  // Over all rows of years: nobody waits for these rows.
  await transaction.query('SET LOCAL statement_timeout = 0');
  await transaction.query(
    `UPDATE adopted_transactions t SET customer_id = s.customer_id
     FROM (SELECT DISTINCT ON (merchant_id, adopted_id) merchant_id, adopted_id, customer_id FROM adopted_sessions
           WHERE source = $1 AND adopted_id IS NOT NULL AND customer_id IS NOT NULL
           ORDER BY merchant_id, adopted_id, opened_at, session_id) s
     WHERE t.merchant_id = s.merchant_id AND t.adopted_id = s.adopted_id AND t.source = $1 AND t.customer_id IS NULL`,
    [source],
  );
  await transaction.query(
    `UPDATE adopted_transactions t SET customer_id = c.customer_id
     FROM (SELECT DISTINCT ON (merchant_id, old_key) merchant_id, old_key, customer_id FROM adopted_rows
           WHERE source = $1 AND kind = 'customer' AND customer_id IS NOT NULL
           ORDER BY merchant_id, old_key, row_id DESC) c
     WHERE t.merchant_id = c.merchant_id AND t.old_customer_key = c.old_key AND t.source = $1 AND t.customer_id IS NULL`,
    [source],
  );
}
