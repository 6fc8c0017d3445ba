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
  const fitting = rules.filter((rule) => fits(rule, question));
  const priorities = [...new Set(fitting.map(({ priority }) => priority))].sort((a, b) => a - b);
  const ordered = priorities.flatMap((priority) =>
    drawOrder(
      fitting.filter((rule) => rule.priority === priority),
      draw,
    ),
  );
  return [...new Set(ordered.map(({ provider }) => provider))];
}

function fits(rule: RoutingRule, { unitId, currency, amountCents, minuteOfDay }: RouteQuestion): boolean {
  const { fromMinute, untilMinute } = rule;
  const inTime =
    fromMinute < untilMinute
      ? minuteOfDay >= fromMinute && minuteOfDay < untilMinute
      : minuteOfDay >= fromMinute || minuteOfDay < untilMinute;
  return (
    inTime &&
    (rule.unitId === null || rule.unitId === unitId) &&
    rule.currency === currency &&
    amountCents >= rule.minCents &&
    (rule.maxCents === null || amountCents <= rule.maxCents)
  );
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
