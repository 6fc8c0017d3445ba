import type { Clock } from '../../domain/clock.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { Database, Queryable } from '../db/database.ts';
import { maskCells, openRaw } from './raw-row.ts';

/** Rows may have a megabyte. */
const BATCH = 50;
const DAY_MS = 24 * 60 * 60_000;

/**
 * Takes the personal words out of rows that have waited for a clinic or a person for so long: they are under the server's
 * key, and an erasure would not find them. The rows stay, with all else that they say, and count as `pruned`.
 * @returns how many
 */
export async function pruneWaitingRows(
  {
    db,
    clock,
    personalData,
  }: { readonly db: Database; readonly clock: Clock; readonly personalData: PersonalDataBox },
  days: number,
  isStopping: () => boolean = () => false,
): Promise<number> {
  const before = new Date(clock.nowMs() - days * DAY_MS);
  for (let pruned = 0; ; ) {
    if (isStopping()) return pruned;
    const rows = await db.transaction(async (transaction) => {
      const old = await transaction.query<{ id: number; sealed: Uint8Array }>(
        `SELECT row_id AS id, raw_sealed AS sealed FROM adopted_rows
         WHERE raw_kept = 'server' AND recorded_at < $1 ORDER BY recorded_at LIMIT ${BATCH}
         FOR UPDATE SKIP LOCKED`,
        [before],
      );
      await transaction.query(
        `UPDATE adopted_rows r SET raw_sealed = told.sealed, raw_kept = 'pruned', person_hash = NULL
         FROM unnest($1::bigint[], $2::bytea[]) AS told (id, sealed) WHERE r.row_id = told.id`,
        [
          old.map(({ id }) => id),
          old.map(({ sealed }) => personalData.seal(maskCells(openRaw(personalData, sealed)))),
        ],
      );
      return old.length;
    });
    pruned += rows;
    if (rows < BATCH) return pruned;
  }
}

/** How many rows of an old system were pruned. */
export async function prunedOf(database: Queryable, source: string): Promise<number> {
  const [row] = await database.query<{ rows: number }>(
    `SELECT count(*) AS rows FROM adopted_rows WHERE source = $1 AND raw_kept = 'pruned'`,
    [source],
  );
  return row?.rows ?? 0;
}
