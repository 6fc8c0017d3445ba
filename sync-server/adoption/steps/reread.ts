import { type Columns, columnsOf, type RowKind } from '../columns.ts';
import type { ImportDeps } from '../import-rows.ts';
import type { Mapping } from '../mapping.ts';
import { type Cells, type ReadRow, readRow } from '../read-row.ts';
import type { Reason } from '../reasons.ts';
import { rowKeysOf } from '../row-keys.ts';
import type { RunOptions } from '../run-store.ts';

export type Rereader = (kind: RowKind, cells: Cells, options: RunOptions) => ReadRow;

/** Rows of a mirror may have any columns. */
const MAX_HEADERS = 1_000;

/** What another rule for amounts may mend. */
const LOST_AMOUNTS: ReadonlySet<string> = new Set<Reason>([
  'amount_unreadable',
  'amount_undecidable',
  'cents_with_decimals',
]);

/** Reads rows again that were kept: by the options that they came with, and the mapping of now. */
export function createRereader(
  { personalData, clock }: Pick<ImportDeps, 'personalData' | 'clock'>,
  mapping: Mapping,
): Rereader {
  const secret = rowKeysOf(personalData).rows;
  // Most rows of a step have one header; finding its columns takes longer than reading the row.
  const headers = new Map<string, Columns>();
  return (kind, cells, options) => {
    const name = JSON.stringify([kind, Object.keys(cells), options.columns]);
    let columns = headers.get(name);
    if (columns === undefined) {
      columns = columnsOf(kind, Object.keys(cells), { ...options.columns, ...mapping.columns });
      if (headers.size >= MAX_HEADERS) headers.clear();
      headers.set(name, columns);
    }
    const by = { secret, nowMs: clock.nowMs() };
    const row = readRow(cells, columns, options, mapping, by);
    const { amounts } = mapping;
    const isAmountLost = row.reasons.some((reason) => LOST_AMOUNTS.has(reason));
    return amounts === null || !isAmountLost
      ? row
      : readRow(cells, columns, { ...options, amounts }, mapping, by);
  };
}
