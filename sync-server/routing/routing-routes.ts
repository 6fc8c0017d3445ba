import { z } from 'zod';
import { EpochMs, Uuid } from '../../domain/protocol/primitives.ts';
import {
  ExplainRequest,
  RouteExplanation,
  RoutingOverview,
  RoutingRuleRequest,
  ShadowReport,
  ShadowRequest,
} from '../../domain/protocol/routing.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import type { Providers } from '../providers/providers.ts';
import { explainRoute } from './explain-route.ts';
import { addRoutingRule, readRoutingRules, removeRoutingRule } from './rule-store.ts';
import type { ShadowMirror } from './shadow-mirror.ts';
import { readShadowReport } from './shadow-report.ts';

const access = { access: ['manager'] } as const;
const answers = <S extends z.ZodType>(schema: S) => ({ 200: schema, ...errorResponses });
const DAY_MS = 24 * 60 * 60_000;

/** Which provider makes which charges, and who is tried beside them. As domain/protocol/routing.ts describes it. */
export function registerRoutingRoutes(
  app: App,
  context: ServerContext,
  national: Providers['national'],
  shadows: ShadowMirror,
): void {
  registerRules(app, context, national, shadows);
  registerShadows(app, context, national, shadows);
}

function registerRules(
  app: App,
  context: ServerContext,
  national: Providers['national'],
  shadows: ShadowMirror,
): void {
  const names = national.map(({ provider }) => provider.name);
  app.get(
    '/v1/routing',
    {
      config: access,
      schema: {
        summary: 'The national providers, the rules between them, and the providers on trial',
        tags: ['routing'],
        response: answers(RoutingOverview),
      },
    },
    (request) => overview(context, national, shadows, principalOf(request, 'manager').merchantId),
  );
  app.post(
    '/v1/routing/rules',
    {
      config: access,
      schema: {
        summary: 'Adds a rule for the charges that are made from now on; idempotent by ruleId',
        tags: ['routing'],
        body: RoutingRuleRequest,
        response: answers(RoutingOverview),
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const { provider } = request.body;
      if (!names.includes(provider))
        return reply
          .code(409)
          .send(
            errorBody('provider_unknown', `${provider} is not configured (there is: ${names.join(', ')})`),
          );
      switch (await addRoutingRule(context, merchantId, request.body, 'manager')) {
        case 'added':
          return overview(context, national, shadows, merchantId);
        case 'unit_unknown':
          return reply.code(404).send(errorBody('unit_unknown', 'the merchant has no such unit'));
        case 'rule_conflict':
          return reply.code(409).send(errorBody('rule_conflict', 'the ruleId is another rule’s'));
      }
    },
  );
  app.post(
    '/v1/routing/rules/:ruleId/remove',
    {
      config: access,
      schema: {
        summary: 'Ends a rule',
        tags: ['routing'],
        params: z.object({ ruleId: Uuid }),
        response: answers(RoutingOverview),
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      if (!(await removeRoutingRule(context, merchantId, request.params.ruleId, 'manager')))
        return reply.code(404).send(errorBody('rule_unknown', 'the merchant has no such rule'));
      return overview(context, national, shadows, merchantId);
    },
  );
  app.post(
    '/v1/routing/explain',
    {
      config: access,
      schema: {
        summary: 'Who would make a charge, and why; makes none',
        tags: ['routing'],
        body: ExplainRequest,
        response: answers(RouteExplanation),
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const explained = await explainRoute(context, national, merchantId, request.body);
      return explained ?? reply.code(404).send(errorBody('unit_unknown', 'the merchant has no such unit'));
    },
  );
}

function registerShadows(
  app: App,
  context: ServerContext,
  national: Providers['national'],
  shadows: ShadowMirror,
): void {
  app.post(
    '/v1/routing/shadow',
    {
      config: access,
      schema: {
        summary: 'Which share of the charges is mirrored to a provider on trial; zero ends it',
        tags: ['routing'],
        body: ShadowRequest,
        response: answers(RoutingOverview),
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const { provider, shareBp } = request.body;
      if (shareBp > 0 && !shadows.names.includes(provider)) {
        const known = shadows.names.length === 0 ? 'there is none' : `there is: ${shadows.names.join(', ')}`;
        return reply
          .code(409)
          .send(errorBody('provider_unknown', `${provider} is not configured as a shadow (${known})`));
      }
      await setShadow(context, merchantId, provider, shareBp);
      return overview(context, national, shadows, merchantId);
    },
  );
  app.get(
    '/v1/routing/shadow-report',
    {
      config: access,
      schema: {
        summary: 'How the providers on trial would have done',
        tags: ['routing'],
        querystring: z.object({
          from: z.coerce.number().pipe(EpochMs).optional().describe('Default: a day ago'),
        }),
        response: answers(ShadowReport),
      },
    },
    async (request) => {
      const { merchantId } = principalOf(request, 'manager');
      const fromMs = request.query.from ?? Math.max(0, context.clock.nowMs() - DAY_MS);
      return { ...(await readShadowReport(context.db, merchantId, fromMs)), dropped: shadows.dropped() };
    },
  );
}

async function setShadow(
  { db, clock }: ServerContext,
  merchantId: string,
  provider: string,
  shareBp: number,
): Promise<void> {
  if (shareBp === 0) {
    await db.query('DELETE FROM shadow_rules WHERE merchant_id = $1 AND provider = $2', [
      merchantId,
      provider,
    ]);
    return;
  }
  await db.query(
    `INSERT INTO shadow_rules (merchant_id, provider, share_bp, set_at, set_by) VALUES ($1, $2, $3, $4, 'manager')
     ON CONFLICT (merchant_id, provider) DO UPDATE
       SET share_bp = excluded.share_bp, set_at = excluded.set_at, set_by = excluded.set_by`,
    [merchantId, provider, shareBp, new Date(clock.nowMs())],
  );
}

async function overview(
  { db, clock }: ServerContext,
  national: Providers['national'],
  shadows: ShadowMirror,
  merchantId: string,
): Promise<RoutingOverview> {
  const nowMs = clock.nowMs();
  const set = await db.query<RoutingOverview['shadows'][number]>(
    `SELECT provider, share_bp AS "shareBp", (extract(epoch FROM set_at) * 1000)::bigint AS "setAt",
       set_by AS "setBy" FROM shadow_rules WHERE merchant_id = $1 ORDER BY provider`,
    [merchantId],
  );
  const unused = shadows.names.filter((name) => !set.some(({ provider }) => provider === name));
  return {
    providers: national.map(({ provider, health }) => ({
      name: provider.name,
      status: health.report().status,
      pausedUntil: health.pausedUntilMs() > nowMs ? health.pausedUntilMs() : null,
      splitsCharges: provider.splitsCharges === true,
    })),
    rules: await readRoutingRules(db, merchantId),
    shadows: [...set, ...unused.map((provider) => ({ provider, shareBp: 0, setAt: null, setBy: null }))],
  };
}
