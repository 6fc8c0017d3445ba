import { newId } from '../../domain/ids.ts';
import type { PriceRequest } from '../../domain/protocol/catalog-changes.ts';
import type { ServerContext } from '../context.ts';
import { startDueWorker } from '../payments/due-worker.ts';
import type { WorkerLoop } from '../payments/worker-loop.ts';
import { type CatalogDeps, type CatalogOutcome, changeCatalog, refuse } from './change-catalog.ts';
import { type Price, setPrice } from './prices.ts';
import { notPayable, type ServiceKey, unitOfService } from './services.ts';

/** A clock at the manager's desk may be a little behind the server's. */
const SLACK_MS = 60_000;

/** Sets a price at once, or plans it. */
export async function changePrice(
  deps: CatalogDeps,
  key: ServiceKey,
  request: PriceRequest,
  by: string,
): Promise<CatalogOutcome> {
  const { from, ...price } = request;
  const nowMs = deps.clock.nowMs();
  if (!price.international && price.currency !== 'BRL')
    return refuse('currency_not_allowed', 'the national price is in reais (BRL)');
  if (from !== null && from < nowMs - SLACK_MS)
    return refuse('in_the_past', 'a price counts from now or later; what was is not changed');
  const unit = await unitOfService(deps, key);
  if (unit === null) return refuse('service_unknown', 'the merchant has no such service');
  if (from !== null && from > nowMs) return planPrice(deps, key, price, from, by);
  return changeCatalog(deps, unit, by, async (transaction, atMs) => {
    const before = await setPrice(deps, transaction, key, price, atMs, by);
    if (before === null) return null;
    const unpayable = await notPayable(transaction, key);
    if (unpayable !== null) return unpayable;
    return { kind: 'price_changed', serviceId: key.serviceId, before: { ...before }, after: { ...price } };
  });
}

async function planPrice(
  { db, clock, randomBytes, workDue }: CatalogDeps,
  { merchantId, serviceId }: ServiceKey,
  price: Price,
  takesEffectAtMs: number,
  by: string,
): Promise<CatalogOutcome> {
  await db.transaction(async (transaction) => {
    // The service's row, so that two plans for one moment take turns.
    await transaction.query(
      'SELECT 1 FROM services WHERE merchant_id = $1 AND service_id = $2 FOR NO KEY UPDATE',
      [merchantId, serviceId],
    );
    const at = new Date(clock.nowMs());
    await transaction.query(
      `UPDATE planned_prices SET status = 'withdrawn', detail = 'replaced by ' || $5, ended_at = $6
       WHERE merchant_id = $1 AND service_id = $2 AND international = $3 AND takes_effect_at = $4
         AND status = 'planned'`,
      [merchantId, serviceId, price.international, new Date(takesEffectAtMs), by, at],
    );
    await transaction.query(
      `INSERT INTO planned_prices (merchant_id, plan_id, service_id, international, amount_cents, currency,
         takes_effect_at, planned_at, planned_by, status)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'planned')`,
      [
        merchantId,
        newId(clock, randomBytes),
        serviceId,
        price.international,
        price.amountCents,
        price.currency,
        new Date(takesEffectAtMs),
        at,
        by,
      ],
    );
    transaction.afterCommit(() => workDue.announce('price', takesEffectAtMs));
  });
  return { ok: true };
}

/** A plan that has not come true yet is dropped; the row stays. */
export async function withdrawPlan(
  { db, clock }: CatalogDeps,
  { merchantId, serviceId }: ServiceKey,
  planId: string,
  by: string,
): Promise<CatalogOutcome> {
  const withdrawn = await db.query(
    `UPDATE planned_prices SET status = 'withdrawn', detail = 'by ' || $4, ended_at = $5
     WHERE merchant_id = $1 AND service_id = $2 AND plan_id = $3 AND status = 'planned' RETURNING plan_id`,
    [merchantId, serviceId, planId, by, new Date(clock.nowMs())],
  );
  if (withdrawn.length > 0) return { ok: true };
  return refuse('plan_unknown', 'there is no such plan, or its moment has come');
}

interface DuePlan extends Price, ServiceKey {
  readonly planId: string;
  readonly takesEffectAt: Date;
  readonly plannedBy: string;
}

/** Makes planned prices count when their moment comes, in the order of their moments. */
export function startPlannedPrices(context: ServerContext): WorkerLoop {
  const { clock, db } = context;
  return startDueWorker(context, 'price', {
    name: 'planned-prices',
    task: async (isStopping) => {
      while (!isStopping()) {
        const [plan] = await db.query<DuePlan & Record<string, unknown>>(
          `SELECT merchant_id AS "merchantId", plan_id AS "planId", service_id AS "serviceId", international,
             amount_cents AS "amountCents", currency, takes_effect_at AS "takesEffectAt", planned_by AS "plannedBy"
           FROM planned_prices WHERE status = 'planned' AND takes_effect_at <= $1
           ORDER BY takes_effect_at, planned_at LIMIT 1`,
          [new Date(clock.nowMs())],
        );
        if (plan === undefined) break;
        await applyPlan(context, plan);
      }
      const [next] = await db.query<{ at: Date | null }>(
        `SELECT min(takes_effect_at) AS at FROM planned_prices WHERE status = 'planned'`,
      );
      return next?.at?.getTime() ?? null;
    },
  });
}

async function applyPlan(context: ServerContext, plan: DuePlan): Promise<void> {
  const unit = await unitOfService(context, plan);
  if (unit === null) throw new Error(`the service ${plan.serviceId} of a planned price is not there`);
  const { international, amountCents, currency } = plan;
  const price = { international, amountCents, currency };
  const outcome = await changeCatalog(context, unit, plan.plannedBy, async (transaction, atMs) => {
    const ended = await transaction.query(
      `UPDATE planned_prices SET status = 'applied', ended_at = $3
       WHERE merchant_id = $1 AND plan_id = $2 AND status = 'planned' RETURNING plan_id`,
      [plan.merchantId, plan.planId, new Date(atMs)],
    );
    // Another process was faster, or it was withdrawn.
    if (ended.length === 0) return null;
    const from = plan.takesEffectAt.getTime();
    const before = await setPrice(context, transaction, plan, price, from, plan.plannedBy);
    if (before === null) return null;
    const unpayable = await notPayable(transaction, plan);
    if (unpayable !== null) return unpayable;
    return { kind: 'price_changed', serviceId: plan.serviceId, before: { ...before }, after: price };
  });
  if (outcome.ok) return;
  context.log.error({ planId: plan.planId, reason: outcome.detail }, 'a planned price was refused');
  await context.db.query(
    `UPDATE planned_prices SET status = 'refused', detail = $3, ended_at = $4
     WHERE merchant_id = $1 AND plan_id = $2 AND status = 'planned'`,
    [plan.merchantId, plan.planId, outcome.detail, new Date(context.clock.nowMs())],
  );
}
