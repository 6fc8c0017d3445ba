import type { UnitChange, UnitList, UnitRequest } from '../../domain/protocol/catalog-changes.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import type { UnitKey } from '../sync/feed-log.ts';
import {
  type CatalogDeps,
  type CatalogOutcome,
  changeCatalog,
  differences,
  merged,
  type Refused,
  refuse,
} from './change-catalog.ts';

interface UnitFields {
  readonly name: string;
  readonly city: string;
  readonly timeZone: string;
  readonly counters: readonly string[];
}

const SELECT = `SELECT unit_id AS "unitId", name, city, time_zone AS "timeZone", counters, catalog_version AS version
  FROM units WHERE merchant_id = $1`;

export async function listUnits(database: Queryable, merchantId: string): Promise<UnitList> {
  const units = await database.query<UnitList['units'][number]>(`${SELECT} ORDER BY name, unit_id`, [
    merchantId,
  ]);
  return { units };
}

/** A new unit, with the first entry of its feed. */
export async function addUnit(
  deps: CatalogDeps,
  merchantId: string,
  { unitId, name, city, timeZone, counters }: UnitRequest,
  by: string,
): Promise<CatalogOutcome> {
  // Units are not told apart by their merchant alone: totems and screens name them by this id.
  const [other] = await deps.db.query('SELECT 1 FROM units WHERE unit_id = $1 AND merchant_id <> $2', [
    unitId,
    merchantId,
  ]);
  if (other !== undefined) return refuse('unit_conflict', 'the id is another unit’s');
  const inserted = await deps.db.query(
    `INSERT INTO units (merchant_id, unit_id, name, city, time_zone, counters) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING RETURNING unit_id`,
    [merchantId, unitId, name, city, timeZone, counters],
  );
  const wanted: UnitFields = { name, city, timeZone, counters };
  return changeCatalog(deps, { merchantId, unitId }, by, async (transaction) => {
    // One that was written, and whose process died before its feed had begun, is begun here.
    const known = await transaction.query(
      'SELECT 1 FROM feed WHERE merchant_id = $1 AND unit_id = $2 LIMIT 1',
      [merchantId, unitId],
    );
    if (inserted.length === 0) {
      const current = await readUnit(transaction, { merchantId, unitId });
      if (differences({ ...current }, { ...wanted }) !== null)
        return refuse('unit_conflict', 'the unit exists with other data');
    }
    return known.length > 0
      ? null
      : { kind: 'unit_added', serviceId: null, before: null, after: { ...wanted } };
  });
}

export function changeUnit(
  deps: CatalogDeps,
  unit: UnitKey,
  change: UnitChange,
  by: string,
): Promise<CatalogOutcome> {
  return changeCatalog(deps, unit, by, async (transaction) => {
    const current = await readUnit(transaction, unit);
    const changed = differences({ ...current }, change);
    if (changed === null) return null;
    const wanted = merged(current, change);
    const problem = await counterInUse(transaction, unit, wanted.counters);
    if (problem !== null) return problem;
    await transaction.query(
      'UPDATE units SET name = $3, city = $4, counters = $5 WHERE merchant_id = $1 AND unit_id = $2',
      [unit.merchantId, unit.unitId, wanted.name, wanted.city, wanted.counters],
    );
    return { kind: 'unit_changed', serviceId: null, ...changed };
  });
}

async function readUnit(transaction: Transaction, { merchantId, unitId }: UnitKey): Promise<UnitFields> {
  const [unit] = await transaction.query<UnitFields & Record<string, unknown>>(`${SELECT} AND unit_id = $2`, [
    merchantId,
    unitId,
  ]);
  if (unit === undefined) throw new Error(`the locked unit ${unitId} is not there`);
  return unit;
}

/** A counter that goes away while somebody is served there could never complete the ticket. */
async function counterInUse(
  transaction: Transaction,
  { merchantId, unitId }: UnitKey,
  counters: readonly string[],
): Promise<Refused | null> {
  const [held] = await transaction.query<{ counter: string; label: string }>(
    `SELECT counter, label FROM tickets WHERE merchant_id = $1 AND unit_id = $2
       AND status IN ('called', 'in_progress') AND NOT counter = ANY($3) LIMIT 1`,
    [merchantId, unitId, counters],
  );
  if (held === undefined) return null;
  return refuse('counter_in_use', `${held.counter} is serving ${held.label}: let it finish first`);
}
