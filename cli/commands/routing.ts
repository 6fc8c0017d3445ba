import type { Command } from 'commander';
import { z } from 'zod';
import {
  ExplainRequest,
  RouteExplanation,
  RoutingOverview,
  RoutingRuleRequest,
  ShadowReport,
  ShadowRequest,
} from '../../domain/protocol/routing.ts';
import { reportOutcome, type Terminal } from '../output.ts';
import { callServer, momentOf, numberOf, pathPart, timeText } from '../request.ts';
import { type AccessOptions, withAccess } from '../server-access.ts';

interface RuleOptions extends AccessOptions {
  readonly priority?: string;
  readonly weight?: string;
  readonly unit?: string;
  readonly minCents?: string;
  readonly maxCents?: string;
  readonly from?: string;
  readonly until?: string;
  readonly ruleId?: string;
}

interface ExplainOptions extends AccessOptions {
  readonly unit: string;
  readonly cents: string;
  readonly at?: string;
  readonly session?: string;
}

/** `routing list|add|remove|explain|shadow|shadow-report`: which provider makes which charges. */
export function addRoutingCommands(program: Command, terminal: Terminal): void {
  const routing = program.command('routing').description('which provider makes which charges');
  addRules(routing, terminal);
  reportOutcome<ExplainOptions>(
    withAccess(routing.command('explain'))
      .description('tell who would make a charge, and why; makes none')
      .requiredOption('--unit <id>', 'where it is sold')
      .requiredOption('--cents <n>', 'its amount')
      .option('--at <time>', 'as 2026-12-01T08:00-03:00; without it now')
      .option('--session <id>', 'the very draw of a session instead of the chances'),
    terminal,
    (_args, { unit, cents, at, session, ...options }) =>
      callServer(options, {
        path: '/v1/routing/explain',
        body: {
          schema: ExplainRequest,
          value: { unitId: unit, amountCents: numberOf(cents), at: momentOf(at), sessionId: session },
        },
        answer: RouteExplanation,
        text: explanationText,
      }),
  );
  addShadows(routing, terminal);
}

function addRules(routing: Command, terminal: Terminal): void {
  reportOutcome<AccessOptions>(
    withAccess(routing.command('list')).description('the providers, how they are, and the rules'),
    terminal,
    (_args, options) => callServer(options, { path: '/v1/routing', answer: RoutingOverview, text: listText }),
  );
  reportOutcome<RuleOptions>(
    withAccess(routing.command('add'))
      .description('have a provider make the charges that fit, from now on')
      .argument('<provider>', 'as the list names it')
      .option('--priority <n>', 'lower is tried first (1)')
      .option('--weight <n>', 'among rules of one priority, how often it comes first (1)')
      .option('--unit <id>', 'only there')
      .option('--min-cents <n>', 'only from this amount on')
      .option('--max-cents <n>', 'only up to this amount')
      .option('--from <HH:MM>', 'only from this time of day on, by the unit’s clock')
      .option('--until <HH:MM>', 'only before this time of day; from after until goes over midnight')
      .option('--rule-id <uuid>', 'the same id again is the same rule; without it a new one'),
    terminal,
    ([provider], { priority, weight, unit, minCents, maxCents, from, until, ruleId, ...options }) =>
      callServer(options, {
        path: '/v1/routing/rules',
        body: {
          schema: RoutingRuleRequest,
          value: {
            ruleId: ruleId ?? crypto.randomUUID(),
            provider,
            priority: numberOf(priority),
            weight: numberOf(weight),
            unitId: unit,
            minCents: numberOf(minCents),
            maxCents: numberOf(maxCents),
            fromMinute: minuteOf(from),
            untilMinute: minuteOf(until),
          },
        },
        answer: RoutingOverview,
        text: listText,
      }),
  );
  reportOutcome<AccessOptions>(
    withAccess(routing.command('remove'))
      .description('end a rule')
      .argument('<ruleId>', 'as the list names it'),
    terminal,
    ([ruleId], options) =>
      callServer(options, {
        path: `/v1/routing/rules/${pathPart(ruleId)}/remove`,
        body: { schema: z.object({}), value: {} },
        answer: RoutingOverview,
        text: listText,
      }),
  );
}

