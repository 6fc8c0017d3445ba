import type { Clock, RandomBytes } from '../../domain/clock.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { Transaction } from '../db/database.ts';
import { postAdopted } from '../ledger/post-adopted.ts';
import {
  type RowToWrite,
  type TransactionToWrite,
  writeAdopted,
  writeRows,
  writeSessions,
} from './adopted-store.ts';
import { writeLinks, writeSubscriptions } from './adopted-subscriptions.ts';
import { factsOf } from './change-transaction.ts';
import { type Decision, decide, type KnownRow } from './decide.ts';
import type { Place } from './place.ts';
import { sealRaw } from './raw-row.ts';
import type { Cells, ReadRow } from './read-row.ts';
import type { Run } from './run-store.ts';

export interface AdoptionDeps {
  readonly personalData: PersonalDataBox;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

export interface RowToAdopt {
  readonly line: number;
  readonly cells: Cells;
  readonly hash: Buffer;
  readonly row: ReadRow;
}

export interface AdoptedBatch {
  /** Rows that are here already, word for word. */
  readonly unchanged: number;
  readonly rows: readonly Pick<RowToWrite, 'line' | 'state' | 'reasons'>[];
}

/**
 * Adopts rows of one kind, each key with one content: what they say becomes transactions or sessions, money is posted, and
 * each row is kept with what became of it. In the caller's transaction, all or nothing. Nothing of it reaches tickets,
 * queue or feed.
 */
export async function adoptRows(
  deps: AdoptionDeps,
  transaction: Transaction,
  place: Place,
  run: Pick<Run, 'runId' | 'source' | 'sha256'>,
  rows: readonly RowToAdopt[],
): Promise<AdoptedBatch> {
  const [first] = rows;
  if (first === undefined) return { unchanged: 0, rows: [] };
  if (!place.isDry) await lockKeys(transaction, run.source, rows);
  const known = await readKnown(transaction, place, run.source, first.row.kind, rows);
  const fresh: RowToAdopt[] = [];
  const judged: RowToWrite[] = [];
  const inBatch = new Set<string>();
  let unchanged = 0;
  for (const one of rows) {
    const same = known.filter(({ key, hash }) => key === one.row.key && one.hash.equals(hash));
    // Of a table, or of a mirror, a row is read again; in a file it stands twice.
    const isHere = inBatch.has(one.row.key) || same.some(({ runId }) => runId === run.runId);
    if (run.sha256 !== null && isHere)
      judged.push({ ...one, state: 'duplicate', reasons: ['same_row_again'], raw: null });
    else if (isHere || same.length > 0) unchanged += 1;
    else {
      inBatch.add(one.row.key);
      fresh.push(one);
    }
  }
  const { decided, ...changed } = await decide(transaction, place, run.source, fresh, known);
  for (const one of decided)
    judged.push({ ...one, raw: place.isDry ? null : sealRaw(deps.personalData, one.row, one.cells) });
  const atMs = deps.clock.nowMs();
  const ids = await writeRows(transaction, place, run, judged, atMs);
  await applyChanges(deps, transaction, place, run.source, changed, (line) => ids.get(line));
  return { unchanged, rows: judged };
}

/** Writes what was decided. @param rowOf the id of the row that says it, by its line */
export async function applyChanges(
  deps: AdoptionDeps,
  transaction: Transaction,
  place: Place,
  source: string,
  { changes, sessions, subscriptions, links }: Omit<Decision, 'decided'>,
  rowOf: (line: number) => number | undefined,
): Promise<void> {
  const idOf = (line: number): number => {
    const id = rowOf(line);
    if (id === undefined) throw new Error(`line ${line} was not written`);
    return id;
  };
  const written: TransactionToWrite[] = changes.map(({ next, row, line }) => ({
    next,
    row,
    source,
    rowId: idOf(line),
  }));
  await writeAdopted(transaction, place, written, deps.clock.nowMs());
  await writeSessions(
    transaction,
    place,
    sessions.map(({ line, ...session }) => ({ ...session, rowId: idOf(line) })),
  );
  if (place.isDry) return;
  await writeSubscriptions(
    transaction,
    subscriptions.map(({ line, ...one }) => ({ ...one, rowId: idOf(line) })),
    deps.clock.nowMs(),
  );
  await writeLinks(
    transaction,
    links.map(({ line, ...one }) => ({ ...one, rowId: idOf(line) })),
  );
  const facts = changes.flatMap(({ before, next }) => factsOf(before, next, deps.clock.nowMs()));
  await postAdopted(deps, transaction, facts);
}

/** An import and a mirrored row of the same key take turns. Sorted: two batches never wait for each other. */
export async function lockKeys(
  transaction: Transaction,
  source: string,
  rows: readonly Pick<RowToAdopt, 'row'>[],
): Promise<void> {
  await transaction.query(
    `SELECT pg_advisory_xact_lock(hash) FROM (
       SELECT DISTINCT hashtextextended(name, 0) AS hash FROM unnest($1::text[]) AS name ORDER BY 1) AS names`,
    [
      rows.flatMap(({ row }) => [
        `adopted ${source} ${row.kind} ${row.key}`,
        // Twins are of one charge, whosever it is, or of one order.
        ...[row.transaction?.chargeId, row.transaction?.orderId]
          .filter((name) => name != null)
          .map((name) => `adopted charge ${name}`),
      ]),
    ],
  );
}

export function readKnown(
  transaction: Transaction,
  place: Place,
  source: string,
  kind: string,
  rows: readonly Pick<RowToAdopt, 'row'>[],
): Promise<KnownRow[]> {
  return transaction.query<KnownRow & Record<string, unknown>>(
    `SELECT old_key AS key, content_hash AS hash, run_id AS "runId", state, merchant_id AS "merchantId"
     FROM ${place.known.rows} AS known WHERE source = $1 AND kind = $2 AND old_key = ANY($3::text[])`,
    [source, kind, rows.map(({ row }) => row.key)],
  );
}
