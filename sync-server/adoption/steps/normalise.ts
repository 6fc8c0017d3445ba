import { openPersonKey } from '../../customers/person-keys.ts';
import type { Transaction } from '../../db/database.ts';
import { applyChanges, lockKeys, type RowToAdopt, readKnown } from '../adopt-rows.ts';
import type { RowKind } from '../columns.ts';
import { decide } from '../decide.ts';
import type { ImportDeps } from '../import-rows.ts';
import type { Mapping } from '../mapping.ts';
import { REAL } from '../place.ts';
import { openRaw } from '../raw-row.ts';
import type { Cells } from '../read-row.ts';
import type { RunOptions } from '../run-store.ts';
import { createRereader, type Rereader } from './reread.ts';

const PAGE = 250;

type WaitingRow = {
  readonly rowId: number;
  readonly kind: RowKind;
  readonly key: string;
  readonly line: number;
  readonly hash: Buffer;
  readonly merchantId: string | null;
  readonly customerId: string | null;
  readonly sealed: Uint8Array;
  readonly kept: string;
  readonly options: RunOptions;
};

/**
 * Reads rows again that could not be understood: the mapping may know their clinic or their words by now, and this
 * version more of both. @returns how many were adopted
 */
export async function normaliseAgain(
  deps: ImportDeps,
  source: string,
  mapping: Mapping,
  onProgress: (done: number) => void,
): Promise<number> {
  const read = createRereader(deps, mapping);
  let adopted = 0;
  let seen = 0;
  let after = 0;
  for (;;) {
    const page = await deps.db.query<WaitingRow & Record<string, unknown>>(
      `SELECT row_id AS "rowId", r.kind, old_key AS key, line, content_hash AS hash, merchant_id AS "merchantId",
         customer_id AS "customerId", raw_sealed AS sealed, raw_kept AS kept, options
       FROM adopted_rows r JOIN adoption_runs USING (run_id)
       WHERE state = 'unmapped' AND r.source = $1 AND row_id > $2 ORDER BY row_id LIMIT ${PAGE}`,
      [source, after],
    );
    for (const rows of withoutRepeats(page))
      adopted += await deps.db.transaction((transaction) => readAgain(deps, transaction, source, read, rows));
    seen += page.length;
    onProgress(seen);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return adopted;
    after = last.rowId;
  }
}

/** Lists of one kind in which no key stands twice, in the order of the rows. */
function withoutRepeats(page: readonly WaitingRow[]): WaitingRow[][] {
  const lists: WaitingRow[][] = [];
  for (const row of page) {
    const last = lists.at(-1);
    if (last !== undefined && last[0]?.kind === row.kind && !last.some(({ key }) => key === row.key))
      last.push(row);
    else lists.push([row]);
  }
  return lists;
}

async function readAgain(
  deps: ImportDeps,
  transaction: Transaction,
  source: string,
  read: Rereader,
  waiting: readonly WaitingRow[],
): Promise<number> {
  const rows: RowToAdopt[] = [];
  for (const one of waiting) {
    const cells = await openCells(deps, transaction, one);
    if (cells === null) continue;
    const row = read(one.kind, cells, one.options);
    // Its own id says where it stands: two runs have the same lines. What was masked hashes to something else.
    rows.push({ line: one.rowId, cells, hash: one.hash, row: { ...row, key: one.key } });
  }
  const [first] = rows;
  if (first === undefined) return 0;
  await lockKeys(transaction, source, rows);
  const known = (await readKnown(transaction, REAL, source, first.row.kind, rows)).filter(
    ({ key, hash }) => !rows.some((one) => one.row.key === key && one.hash.equals(hash)),
  );
  const { decided, ...changed } = await decide(transaction, REAL, source, rows, known);
  await transaction.query(
    `UPDATE adopted_rows r SET state = told.state, merchant_id = told."merchantId",
       reasons = ARRAY(SELECT jsonb_array_elements_text(told.reasons))
     FROM jsonb_to_recordset($1::jsonb) AS told ("rowId" bigint, state text, "merchantId" uuid, reasons jsonb)
     WHERE r.row_id = "rowId" AND r.state = 'unmapped'
       AND (r.state, r.merchant_id, to_jsonb(r.reasons)) IS DISTINCT FROM (told.state, told."merchantId", told.reasons)`,
    [
      JSON.stringify(
        decided.map(({ line, state, reasons, row }) => ({
          rowId: line,
          state,
          reasons,
          merchantId: row.merchantId,
        })),
      ),
    ],
  );
  await applyChanges(deps, transaction, REAL, source, changed, (line) => line);
  return decided.filter(({ state }) => state !== 'unmapped').length;
}

/** Null once its person was erased: nobody reads it any more. */
async function openCells(deps: ImportDeps, transaction: Transaction, row: WaitingRow): Promise<Cells | null> {
  if (row.kept !== 'person' || row.customerId === null || row.merchantId === null)
    return openRaw(deps.personalData, row.sealed);
  const { merchantId, customerId } = row;
  const box = await openPersonKey(deps, transaction, { merchantId, customerId });
  return box === null ? null : openRaw(box, row.sealed);
}
