import { z } from 'zod';
import { Uuid } from '../../domain/protocol/primitives.ts';
import {
  MAX_PAYOUTS_LISTED,
  RecipientName,
  SplitPayoutList,
  SplitPayoutRequest,
  SplitPayoutReversal,
  SplitPayoutView,
} from '../../domain/protocol/splits.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import {
  listSplitPayouts,
  type PayoutRefusal,
  recordSplitPayout,
  reverseSplitPayout,
} from './split-payouts.ts';

const STATUS = {
  recipient_unknown: 404,
  payout_unknown: 404,
  more_than_owed: 409,
  payout_conflict: 409,
} as const satisfies Record<PayoutRefusal, number>;

/** @param splitting the providers that divide money, and can have paid a recipient by themselves */
export function registerSplitPayoutRoutes(
  app: App,
  context: ServerContext,
  splitting: readonly string[],
): void {
  app.get(
    '/v1/splits/payouts',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'What recipients have been paid, the newest first',
        tags: ['splits'],
        querystring: z.object({
          recipient: RecipientName.optional(),
          limit: z.coerce.number().int().min(1).max(MAX_PAYOUTS_LISTED).default(50),
        }),
        response: { 200: SplitPayoutList, ...errorResponses },
      },
    },
    async (request) => {
      const { merchantId } = principalOf(request, 'manager');
      const { recipient, limit } = request.query;
      return { payouts: await listSplitPayouts(context.db, merchantId, recipient, limit) };
    },
  );
  app.post(
    '/v1/splits/payouts',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Writes down that a recipient has been paid; idempotent by payoutId',
        tags: ['splits'],
        body: SplitPayoutRequest,
        response: { 200: SplitPayoutView, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { provider } = request.body;
      if (provider !== null && !splitting.includes(provider))
        return reply.code(404).send(errorBody('provider_unknown', `${provider} pays no recipients here`));
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await recordSplitPayout(context, merchantId, request.body);
      if (!outcome.ok) return reply.code(STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
      return outcome.payout;
    },
  );
  app.post(
    '/v1/splits/payouts/:payoutId/reverse',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Takes a payout back: it was a mistake, or the money came back',
        tags: ['splits'],
        params: z.object({ payoutId: Uuid }),
        body: SplitPayoutReversal,
        response: { 200: SplitPayoutView, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await reverseSplitPayout(context, merchantId, request.params.payoutId, request.body.by);
      if (!outcome.ok) return reply.code(STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
      return outcome.payout;
    },
  );
}
