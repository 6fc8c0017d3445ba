import { v5 as uuidV5 } from 'uuid';
import type { Clock, RandomBytes } from '../../domain/clock.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { Transaction } from '../db/database.ts';
import { postAdopted } from '../ledger/post-adopted.ts';
import { SESSION_STATUS } from '../unified/follow-payment.ts';
import {
  type AdoptedSession,
  type RowToWrite,
  readAdopted,
  type TransactionToWrite,
  writeAdopted,
  writeRows,
  writeSessions,
} from './adopted-store.ts';
import { type AdoptedTransaction, changeTransaction, factsOf } from './change-transaction.ts';
import { findTwins } from './find-twins.ts';
import type { Place } from './place.ts';
import { sealRaw } from './raw-row.ts';
import { type Cells, isUnmapped, type ReadRow } from './read-row.ts';
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

/** Ids of adopted rows are made from this; fixed for ever, or money would be adopted twice. */
const NAMESPACE = '0b9d6a52-6f0e-5c59-9a2e-3d1f4c7b8e60';

export function adoptedIdOf(merchantId: string, source: string, kind: string, key: string): string {
  return uuidV5(JSON.stringify([merchantId, source, kind, key]), NAMESPACE);
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
  const { decided, changes, sessions } = await decide(transaction, place, run.source, fresh, known);
  for (const one of decided)
    judged.push({ ...one, raw: place.isDry ? null : sealRaw(deps.personalData, one.row, one.cells) });
  const atMs = deps.clock.nowMs();
  const ids = await writeRows(transaction, place, run, judged, atMs);
  await applyChanges(deps, transaction, place, run.source, { changes, sessions }, (line) => ids.get(line));
  return { unchanged, rows: judged };
}

/** Writes what was decided. @param rowOf the id of the row that says it, by its line */
export async function applyChanges(
  deps: AdoptionDeps,
  transaction: Transaction,
  place: Place,
  source: string,
  { changes, sessions }: Pick<Decision, 'changes' | 'sessions'>,
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
  const facts = changes.flatMap(({ before, next }) => factsOf(before, next));
  await postAdopted(deps, transaction, facts);
}

export interface TransactionChange {
  readonly before: AdoptedTransaction | null;
  readonly next: AdoptedTransaction;
  readonly row: ReadRow;
  readonly line: number;
}

export interface Decision {
  readonly decided: readonly (RowToAdopt & Pick<RowToWrite, 'state' | 'reasons'>)[];
  readonly changes: readonly TransactionChange[];
  readonly sessions: readonly (Omit<AdoptedSession, 'rowId'> & { readonly line: number })[];
}

export interface KnownRow {
  readonly key: string;
  readonly hash: Uint8Array;
  readonly runId: string;
  readonly state: string;
  readonly merchantId: string | null;
}

/** What becomes of each row, given what is known. Reads only. */
export async function decide(
  transaction: Transaction,
  place: Place,
  source: string,
  rows: readonly RowToAdopt[],
  known: readonly KnownRow[],
): Promise<Decision> {
  const decided: Decision['decided'][number][] = [];
  const changes: TransactionChange[] = [];
  const sessions: Decision['sessions'][number][] = [];
  const idOf = ({ merchantId, kind, key }: ReadRow): string =>
    merchantId === null ? '' : adoptedIdOf(merchantId, source, kind, key);
  const understood = rows.filter(({ row }) => !isUnmapped(row));
  const adopted = await readAdopted(
    transaction,
    place,
    understood.filter(({ row }) => row.transaction !== null).map(({ row }) => idOf(row)),
  );
  const twins = await findTwins(transaction, place, understood, idOf);
  for (const one of rows) {
    const { row, line } = one;
    const earlier = known.filter(({ key, state }) => key === row.key && state !== 'duplicate');
    const isElsewhere = earlier.some(
      ({ state, merchantId }) => state !== 'unmapped' && merchantId !== null && merchantId !== row.merchantId,
    );
    const again = earlier.length > 0 ? ['known_with_other_content'] : [];
    const stop = isElsewhere ? 'merchant_may_not_change' : twins.get(line);
    if (isUnmapped(row) || row.merchantId === null || stop !== undefined) {
      const reasons = stop === undefined ? row.reasons : [stop, ...row.reasons];
      decided.push({ ...one, state: 'unmapped', reasons: [...reasons, ...again] });
      continue;
    }
    let refused: readonly string[] = [];
    if (row.transaction !== null) {
      const before = adopted.get(idOf(row)) ?? null;
      const change =
        before === null
          ? { next: { merchantId: row.merchantId, adoptedId: idOf(row), ...row.transaction }, refused: [] }
          : changeTransaction(before, row.transaction);
      refused = change.refused;
      changes.push({ before, next: change.next, row, line });
    }
    if (row.session !== null) {
      const { status, ...facts } = row.session;
      sessions.push({
        ...facts,
        status: SESSION_STATUS[status],
        merchantId: row.merchantId,
        sessionId: idOf(row),
        source,
        key: row.key,
        oldStatus: row.old.statusV2 ?? row.old.status,
        line,
      });
    }
    const reasons = [...refused, ...row.reasons, ...again];
    const isWhole = reasons.length === 0 || (refused.length === 0 && row.reasons.length === 0);
    decided.push({ ...one, state: isWhole ? 'mapped' : 'partly', reasons });
  }
  return { decided, changes, sessions };
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
        ...(row.transaction?.chargeId
          ? [`adopted charge ${row.merchantId} ${row.transaction.chargeId}`]
          : []),
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
