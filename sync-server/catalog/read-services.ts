import type {
  ManagedCatalog,
  PlannedPrice,
  ServiceHistory,
  ServiceView,
} from '../../domain/protocol/catalog-changes.ts';
import { MAX_CHANGES_LISTED } from '../../domain/protocol/catalog-changes.ts';
import type { Queryable } from '../db/database.ts';
import type { UnitKey } from '../sync/feed-log.ts';
import type { ServiceKey } from './services.ts';

const PLANS = `SELECT plan_id AS "planId", service_id AS "serviceId", international, amount_cents AS "amountCents",
    currency, (extract(epoch FROM takes_effect_at) * 1000)::bigint AS "takesEffectAt",
    (extract(epoch FROM planned_at) * 1000)::bigint AS "plannedAt", planned_by AS "plannedBy", status, detail
  FROM planned_prices`;

type PlanRow = PlannedPrice & { serviceId: string };

/** All services of the unit, sold or not, for whoever manages them; null when there is no such unit. */
export async function readManagedCatalog(
  database: Queryable,
  { merchantId, unitId }: UnitKey,
): Promise<ManagedCatalog | null> {
  const [unit] = await database.query<{ unitId: string; unitName: string; version: number }>(
    `SELECT unit_id AS "unitId", name AS "unitName", catalog_version AS version FROM units
     WHERE merchant_id = $1 AND unit_id = $2`,
    [merchantId, unitId],
  );
  if (unit === undefined) return null;
  const services = await database.query<Omit<ServiceView, 'planned'> & Record<string, unknown>>(
    `SELECT s.service_id AS "serviceId", s.unit_id AS "unitId", name, description, prefix,
       s.amount_cents AS "amountCents", pay_at_counter AS "payAtCounter", s.currency, pix,
       estimated_minutes AS "estimatedMinutes", position, s.active,
       CASE WHEN price.amount_cents IS NOT NULL
         THEN jsonb_build_object('amountCents', price.amount_cents, 'currency', price.currency) END AS card
     FROM services s LEFT JOIN LATERAL (
       SELECT p.amount_cents, p.currency FROM offers o JOIN offer_prices p USING (merchant_id, offer_id)
       WHERE o.merchant_id = s.merchant_id AND o.service_id = s.service_id AND o.international AND o.active
       ORDER BY p.version DESC LIMIT 1) price ON true
     WHERE s.merchant_id = $1 AND s.unit_id = $2 ORDER BY NOT s.active, position, s.service_id`,
    [merchantId, unitId],
  );
  const plans = await database.query<PlanRow>(
    `${PLANS} WHERE merchant_id = $1 AND service_id = ANY($2) AND status = 'planned'
     ORDER BY takes_effect_at, planned_at`,
    [merchantId, services.map(({ serviceId }) => serviceId)],
  );
  return {
    ...unit,
    services: services.map((service) => ({
      ...service,
      planned: plans.filter(({ serviceId }) => serviceId === service.serviceId),
    })),
  };
}

/** What was changed, by whom, and from when on; the newest first. */
export async function readServiceHistory(
  database: Queryable,
  { merchantId, serviceId }: ServiceKey,
): Promise<ServiceHistory> {
  const changes = await database.query<ServiceHistory['changes'][number]>(
    `SELECT version, (extract(epoch FROM at) * 1000)::bigint AS at, changed_by AS by, kind, before, after
     FROM catalog_changes WHERE merchant_id = $1 AND service_id = $2 ORDER BY version DESC LIMIT $3`,
    [merchantId, serviceId, MAX_CHANGES_LISTED],
  );
  const prices = await database.query<ServiceHistory['prices'][number]>(
    `SELECT international, version, amount_cents AS "amountCents", currency,
       (extract(epoch FROM valid_from) * 1000)::bigint AS "validFrom", created_by AS by
     FROM offers JOIN offer_prices USING (merchant_id, offer_id)
     WHERE merchant_id = $1 AND service_id = $2 ORDER BY international, version DESC LIMIT $3`,
    [merchantId, serviceId, MAX_CHANGES_LISTED],
  );
  const planned = await database.query<PlanRow>(
    `${PLANS} WHERE merchant_id = $1 AND service_id = $2 ORDER BY takes_effect_at DESC LIMIT $3`,
    [merchantId, serviceId, MAX_CHANGES_LISTED],
  );
  return { changes, prices, planned };
}
