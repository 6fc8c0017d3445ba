import type { ShadowDifference, ShadowOutcome, ShadowReport } from '../../domain/protocol/routing.ts';
import type { Queryable } from '../db/database.ts';

const MAX_EXAMPLES = 20;

interface ProviderRow extends Record<string, unknown> {
  readonly provider: string;
  readonly mirrored: number;
  readonly leftOpen: number;
  readonly liveP50: number | null;
  readonly liveP95: number | null;
  readonly shadowP50: number | null;
  readonly shadowP95: number | null;
}

/** How the providers on trial did with the merchant's charges since `fromMs`. */
export async function readShadowReport(
  database: Queryable,
  merchantId: string,
  fromMs: number,
): Promise<Omit<ShadowReport, 'dropped'>> {
  const since = [merchantId, new Date(fromMs)];
  const percentile = (part: number, column: string): string =>
    `percentile_disc(${part}) WITHIN GROUP (ORDER BY ${column})`;
  const providers = await database.query<ProviderRow>(
    `SELECT provider, count(*)::int AS mirrored, count(*) FILTER (WHERE cancelled_at IS NULL)::int AS "leftOpen",
       ${percentile(0.5, 'live_ms')} AS "liveP50", ${percentile(0.95, 'live_ms')} AS "liveP95",
       ${percentile(0.5, 'shadow_ms')} AS "shadowP50", ${percentile(0.95, 'shadow_ms')} AS "shadowP95"
     FROM shadow_results WHERE merchant_id = $1 AND started_at >= $2 GROUP BY provider ORDER BY provider`,
    since,
  );
  const outcomes = await database.query<{ provider: string; outcome: ShadowOutcome; count: number }>(
    `SELECT provider, outcome, count(*)::int AS count FROM shadow_results
     WHERE merchant_id = $1 AND started_at >= $2 AND outcome IS NOT NULL GROUP BY provider, outcome`,
    since,
  );
  const fields = await database.query<{ provider: string; field: string; count: number }>(
    `SELECT provider, difference->>'field' AS field, count(*)::int AS count
     FROM shadow_results, jsonb_array_elements(differences) AS difference
     WHERE merchant_id = $1 AND started_at >= $2 GROUP BY provider, field ORDER BY count DESC, field`,
    since,
  );
  const examples = await database.query<
    ShadowReport['examples'][number] & { differences: ShadowDifference[] }
  >(
    `SELECT transaction_id AS "transactionId", provider, (extract(epoch FROM started_at) * 1000)::bigint AS at,
       outcome, detail, differences
     FROM shadow_results WHERE merchant_id = $1 AND started_at >= $2 AND outcome <> 'same'
     ORDER BY started_at DESC, transaction_id LIMIT ${MAX_EXAMPLES}`,
    since,
  );
  return {
    from: fromMs,
    providers: providers.map(({ provider, mirrored, leftOpen, ...latency }) => ({
      provider,
      mirrored,
      leftOpen,
      latency,
      outcomes: Object.fromEntries(
        outcomes.filter((row) => row.provider === provider).map(({ outcome, count }) => [outcome, count]),
      ),
      differences: Object.fromEntries(
        fields.filter((row) => row.provider === provider).map(({ field, count }) => [field, count]),
      ),
    })),
    examples,
  };
}
