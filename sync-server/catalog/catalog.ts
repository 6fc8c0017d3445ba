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
    `SELECT s.service_id AS "serviceId", name, description, prefix, s.amount_cents AS "amountCents",
       pay_at_counter AS "payAtCounter", s.currency, pix, estimated_minutes AS "estimatedMinutes",
       CASE WHEN price.offer_id IS NOT NULL THEN jsonb_build_object('offerId', price.offer_id,
         'amountCents', price.amount_cents, 'currency', price.currency) END AS card
     FROM services s LEFT JOIN LATERAL (
       SELECT o.offer_id, p.amount_cents, p.currency FROM offers o JOIN offer_prices p USING (merchant_id, offer_id)
       WHERE o.merchant_id = s.merchant_id AND o.service_id = s.service_id AND o.international AND o.active
       ORDER BY p.version DESC LIMIT 1) price ON true
     WHERE s.merchant_id = $1 AND unit_id = $2 AND s.active ORDER BY position, s.service_id`,
    [merchantId, unitId],
  );
  const { version, ...rest } = unit;
  return Catalog.parse({ version, unit: rest, services });
}
