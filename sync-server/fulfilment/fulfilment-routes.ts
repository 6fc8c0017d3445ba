import { z } from 'zod';
import {
  BackfillAnswer,
  BackfillRequest,
  FulfilmentDetail,
  FulfilmentFilter,
  FulfilmentKick,
  FulfilmentList,
  KickedCount,
  MAX_FULFILMENTS_LISTED,
} from '../../domain/protocol/fulfilment.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { backfill } from './backfill.ts';
import { listFulfilments, readFulfilment } from './list-fulfilments.ts';
import { kick, type ResyncRefusal, resync } from './resync.ts';

const REFUSALS = {
  unknown_fulfilment: [404, 'no paid transaction of that id has a fulfilment'],
  nothing_failed: [409, 'nothing of it has failed: what is under way goes on by itself'],
} as const satisfies Record<ResyncRefusal, readonly [number, string]>;

const Params = z.object({ transactionId: Uuid });

/** What followed each payment, for a manager. As domain/protocol/fulfilment.ts describes it. */
export function registerFulfilmentRoutes(app: App, context: ServerContext): void {
  app.get(
    '/v1/fulfilments',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'What followed each payment: failures first, then what is under way, then what ended last',
        tags: ['fulfilment'],
        querystring: z.object({
          status: FulfilmentFilter.optional(),
          limit: z.coerce.number().int().min(1).max(MAX_FULFILMENTS_LISTED).default(50),
        }),
        response: { 200: FulfilmentList, ...errorResponses },
      },
    },
    (request) => listFulfilments(context.db, principalOf(request, 'manager').merchantId, request.query),
  );
  app.get(
    '/v1/fulfilments/:transactionId',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'What followed one payment, with each message that went to its customer',
        tags: ['fulfilment'],
        params: Params,
        response: { 200: FulfilmentDetail, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const found = await readFulfilment(context.db, { merchantId, ...request.params });
      if (found !== undefined) return found;
      const [status, message] = REFUSALS.unknown_fulfilment;
      return reply.code(status).send(errorBody('unknown_fulfilment', message));
    },
  );
  app.post(
    '/v1/fulfilments/:transactionId/resync',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Has what failed tried again at once; what is done stays done',
        tags: ['fulfilment'],
        params: Params,
        response: { 200: FulfilmentDetail, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const key = { merchantId, ...request.params };
      const outcome = await resync(context, key);
      const found = outcome.ok ? await readFulfilment(context.db, key) : undefined;
      if (found !== undefined) return found;
      const code = outcome.ok ? 'unknown_fulfilment' : outcome.code;
      const [status, message] = REFUSALS[code];
      return reply.code(status).send(errorBody(code, message));
    },
  );
  app.post(
    '/v1/fulfilments/kick',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Has one fulfilment, or all that are due, worked on now',
        tags: ['fulfilment'],
        body: FulfilmentKick,
        response: { 200: KickedCount, ...errorResponses },
      },
    },
    async (request) => {
      const { merchantId } = principalOf(request, 'manager');
      return { count: await kick(context, { merchantId, ...request.body }) };
    },
  );
  app.post(
    '/v1/fulfilments/backfill',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Makes the fulfilments of settled payments that have none',
        tags: ['fulfilment'],
        body: BackfillRequest,
        response: { 200: BackfillAnswer, ...errorResponses },
      },
    },
    (request) => backfill(context, principalOf(request, 'manager').merchantId, request.body.since),
  );
}
