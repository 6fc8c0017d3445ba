import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { openPersonKey } from '../customers/person-keys.ts';
import type { ImportDeps } from './import-rows.ts';
import { maskCells, openRaw } from './raw-row.ts';

const PAGE = 500;

type UnmappedRow = {
  readonly rowId: number;
  readonly origin: string;
  readonly kind: string;
  readonly line: number;
  readonly key: string;
  readonly clinic: string | null;
  readonly provider: string | null;
  readonly status: string | null;
  readonly reasons: readonly string[];
  readonly merchantId: string | null;
  readonly customerId: string | null;
  readonly sealed: Uint8Array;
  readonly kept: string;
};

/**
 * Writes what could not be adopted, with the reasons, for the people who know the old system. Personal words are masked:
 * the file leaves the house. @returns how many rows it has
 */
export async function writeUnmapped(deps: ImportDeps, source: string, path: string): Promise<number> {
  const file = createWriteStream(path, { mode: 0o600 });
  const write = async (cells: readonly unknown[]): Promise<void> => {
    if (!file.write(`${cells.map(quoted).join(',')}\r\n`)) await once(file, 'drain');
  };
  await once(file, 'open');
  let rows = 0;
  let after = 0;
  await write(['file', 'kind', 'line', 'id', 'clinic', 'provider', 'status', 'reasons', 'row']);
  for (;;) {
    const page = await deps.db.query<UnmappedRow & Record<string, unknown>>(
      `SELECT row_id AS "rowId", origin, r.kind, line, old_key AS key, clinic, old_provider AS provider,
         old_status AS status, reasons, merchant_id AS "merchantId",
         customer_id AS "customerId", raw_sealed AS sealed, raw_kept AS kept
       FROM adopted_rows r JOIN adoption_runs USING (run_id)
       WHERE state = 'unmapped' AND r.source = $1 AND row_id > $2 ORDER BY row_id LIMIT ${PAGE}`,
      [source, after],
    );
    for (const row of page) {
      after = row.rowId;
      rows += 1;
      const cells = await openMasked(deps, row);
      await write([
        row.origin,
        row.kind,
        row.line,
        row.key,
        row.clinic,
        row.provider,
        row.status,
        row.reasons.join(' '),
        cells,
      ]);
    }
    if (page.length < PAGE) break;
  }
  file.end();
  await once(file, 'close');
  return rows;
}

async function openMasked(deps: ImportDeps, row: UnmappedRow): Promise<string> {
  const { merchantId, customerId } = row;
  const box =
    row.kept !== 'person' || merchantId === null || customerId === null
      ? deps.personalData
      : await openPersonKey(deps, deps.db, { merchantId, customerId });
  return box === null ? 'erased' : JSON.stringify(maskCells(openRaw(box, row.sealed)));
}

/** A cell that begins like a formula would be one in a spreadsheet. */
function quoted(value: unknown): string {
  const text = value === null ? '' : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
