import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { appendFeed, type UnitKey } from '../sync/feed-log.ts';
import { readCatalog } from './catalog.ts';

export type CatalogRefusal =
  | 'unit_unknown'
  | 'unit_conflict'
  | 'counter_in_use'
  | 'service_unknown'
  | 'service_conflict'
  | 'prefix_taken'
  | 'name_taken'
  | 'not_payable'
  | 'in_the_past'
  | 'currency_not_allowed'
  | 'plan_unknown';

export interface Refused {
  readonly ok: false;
  readonly code: CatalogRefusal;
  readonly detail: string;
}
export type CatalogOutcome = { readonly ok: true } | Refused;

type Fields = Readonly<Record<string, unknown>>;

/** What a piece of work did to the unit's catalogue; null where everything was as it was asked for already. */
export interface CatalogChange {
  readonly kind: 'unit_added' | 'unit_changed' | 'service_added' | 'service_changed' | 'price_changed';
  /** Null: the unit itself. */
  readonly serviceId: string | null;
  readonly before: Fields | null;
  readonly after: Fields;
}

export type CatalogDeps = Pick<ServerContext, 'db' | 'clock' | 'randomBytes' | 'feedWake' | 'workDue'>;

/**
 * Changes a unit's catalogue: under the lock of the unit's row, so that changes take turns, the work is done, the
 * version raised, the change written down, and the totems told, all in one commit. Nothing else that holds the unit's
 * row waits for rows of the catalogue, so that this lock, which is the last one elsewhere, may come first here.
 * @param work answers what it changed; a refusal takes back what it did
 */
export async function changeCatalog(
  { db, clock, feedWake }: CatalogDeps,
  unit: UnitKey,
  by: string,
  work: (transaction: Transaction, atMs: number) => Promise<CatalogChange | null | Refused>,
): Promise<CatalogOutcome> {
  const rollback = new Rollback();
  try {
    await db.transaction(async (transaction) => {
      const [locked] = await transaction.query<{ version: number }>(
        `SELECT catalog_version AS version FROM units WHERE merchant_id = $1 AND unit_id = $2 FOR NO KEY UPDATE`,
        [unit.merchantId, unit.unitId],
      );
      if (locked === undefined)
        throw rollback.because(refuse('unit_unknown', 'the merchant has no such unit'));
      const atMs = clock.nowMs();
      const change = await work(transaction, atMs);
      if (change === null) return;
      if ('ok' in change) throw rollback.because(change);
      const version = change.kind === 'unit_added' ? locked.version : locked.version + 1;
      await transaction.query(
        'UPDATE units SET catalog_version = $3 WHERE merchant_id = $1 AND unit_id = $2',
        [unit.merchantId, unit.unitId, version],
      );
      await writeChange(transaction, unit, version, by, change, atMs);
      const catalog = await readCatalog(transaction, unit);
      if (catalog === null) throw new Error(`the locked unit ${unit.unitId} has no catalogue`);
      await appendFeed(transaction, feedWake, unit, 'catalog.changed', { catalog }, atMs);
    });
    return { ok: true };
  } catch (error) {
    if (error === rollback && rollback.refused !== null) return rollback.refused;
    throw error;
  }
}

async function writeChange(
  transaction: Transaction,
  unit: UnitKey,
  version: number,
  by: string,
  { kind, serviceId, before, after }: CatalogChange,
  atMs: number,
): Promise<void> {
  await transaction.query(
    `INSERT INTO catalog_changes (merchant_id, unit_id, version, at, changed_by, kind, service_id, before, after)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      unit.merchantId,
      unit.unitId,
      version,
      new Date(atMs),
      by,
      kind,
      serviceId,
      before === null ? null : JSON.stringify(before),
      JSON.stringify(after),
    ],
  );
}

/** Ends the transaction without its work; carries the refusal out of it. */
class Rollback extends Error {
  refused: Refused | null = null;
  because(refused: Refused): this {
    this.refused = refused;
    return this;
  }
}

export function refuse(code: CatalogRefusal, detail: string): Refused {
  return { ok: false, code, detail };
}

/** The fields of `wanted` that are not as in `current`; null when all are. */
export function differences(
  current: Fields,
  wanted: Fields,
): { readonly before: Fields; readonly after: Fields } | null {
  const changed = Object.keys(wanted).filter(
    (key) => wanted[key] !== undefined && JSON.stringify(current[key]) !== JSON.stringify(wanted[key]),
  );
  if (changed.length === 0) return null;
  const pick = (from: Fields): Fields => Object.fromEntries(changed.map((key) => [key, from[key]]));
  return { before: pick(current), after: pick(wanted) };
}

/** `current` with what `change` names of it. */
export function merged<T extends object>(
  current: T,
  change: { readonly [K in keyof T]?: T[K] | undefined },
): T {
  const named = Object.entries(change).filter(([, value]) => value !== undefined);
  return { ...current, ...Object.fromEntries(named) };
}
