import type { RuleMiss } from '../../domain/protocol/routing.ts';

/** One row of routing_rules. */
export interface RoutingRule {
  readonly ruleId: string;
  readonly provider: string;
  /** Lower is tried first. */
  readonly priority: number;
  /** Among rules of one priority, how often this one comes first. */
  readonly weight: number;
  /** Null: every unit. */
  readonly unitId: string | null;
  readonly currency: string;
  readonly minCents: number;
  /** Inclusive; null: no limit. */
  readonly maxCents: number | null;
  /** Minutes since midnight in the unit's time zone, half-open; from after until goes over midnight. */
  readonly fromMinute: number;
  readonly untilMinute: number;
}

/** A charge that is to be made. */
export interface RouteQuestion {
  readonly unitId: string;
  readonly currency: string;
  readonly amountCents: number;
  /** Minutes since midnight in the unit's time zone. */
  readonly minuteOfDay: number;
}

/**
 * The providers to try for a charge, best first, without repetition; empty when no rule fits.
 * @param draw in [0, 1): what decides between the weights; the same draw gives the same order
 */
export function orderByRules(
  rules: readonly RoutingRule[],
  question: RouteQuestion,
  draw: number,
): readonly string[] {
  const fitting = rules.filter((rule) => missOf(rule, question) === null);
  const priorities = [...new Set(fitting.map(({ priority }) => priority))].sort((a, b) => a - b);
  const ordered = priorities.flatMap((priority) =>
    drawOrder(
      fitting.filter((rule) => rule.priority === priority),
      draw,
    ),
  );
  return [...new Set(ordered.map(({ provider }) => provider))];
}

/** Why a rule is not for the charge; null when it is. */
export function missOf(
  rule: RoutingRule,
  { unitId, currency, amountCents, minuteOfDay }: RouteQuestion,
): Exclude<RuleMiss, 'provider_not_configured'> | null {
  const { fromMinute, untilMinute } = rule;
  if (rule.unitId !== null && rule.unitId !== unitId) return 'other_unit';
  if (rule.currency !== currency) return 'other_currency';
  if (amountCents < rule.minCents) return 'amount_below';
  if (rule.maxCents !== null && amountCents > rule.maxCents) return 'amount_above';
  const inTime =
    fromMinute < untilMinute
      ? minuteOfDay >= fromMinute && minuteOfDay < untilMinute
      : minuteOfDay >= fromMinute || minuteOfDay < untilMinute;
  return inTime ? null : 'other_time';
}

/** The one that the draw falls on comes first; the others stand in for it by weight. */
function drawOrder(rules: readonly RoutingRule[], draw: number): readonly RoutingRule[] {
  const byWeight = [...rules].sort((a, b) => b.weight - a.weight || (a.ruleId < b.ruleId ? -1 : 1));
  let left = draw * byWeight.reduce((sum, { weight }) => sum + weight, 0);
  const drawn = byWeight.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return drawn === undefined ? byWeight : [drawn, ...byWeight.filter((rule) => rule !== drawn)];
}
