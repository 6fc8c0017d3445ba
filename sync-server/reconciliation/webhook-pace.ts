import type { Queryable } from '../db/database.ts';

/** How fast a provider's webhooks were of late, measured on its newest receipts. */
export interface WebhookPace {
  readonly provider: string;
  /** Receipts that were looked at. */
  readonly receipts: number;
  /** Of them, those that no webhook told of within a minute. */
  readonly missing: number;
  /** From the payment, as the provider dates it, to its webhook, milliseconds; null without any webhook. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
}

/** Enough for a percentile; of a busy hall the last quarter of an hour, so that a change shows soon. */
const NEWEST = 50;
/** Fewer tell nothing. */
const FEWEST = 5;
/** Within this time a webhook may still be on its way. */
const OVERDUE_MS = 60_000;

const UNKNOWN_FIRST_MS = 4_000;
/** A provider whose webhooks do not come is asked this often while the customer stands there. */
const SILENT_EVERY_MS = 4_000;
/** As long as a customer stands before the QR code. */
export const STANDING_MS = 2 * 60_000;
const MIN_FIRST_MS = 2_000;
/** A provider whose clock is wrong measures any latency: nobody waits longer than this for the first look. */
const MAX_FIRST_MS = 10_000;
/** A webhook that takes as long as most do is given this much more. */
const MARGIN_MS = 1_000;

/**
 * Read from the receipts themselves, so that a restart forgets nothing. A clock of the provider's that is ahead makes
 * a latency of 0, never a negative one.
 */
export async function readWebhookPaces(
  database: Queryable,
  providers: readonly string[],
  nowMs: number,
): Promise<WebhookPace[]> {
  const rows = await database.query<WebhookPace & Record<string, unknown>>(
    `SELECT p.provider, count(r.*)::int AS receipts,
       (count(r.*) FILTER (WHERE latency IS NULL))::int AS missing,
       (percentile_disc(0.5) WITHIN GROUP (ORDER BY latency))::float8 AS "p50Ms",
       (percentile_disc(0.9) WITHIN GROUP (ORDER BY latency))::float8 AS "p90Ms"
     FROM unnest($1::text[]) AS p (provider) LEFT JOIN LATERAL (
       SELECT receipt_id, CASE WHEN first_webhook_at <= recorded_at + $3::int * interval '1 ms'
         THEN greatest(0, round(extract(epoch FROM first_webhook_at - paid_at) * 1000)) END AS latency
       FROM receipts
       WHERE receipts.provider = p.provider AND (first_webhook_at IS NOT NULL OR recorded_at <= $2)
       ORDER BY recorded_at DESC LIMIT ${NEWEST}) AS r ON true
     GROUP BY p.provider ORDER BY p.provider`,
    [providers, new Date(nowMs - OVERDUE_MS), OVERDUE_MS],
  );
  return rows;
}

export async function readWebhookPace(
  database: Queryable,
  provider: string,
  nowMs: number,
): Promise<WebhookPace> {
  const [pace] = await readWebhookPaces(database, [provider], nowMs);
  if (pace === undefined) throw new Error('each provider that is asked for has a row');
  return pace;
}

/** When the provider is first asked about a new charge, and how often while its webhooks are not to be counted on. */
export interface AskingPace {
  readonly firstMs: number;
  /** Asked so often while the customer stands there; null: each pause is twice the one before. */
  readonly steadyMs: number | null;
}

export function askingPace({
  receipts,
  missing,
  p90Ms,
}: Omit<WebhookPace, 'provider' | 'p50Ms'>): AskingPace {
  if (receipts < FEWEST) return { firstMs: UNKNOWN_FIRST_MS, steadyMs: null };
  if (p90Ms === null || missing * 2 > receipts)
    return { firstMs: SILENT_EVERY_MS, steadyMs: SILENT_EVERY_MS };
  return { firstMs: Math.min(Math.max(MIN_FIRST_MS, p90Ms + MARGIN_MS), MAX_FIRST_MS), steadyMs: null };
}
