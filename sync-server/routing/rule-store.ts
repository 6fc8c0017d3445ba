import type { RoutingRuleRequest, RoutingRuleView } from '../../domain/protocol/routing.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable } from '../db/database.ts';
import type { RoutingRule } from './routing-rules.ts';

export type StoredRule = RoutingRule & RoutingRuleView;

/** Of the merchant, by priority. */
export function readRoutingRules(database: Queryable, merchantId: string): Promise<StoredRule[]> {
  return database.query<StoredRule & Record<string, unknown>>(
    `SELECT rule_id AS "ruleId", provider, priority, weight, unit_id AS "unitId", currency, min_cents AS "minCents",
       max_cents AS "maxCents", from_minute AS "fromMinute", until_minute AS "untilMinute",
       (extract(epoch FROM created_at) * 1000)::bigint AS "createdAt", created_by AS "createdBy"
     FROM routing_rules WHERE merchant_id = $1 ORDER BY priority, weight DESC, rule_id`,
    [merchantId],
  );
}

export type AddRuleOutcome = 'added' | 'rule_conflict' | 'unit_unknown';

/** The same rule again is `added` as well. */
export async function addRoutingRule(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  merchantId: string,
  rule: RoutingRuleRequest,
  by: string,
): Promise<AddRuleOutcome> {
  const units = await db.query('SELECT 1 FROM units WHERE merchant_id = $1 AND unit_id = $2', [
    merchantId,
    rule.unitId,
  ]);
  if (rule.unitId !== null && units.length === 0) return 'unit_unknown';
  const [written] = await db.query(
    `INSERT INTO routing_rules AS known (merchant_id, rule_id, provider, priority, weight, unit_id, min_cents, max_cents,
       from_minute, until_minute, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (merchant_id, rule_id) DO UPDATE SET rule_id = known.rule_id
       WHERE (known.provider, known.priority, known.weight, known.min_cents, known.from_minute, known.until_minute)
         = ($3, $4, $5, $7, $9, $10)
         AND known.unit_id IS NOT DISTINCT FROM $6 AND known.max_cents IS NOT DISTINCT FROM $8
     RETURNING rule_id`,
    [
      merchantId,
      rule.ruleId,
      rule.provider,
      rule.priority,
      rule.weight,
      rule.unitId,
      rule.minCents,
      rule.maxCents,
      rule.fromMinute,
      rule.untilMinute,
      new Date(clock.nowMs()),
      by,
    ],
  );
  return written === undefined ? 'rule_conflict' : 'added';
}

/** @returns whether there was one */
export async function removeRoutingRule(
  { db, log }: Pick<ServerContext, 'db' | 'log'>,
  merchantId: string,
  ruleId: string,
  by: string,
): Promise<boolean> {
  const [removed] = await db.query<Record<string, unknown>>(
    'DELETE FROM routing_rules WHERE merchant_id = $1 AND rule_id = $2 RETURNING *',
    [merchantId, ruleId],
  );
  // The rows of the attempts tell what rules did; what a rule was, the log.
  if (removed !== undefined) log.info({ rule: removed, by }, 'a routing rule was removed');
  return removed !== undefined;
}
