import type { Person } from '../../../domain/person.ts';
import { findOrCreateCustomer } from '../../customers/find-or-create-customer.ts';
import { openPersonKey } from '../../customers/person-keys.ts';
import type { Transaction } from '../../db/database.ts';
import { adoptedIdOf } from '../adopt-rows.ts';
import { columnsOf, type RowKind } from '../columns.ts';
import { type ImportDeps, rowSecret } from '../import-rows.ts';
import type { Mapping } from '../mapping.ts';
import { maskCells, openRaw } from '../raw-row.ts';
import { readRow } from '../read-row.ts';
import type { RunOptions } from '../run-store.ts';

const PEOPLE = 200;
/** Most of the time goes by between program and database. */
const AT_ONCE = 4;
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
  // Who has more rows than one transaction takes is met again in the next round.
  for (let inRound = -1; inRound !== 0; ) {
    inRound = await adoptEverybody(deps, source, mapping);
    moved += inRound;
  }
  await deps.db.transaction((transaction) => linkByOthers(transaction, source));
  return moved;
}

type RowOfPerson = {
  readonly rowId: number;
  readonly kind: RowKind;
  readonly key: string;
  readonly state: string;
  readonly sealed: Uint8Array;
  readonly options: RunOptions;
  readonly recordedAt: Date;
};

async function adoptEverybody(deps: ImportDeps, source: string, mapping: Mapping): Promise<number> {
  const adopt = (someone: Someone): Promise<number> =>
    deps.db.transaction(async (transaction) => {
      // Whole or not at all even so; a crash of the machine takes the last persons back, and they are done again.
      await transaction.query('SET LOCAL synchronous_commit = off');
      return adoptPerson(deps, transaction, source, mapping, someone);
    });
  let moved = 0;
  let after: Someone = { merchantId: '00000000-0000-0000-0000-000000000000', personHash: Buffer.alloc(0) };
  for (;;) {
    const people = await deps.db.query<Someone & Record<string, unknown>>(
      `SELECT merchant_id AS "merchantId", person_hash AS "personHash" FROM adopted_rows
       WHERE raw_kept = 'server' AND source = $1 AND (merchant_id, person_hash) > ($2, $3)
       GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${PEOPLE}`,
      [source, after.merchantId, after.personHash],
    );
    for (let at = 0; at < people.length; at += AT_ONCE)
      for (const rows of await Promise.all(people.slice(at, at + AT_ONCE).map(adopt))) moved += rows;
    const last = people.at(-1);
    if (last === undefined || people.length < PEOPLE) return moved;
    after = last;
  }
}

/** The rows of one person, or the first of many. @returns how many were moved */
export async function adoptPerson(
  deps: ImportDeps,
  transaction: Transaction,
  source: string,
  mapping: Mapping,
  { merchantId, personHash }: Someone,
): Promise<number> {
  const rows = await transaction.query<RowOfPerson & Record<string, unknown>>(
    `SELECT row_id AS "rowId", r.kind, old_key AS key, state, raw_sealed AS sealed, options, recorded_at AS "recordedAt"
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
  const told = togetherOf(read, rows[0]?.recordedAt.getTime() ?? deps.clock.nowMs());
  const customerId =
    told === null
      ? null
      : await findOrCreateCustomer(deps, transaction, merchantId, told.person, told.newestMs);
  if (told !== null)
    await transaction.query(
      'UPDATE customers SET created_at = least(created_at, $3) WHERE merchant_id = $1 AND customer_id = $2',
      [merchantId, customerId, new Date(told.oldestMs)],
    );
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
    for (const [table, id, kind] of [
      ['adopted_transactions', 'adopted_id', 'transaction'],
      ['adopted_sessions', 'session_id', 'session'],
    ] as const) {
      const ids = rows
        .filter((row) => row.kind === kind && row.state !== 'unmapped')
        .map(({ key }) => adoptedIdOf(merchantId, source, kind, key));
      if (ids.length > 0)
        await transaction.query(
          `UPDATE ${table} SET customer_id = $2
           WHERE merchant_id = $1 AND ${id} = ANY($3::uuid[]) AND customer_id IS NULL`,
          [merchantId, customerId, ids],
        );
    }
  return rows.length;
}

/**
 * What all rows of one person tell together: the newest word counts. A list of customers has no time, and only fills gaps.
 * @param recordedMs for whom no row has a time
 */
function togetherOf(
  rows: readonly { readonly person: Person | null; readonly atMs: number | null }[],
  recordedMs: number,
): { readonly person: Person; readonly oldestMs: number; readonly newestMs: number } | null {
  const times = rows.flatMap(({ atMs }) => atMs ?? []);
  const person = rows
    .toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0))
    .flatMap((row) => row.person ?? [])
    .reduce<Person | null>(
      (known, told) => ({ ...told, name: told.name ?? known?.name, phone: told.phone ?? known?.phone }),
      null,
    );
  if (person === null) return null;
  return times.length === 0
    ? { person, oldestMs: recordedMs, newestMs: recordedMs }
    : { person, oldestMs: Math.min(...times), newestMs: Math.max(...times) };
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