function addShadows(routing: Command, terminal: Terminal): void {
  reportOutcome<AccessOptions & { readonly percent: string }>(
    withAccess(routing.command('shadow'))
      .description('make a share of the charges a second time in the sandbox of a provider on trial')
      .argument('<provider>', 'named under "shadow" in the providers file')
      .requiredOption('--percent <n>', 'of the charges; 0 ends it'),
    terminal,
    ([provider], { percent, ...options }) =>
      callServer(options, {
        path: '/v1/routing/shadow',
        body: {
          schema: ShadowRequest,
          value: { provider, shareBp: Math.round((numberOf(percent) ?? Number.NaN) * 100) },
        },
        answer: RoutingOverview,
        text: listText,
      }),
  );
  reportOutcome<AccessOptions & { readonly from?: string }>(
    withAccess(routing.command('shadow-report'))
      .description('how the providers on trial would have done')
      .option('--from <time>', 'as 2026-12-01; without it the last day'),
    terminal,
    (_args, { from, ...options }) =>
      callServer(options, {
        path: `/v1/routing/shadow-report${from === undefined ? '' : `?from=${momentOf(from)}`}`,
        answer: ShadowReport,
        text: reportText,
      }),
  );
}

/** "08:30"; NaN for what is no time of day. */
function minuteOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,2}):([0-5]\d)$/.exec(text);
  return match === null ? Number.NaN : Number(match[1]) * 60 + Number(match[2]);
}

function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function listText({ providers, rules, shadows }: RoutingOverview): string {
  return [
    ...providers.map(
      ({ name, status, pausedUntil }) =>
        `${name.padEnd(16)} ${status}${pausedUntil === null ? '' : `, passed over until ${timeText(pausedUntil)}`}`,
    ),
    ...(rules.length === 0 ? ['no rules: the first one that can is taken'] : []),
    ...rules.map(
      (rule) =>
        `${rule.ruleId}  priority ${rule.priority}, weight ${rule.weight}: ${rule.provider}  ` +
        `${rule.unitId ?? 'every unit'}, ${rule.minCents} to ${rule.maxCents ?? 'any'} cents, ` +
        `${clockText(rule.fromMinute)} to ${clockText(rule.untilMinute)}`,
    ),
    ...shadows.map(({ provider, shareBp }) => `on trial: ${provider}, ${shareBp / 100} % of the charges`),
  ].join('\n');
}

function explanationText({ localTime, first, order, paused, rules, reason }: RouteExplanation): string {
  const chances = first.map(({ provider, chance }) => `${provider} ${(chance * 100).toFixed(1)} %`);
  return [
    `${first.length === 1 ? first[0]?.provider : chances.join(', ')}  (${reason}; ${localTime} at the unit)`,
    `one after the other: ${order.join(', ')}`,
    ...paused.map(({ provider, until }) => `${provider} is passed over until ${timeText(until)}`),
    ...rules.map(
      (rule) =>
        `${rule.ruleId}  priority ${rule.priority}, weight ${rule.weight}: ${rule.provider}  ${rule.miss ?? 'fits'}`,
    ),
  ].join('\n');
}

function reportText({ providers, examples, dropped }: ShadowReport): string {
  if (providers.length === 0) return 'nothing was mirrored';
  const counts = (of: Readonly<Record<string, number | undefined>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return [
    ...providers.flatMap(({ provider, mirrored, outcomes, differences, latency, leftOpen }) => [
      `${provider}: ${mirrored} mirrored (${counts(outcomes)}), ${leftOpen} left open`,
      `  differences: ${counts(differences) || 'none'}`,
      `  half answered within ${latency.shadowP50 ?? '-'} ms (live ${latency.liveP50 ?? '-'}), ` +
        `95 % within ${latency.shadowP95 ?? '-'} ms (live ${latency.liveP95 ?? '-'})`,
    ]),
    ...examples.map(
      ({ transactionId, outcome, detail, differences }) =>
        `  ${transactionId}  ${outcome}  ${detail ?? differences.map(({ field, live, shadow }) => `${field}: ${live} / ${shadow}`).join('; ')}`,
    ),
    ...(dropped === 0 ? [] : [`${dropped} charges were passed over because too many waited`]),
  ].join('\n');
}
