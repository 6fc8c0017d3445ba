import { Catalog } from '../../domain/protocol/catalog.ts';
import type { Queryable } from '../db/database.ts';
import type { UnitKey } from '../sync/feed-log.ts';

/** What the unit sells, as the kiosks are told; null when there is no such unit. */
export async function readCatalog(db: Queryable, { merchantId, unitId }: UnitKey): Promise<Catalog | null> {
  const [unit] = await db.query<{ version: number } & Catalog['unit']>(
    `SELECT unit.catalog_version AS version, unit.unit_id AS "unitId", merchant.merchant_id AS "merchantId",
       merchant.name AS "merchantName", unit.name AS "unitName", unit.city, unit.time_zone AS "timeZone", unit.counters
     FROM units unit JOIN merchants merchant USING (merchant_id)
     WHERE unit.merchant_id = $1 AND unit.unit_id = $2`,
    [merchantId, unitId],
  );
  if (unit === undefined) return null;
  const services = await db.query(
    `SELECT service_id AS "serviceId", name, description, prefix, amount_cents AS "amountCents",
       pay_at_counter AS "payAtCounter", currency, estimated_minutes AS "estimatedMinutes"
     FROM services WHERE merchant_id = $1 AND unit_id = $2 AND active ORDER BY position, service_id`,
    [merchantId, unitId],
  );
  const { version, ...rest } = unit;
  return Catalog.parse({ version, unit: rest, services });
}
