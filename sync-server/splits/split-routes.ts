import { z } from 'zod';
import { Uuid } from '../../domain/protocol/primitives.ts';
import { RecipientRequest, SplitOverview, SplitRuleRequest } from '../../domain/protocol/splits.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import type { Providers } from '../providers/providers.ts';
import { registerSplitPayoutRoutes } from './split-payout-routes.ts';
import {
  addSplitRule,
  readSplitOverview,
  removeSplitRule,
  type SplitRefusal,
  writeRecipient,
} from './split-rules.ts';

const STATUS = {
  recipient_unknown: 404,
  service_unknown: 404,
  rule_unknown: 404,
  rule_exists: 409,
  rule_conflict: 409,
  too_much: 409,
} as const satisfies Record<SplitRefusal, number>;

/** Who else gets a part of a merchant's sales. As domain/protocol/splits.ts describes it. */
export function registerSplitRoutes(app: App, context: ServerContext, national: Providers['national']): void {
  const splitting = national.flatMap(({ provider }) =>
    provider.splitsCharges === true ? provider.name : [],
  );
  app.get(
    '/v1/splits',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'The recipients, the rules, and what is owed to each',
        tags: ['splits'],
        response: { 200: SplitOverview, ...errorResponses },
      },
    },
    (request) => readSplitOverview(context.db, principalOf(request, 'manager').merchantId),
  );
  app.post(
    '/v1/splits/recipients',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Adds or changes somebody who gets a part of sales',
        tags: ['splits'],
        body: RecipientRequest,
        response: { 200: RecipientRequest, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const unknown = Object.keys(request.body.providerIds).find((name) => !splitting.includes(name));
      if (unknown !== undefined) {
        const known =
          splitting.length === 0 ? 'none of this server does' : `those that do: ${splitting.join(', ')}`;
        return reply
          .code(409)
          .send(errorBody('provider_unknown', `${unknown} divides no charges here (${known})`));
      }
      await writeRecipient(context, merchantId, request.body, 'manager');
      return request.body;
    },
  );
  app.post(
    '/v1/splits/rules',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Adds a rule for the sales that are opened from now on; idempotent by ruleId',
        tags: ['splits'],
        body: SplitRuleRequest,
        response: { 200: SplitOverview, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await addSplitRule(context, merchantId, request.body, 'manager');
      if (!outcome.ok) return reply.code(STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
      return readSplitOverview(context.db, merchantId);
    },
  );
  app.post(
    '/v1/splits/rules/:ruleId/remove',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Ends a rule; sales that are open keep it',
        tags: ['splits'],
        params: z.object({ ruleId: Uuid }),
        response: { 200: SplitOverview, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await removeSplitRule(context, merchantId, request.params.ruleId, 'manager');
      if (!outcome.ok) return reply.code(STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
      return readSplitOverview(context.db, merchantId);
    },
  );
  registerSplitPayoutRoutes(app, context, splitting);
}
