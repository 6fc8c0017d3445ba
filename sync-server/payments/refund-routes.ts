import { z } from 'zod';
import { RefundStatus } from '../../domain/protocol/feed.ts';
import {
  MAX_REFUNDS_LISTED,
  RefundList,
  RefundRequest,
  RefundReturned,
} from '../../domain/protocol/refunds.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { listRefunds } from './list-refunds.ts';
import { type RefundRefusal, requestRefund } from './request-refund.ts';
import { retryRefunds } from './retry-refund.ts';
import { closeReturned, type ReturnRefusal } from './returned-by-hand.ts';

const STATUS = {
  unknown_transaction: 404,
  not_paid: 409,
  too_much: 409,
  too_late: 409,
  disputed: 409,
  request_conflict: 409,
} as const satisfies Record<RefundRefusal, number>;

export const RETURN_STATUS = {
  unknown_refund: 404,
  not_failed: 409,
  under_way: 409,
} as const satisfies Record<ReturnRefusal, number>;

export const Accepted = z.object({ refundId: z.string() });
export const Retried = z.object({ refundIds: z.array(z.string()) });

/** Refunds that a manager asks for, and what became of all. As domain/protocol/refunds.ts describes it. */
export function registerRefundRoutes(app: App, context: ServerContext): void {
  app.post(
    '/v1/refunds',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Sends money of a paid session back, all or a part; idempotent by requestId',
        tags: ['payments'],
        body: RefundRequest,
        response: { 200: Accepted, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await requestRefund(context, merchantId, request.body, 'manager');
      if (outcome.ok) return { refundId: outcome.refundId };
      return reply.code(STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
    },
  );
  app.get(
    '/v1/refunds',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'The refunds, newest first',
        tags: ['payments'],
        querystring: z.object({
          status: RefundStatus.optional(),
          limit: z.coerce.number().int().min(1).max(MAX_REFUNDS_LISTED).default(50),
        }),
        response: { 200: RefundList, ...errorResponses },
      },
    },
    (request) => listRefunds(context.db, principalOf(request, 'manager').merchantId, request.query),
  );
  app.post(
    '/v1/refunds/retry',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Takes up refunds again that were given up',
        tags: ['payments'],
        body: z.object({ refundIds: z.array(z.string().max(64)).min(1).max(MAX_REFUNDS_LISTED) }),
        response: { 200: Retried, ...errorResponses },
      },
    },
    async (request) => {
      const { merchantId } = principalOf(request, 'manager');
      return { refundIds: await retryRefunds(context, merchantId, request.body.refundIds) };
    },
  );
  app.post(
    '/v1/refunds/returned',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Closes a refund that failed: somebody sent the money back by hand; idempotent by refundId',
        tags: ['payments'],
        body: RefundReturned,
        response: { 200: Accepted, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await closeReturned(context, merchantId, request.body);
      if (outcome.ok) return { refundId: outcome.refundId };
      return reply.code(RETURN_STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
    },
  );
}
