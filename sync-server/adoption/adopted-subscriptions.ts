import type { Queryable } from '../db/database.ts';
import type { LinkFacts, SubscriptionFacts } from './row-facts.ts';

export interface AdoptedSubscription extends SubscriptionFacts {
  readonly merchantId: string;
  /** Made from merchant, source and old id; one that is known by its provider's id keeps its own. */
  readonly subscriptionId: string;
  readonly rowId: number;
  readonly source: string;
  readonly key: string;
  readonly oldStatus: string | null;
}

/**
 * Writes subscriptions, and which of them each old id names. Of one that this system knows by its agreement only what is
 * missing is filled in: the agreement says its status and its price. Of the others the newest row counts.
 */
export async function writeSubscriptions(
  database: Queryable,
  subscriptions: readonly AdoptedSubscription[],
  atMs: number,
): Promise<void> {
  if (subscriptions.length === 0) return;
  const known = await database.query<{ merchantId: string; provider: string; theirs: string; id: string }>(
    `SELECT s.merchant_id AS "merchantId", s.provider, provider_subscription_id AS theirs, subscription_id AS id
     FROM customer_subscriptions s
     JOIN jsonb_to_recordset($1::jsonb) AS told ("merchantId" uuid, provider text, "providerSubscriptionId" text)
       ON s.merchant_id = told."merchantId" AND s.provider = told.provider
         AND provider_subscription_id = told."providerSubscriptionId"`,
    [JSON.stringify(subscriptions)],
  );
  const nameOf = (one: { merchantId: string; provider: string }, theirs: string): string =>
    JSON.stringify([one.merchantId, one.provider, theirs]);
  const ids = new Map(known.map((one) => [nameOf(one, one.theirs), one.id]));
  const written = subscriptions.map((one) => {
    if (one.providerSubscriptionId === null) return one;
    const name = nameOf(one, one.providerSubscriptionId);
    const subscriptionId = ids.get(name) ?? one.subscriptionId;
    ids.set(name, subscriptionId);
    return { ...one, subscriptionId };
  });
  const newest = new Map(written.map((one) => [`${one.merchantId} ${one.subscriptionId}`, one]));
  await database.query(
    `INSERT INTO customer_subscriptions AS known (merchant_id, subscription_id, is_native, adopted_from, provider,
       provider_subscription_id, plan, native_status, native_price_cents, native_currency, started_at, trial_ends_at,
       period_starts_on, period_ends_on, first_seen_at)
     SELECT "merchantId", "subscriptionId", "isNative", source, provider, "providerSubscriptionId", plan, status,
       "priceCents", currency, to_timestamp("startedAtMs" / 1000.0), to_timestamp("trialEndsAtMs" / 1000.0),
       "periodStartsOn", "periodEndsOn", $2
     FROM jsonb_to_recordset($1::jsonb) AS told ("merchantId" uuid, "subscriptionId" uuid, "isNative" boolean, source text,
       provider text, "providerSubscriptionId" text, plan text, status text, "priceCents" bigint, currency text,
       "startedAtMs" bigint, "trialEndsAtMs" bigint, "periodStartsOn" date, "periodEndsOn" date)
     ON CONFLICT (merchant_id, subscription_id) DO UPDATE SET
       native_status = CASE WHEN known.adopted_from IS NULL THEN known.native_status ELSE excluded.native_status END,
       native_price_cents = CASE WHEN known.adopted_from IS NULL THEN known.native_price_cents
         ELSE coalesce(excluded.native_price_cents, known.native_price_cents) END,
       native_currency = CASE WHEN known.adopted_from IS NULL THEN known.native_currency ELSE excluded.native_currency END,
       plan = CASE WHEN known.adopted_from IS NULL THEN coalesce(known.plan, excluded.plan)
         ELSE coalesce(excluded.plan, known.plan) END,
       started_at = coalesce(known.started_at, excluded.started_at),
       trial_ends_at = coalesce(known.trial_ends_at, excluded.trial_ends_at),
       (period_starts_on, period_ends_on) = (SELECT
         CASE WHEN mine THEN known.period_starts_on ELSE excluded.period_starts_on END,
         CASE WHEN mine THEN known.period_ends_on ELSE excluded.period_ends_on END
         FROM (SELECT excluded.period_ends_on IS NULL
           OR (known.adopted_from IS NULL AND known.period_ends_on IS NOT NULL) AS mine) AS whose)`,
    [JSON.stringify([...newest.values()]), new Date(atMs)],
  );
  await database.query(
    `INSERT INTO adopted_subscriptions (merchant_id, source, old_key, row_id, subscription_id, old_status, old_customer_key)
     SELECT "merchantId", source, key, "rowId", "subscriptionId", "oldStatus", "customerKey"
     FROM jsonb_to_recordset($1::jsonb) AS told ("merchantId" uuid, source text, key text, "rowId" bigint,
       "subscriptionId" uuid, "oldStatus" text, "customerKey" text)
     ON CONFLICT (merchant_id, source, old_key) DO UPDATE SET old_status = excluded.old_status,
       old_customer_key = coalesce(adopted_subscriptions.old_customer_key, excluded.old_customer_key)`,
    [JSON.stringify(written)],
  );
}

export interface AdoptedLink extends LinkFacts {
  readonly merchantId: string;
  readonly linkId: string;
  readonly rowId: number;
  readonly source: string;
  readonly kind: string;
  readonly key: string;
}

/** Writes saved cards and customers at providers; step `providers` links them when their customers are known. */
export async function writeLinks(database: Queryable, links: readonly AdoptedLink[]): Promise<void> {
  if (links.length === 0) return;
  await database.query(
    `INSERT INTO adopted_links AS known (merchant_id, link_id, row_id, source, kind, old_key, provider, old_customer_key,
       provider_customer_id, card)
     SELECT "merchantId", "linkId", "rowId", source, kind, key, provider, "customerKey", "providerCustomerId",
       nullif(card, 'null'::jsonb)
     FROM jsonb_to_recordset($1::jsonb) AS told ("merchantId" uuid, "linkId" uuid, "rowId" bigint, source text, kind text,
       key text, provider text, "customerKey" text, "providerCustomerId" text, card jsonb)
     -- What changed is linked anew.
     ON CONFLICT (merchant_id, link_id) DO UPDATE SET provider = excluded.provider, card = excluded.card,
       old_customer_key = coalesce(known.old_customer_key, excluded.old_customer_key),
       provider_customer_id = coalesce(excluded.provider_customer_id, known.provider_customer_id),
       customer_provider_id = NULL, payment_method_id = NULL
     WHERE NOT EXISTS (SELECT FROM customers c WHERE c.merchant_id = known.merchant_id
       AND c.customer_id = known.customer_id AND c.erased_at IS NOT NULL)`,
    [JSON.stringify(links)],
  );
}
