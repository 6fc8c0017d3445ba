import type { ExplainRequest, RouteExplanation } from '../../domain/protocol/routing.ts';
import type { ServerContext } from '../context.ts';
import type { Providers } from '../providers/providers.ts';
import { drawOf, minuteOf, orderProviders } from './charge-router.ts';
import { missOf, orderByRules, type RouteQuestion } from './routing-rules.ts';
import { readRoutingRules, type StoredRule } from './rule-store.ts';

/** The chances are told to a tenth of a percent. */
const DRAWS = 1_000;

/** Who would make a charge, and why: by the same rules, draws and pauses as a real one. Null: no such unit. */
export async function explainRoute(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  national: Providers['national'],
  merchantId: string,
  { unitId, amountCents, at, sessionId }: ExplainRequest,
): Promise<RouteExplanation | null> {
  const [unit] = await db.query<{ timeZone: string }>(
    'SELECT time_zone AS "timeZone" FROM units WHERE merchant_id = $1 AND unit_id = $2',
    [merchantId, unitId],
  );
  if (unit === undefined) return null;
  const nowMs = clock.nowMs();
  const minuteOfDay = minuteOf(at ?? nowMs, unit.timeZone);
  const question: RouteQuestion = { unitId, currency: 'BRL', amountCents, minuteOfDay };
  const rules = await readRoutingRules(db, merchantId);
  const orderFor = (draw: number): readonly string[] =>
    orderProviders(national, orderByRules(rules, question, draw), nowMs).map(({ name }) => name);

  const draws =
    sessionId === null
      ? Array.from({ length: DRAWS }, (_, index) => (index + 0.5) / DRAWS)
      : [drawOf(sessionId)];
  const firsts = draws.map((draw) => orderFor(draw)[0] ?? '');
  const names = national.map(({ provider }) => provider.name);
  const paused = national.flatMap(({ provider, health }) =>
    health.pausedUntilMs() > nowMs ? { provider: provider.name, until: health.pausedUntilMs() } : [],
  );
  const told = rules.map((rule) => ({
    ruleId: rule.ruleId,
    provider: rule.provider,
    priority: rule.priority,
    weight: rule.weight,
    miss:
      missOf(rule, question) ?? (names.includes(rule.provider) ? null : ('provider_not_configured' as const)),
  }));
  const first = names
    .map((provider) => ({
      provider,
      chance: firsts.filter((name) => name === provider).length / draws.length,
    }))
    .filter(({ chance }) => chance > 0)
    .sort((a, b) => b.chance - a.chance);
  return {
    at: at ?? nowMs,
    localTime: `${pad(Math.floor(minuteOfDay / 60))}:${pad(minuteOfDay % 60)}`,
    first,
    order: [...orderFor(draws[Math.floor(draws.length / 2)] ?? 0)],
    paused,
    rules: told,
    reason: reasonOf(
      rules,
      told.filter(({ miss }) => miss === null),
      paused.map(({ provider }) => provider),
      names,
    ),
  };
}

function reasonOf(
  rules: readonly StoredRule[],
  fitting: readonly { readonly provider: string; readonly priority: number }[],
  paused: readonly string[],
  names: readonly string[],
): string {
  const candidates = fitting.length === 0 ? names : [...new Set(fitting.map(({ provider }) => provider))];
  const base =
    names.length === 1
      ? 'there is one provider'
      : fitting.length === 0
        ? `${rules.length === 0 ? 'there are no rules' : 'no rule fits'}: the order of the configuration`
        : `${fitting.length} of ${rules.length} rules fit, priority ${Math.min(...fitting.map(({ priority }) => priority))} first`;
  const away = candidates.filter((name) => paused.includes(name));
  if (away.length === 0) return base;
  if (away.length === candidates.length) return `${base}; all are paused, and asked all the same`;
  return `${base}; ${away.join(', ')} did not answer lately and comes last`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
