import { isTimeZone } from '../../domain/business-day.ts';
import type {
  AdoptionMode,
  AdoptionStatus,
  MirroredRow,
  MirrorOutcome,
} from '../../domain/protocol/adoption.ts';
import type { Log } from '../../platform/log.ts';
import type { Database, Transaction } from '../db/database.ts';
import { adoptRows } from './adopt-rows.ts';
import { columnsOf } from './columns.ts';
import type { ImportDeps } from './import-rows.ts';
import { NO_MAPPING, openMapping } from './mapping.ts';
import { REAL } from './place.ts';
import { personHashOf } from './raw-row.ts';
import { type Cells, contentHash, readRow } from './read-row.ts';
import { rowKeysOf } from './row-keys.ts';
import { noteProgress, openRun } from './run-store.ts';
import { adoptPerson } from './steps/customers.ts';

/** Connections that rows of the old system may hold at once: the pool's others are the live flow's. */
const MAX_AT_ONCE = 2;
/** A row takes some ten milliseconds. What takes longer waits for a lock, and the old system is not kept waiting. */
const STATEMENT_TIMEOUT_MS = 1_500;
const ANSWER_WITHIN_MS = 2_000;

export interface Mirror {
  take(merchantId: string, told: MirroredRow): Promise<MirrorOutcome>;
  status(merchantId: string): Promise<AdoptionStatus>;
  switchTo(merchantId: string, mode: AdoptionMode): Promise<AdoptionStatus>;
}

/** Takes rows that a living old system writes twice. Whatever goes wrong here is answered, logged and counted, and touches nothing else. */
export function createMirror(deps: ImportDeps & { readonly log: Log }): Mirror {
  const { db, clock, log } = deps;
  let atOnce = 0;
  let failures = 0;

  const failed = (merchantId: string, error: unknown): MirrorOutcome => {
    failures += 1;
    log.warn({ error, merchantId }, 'a row of the old system was not mirrored');
    return { outcome: 'failed', shadow: false, reasons: ['try_again'] };
  };
  const status = async (merchantId: string): Promise<AdoptionStatus> => ({
    mode: await modeOf(db, merchantId),
    counts: await db.query<AdoptionStatus['counts'][number]>(
      `SELECT outcome, count, (extract(epoch FROM last_at) * 1000)::bigint AS "lastAt"
       FROM adoption_mirror_counts WHERE merchant_id = $1 ORDER BY outcome`,
      [merchantId],
    ),
    failures,
  });

  return {
    status,
    async switchTo(merchantId, mode) {
      await db.query(
        `INSERT INTO adoption_switches (merchant_id, mode, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (merchant_id) DO UPDATE SET mode = excluded.mode, changed_at = excluded.changed_at`,
        [merchantId, mode, new Date(clock.nowMs())],
      );
      return status(merchantId);
    },
    async take(merchantId, told) {
      if (!isTimeZone(told.timeZone))
        return { outcome: 'unmapped', shadow: false, reasons: ['invalid_time_zone'] };
      if (atOnce >= MAX_AT_ONCE) {
        failures += 1;
        return { outcome: 'busy', shadow: false, reasons: ['try_again'] };
      }
      atOnce += 1;
      const work = takeOne(deps, merchantId, told)
        .catch((error: unknown) => failed(merchantId, error))
        .finally(() => {
          atOnce -= 1;
        });
      const late = new Promise<null>((resolve) => {
        setTimeout(resolve, ANSWER_WITHIN_MS, null).unref();
      });
      // What is late goes on, within its statements' time; sent again, it is the same row.
      return (await Promise.race([work, late])) ?? failed(merchantId, new Error('no answer in time'));
    },
  };
}

async function takeOne(deps: ImportDeps, merchantId: string, told: MirroredRow): Promise<MirrorOutcome> {
  const mode = await modeOf(deps.db, merchantId);
  if (mode === 'off') return { outcome: 'off', shadow: false, reasons: [] };
  try {
    return await deps.db.transaction(async (transaction) => {
      await transaction.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
      const outcome = await adoptOne(deps, transaction, merchantId, told);
      if (mode === 'shadow') throw new Judged({ ...outcome, shadow: true });
      await count(deps, transaction, merchantId, outcome.outcome);
      return outcome;
    });
  } catch (error) {
    if (!(error instanceof Judged)) throw error;
    await count(deps, deps.db, merchantId, `shadow_${error.outcome.outcome}`);
    return error.outcome;
  }
}

/** Takes the transaction back when all that was wanted is its outcome. */
class Judged extends Error {
  readonly outcome: MirrorOutcome;
  constructor(outcome: MirrorOutcome) {
    super('judged, and not written');
    this.outcome = outcome;
  }
}

async function adoptOne(
  deps: ImportDeps,
  transaction: Transaction,
  merchantId: string,
  told: MirroredRow,
): Promise<MirrorOutcome> {
  const { source, kind, timeZone, amounts = null } = told;
  const cells: Cells = Object.fromEntries(
    Object.entries(told.row).map(([column, value]) => [
      column,
      value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
  const options = { kind, amounts, timeZone, dayFirst: true, currency: 'BRL', columns: {} };
  const mapping = await openMapping(transaction, NO_MAPPING, merchantId);
  const secret = rowKeysOf(deps.personalData).rows;
  const by = { secret, nowMs: deps.clock.nowMs() };
  const row = readRow(cells, columnsOf(kind, Object.keys(cells)), options, mapping, by);
  const name = { source, kind, origin: `mirror of ${merchantId}`, sha256: null };
  const run = await openRun(deps, transaction, name, options);
  const one = { line: run.rowsDone + 1, cells, hash: contentHash(cells, secret), row };
  const batch = await adoptRows(deps, transaction, REAL, run, [one]);
  await noteProgress(transaction, run.runId, { rows: 1, unchanged: batch.unchanged, cursor: null });
  const [judged] = batch.rows;
  if (judged === undefined) return { outcome: 'unchanged', shadow: false, reasons: [] };
  if (row.person !== null) {
    const personHash = personHashOf(deps.personalData, row.person);
    await adoptPerson(deps, transaction, source, mapping, { merchantId, personHash });
  }
  const outcome = judged.state === 'duplicate' ? 'unchanged' : judged.state;
  return { outcome, shadow: false, reasons: [...judged.reasons] };
}

async function modeOf(db: Pick<Database, 'query'>, merchantId: string): Promise<AdoptionMode> {
  const [row] = await db.query<{ mode: AdoptionMode }>(
    'SELECT mode FROM adoption_switches WHERE merchant_id = $1',
    [merchantId],
  );
  return row?.mode ?? 'off';
}

async function count(
  { clock }: Pick<ImportDeps, 'clock'>,
  database: Pick<Database, 'query'>,
  merchantId: string,
  outcome: string,
): Promise<void> {
  await database.query(
    `INSERT INTO adoption_mirror_counts AS c (merchant_id, outcome, count, last_at) VALUES ($1, $2, 1, $3)
     ON CONFLICT (merchant_id, outcome) DO UPDATE SET count = c.count + 1, last_at = excluded.last_at`,
    [merchantId, outcome, new Date(clock.nowMs())],
  );
}
