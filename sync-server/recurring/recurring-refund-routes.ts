import { z } from 'zod';
import {
  MAX_RECURRENCES_LISTED,
  RecurringRefundRequest,
  ReturnClosed,
} from '../../domain/protocol/recurring.ts';
import { RefundReturned } from '../../domain/protocol/refunds.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { Accepted, RETURN_STATUS, Retried } from '../payments/refund-routes.ts';
import { closeRecurringReturned, closeReturn, retryRecurringRefunds } from './end-recurring-refund.ts';
import { type RecurringRefundRefusal, requestRecurringRefund } from './request-recurring-refund.ts';

const STATUS = {
  unknown_receipt: 404,
  unknown_provider: 404,
  not_refundable: 409,
  too_much: 409,
  too_late: 409,
  disputed: 409,
  request_conflict: 409,
} as const satisfies Record<RecurringRefundRefusal, number>;

const config = { access: ['manager'] as const };
const tags = ['payments'];

/** Refunds of recurring money, by the rules of those of sales. @param providers the names of those that there are */
export function registerRecurringRefundRoutes(
  app: App,
  context: ServerContext,
  providers: ReadonlySet<string>,
): void {
  app.post(
    '/v1/recurring/refunds',
    {
      config,
      schema: {
        summary: 'Sends recurring money back, all of a receipt or a part; idempotent by requestId',
        tags,
        body: RecurringRefundRequest,
        response: { 200: Accepted, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await requestRecurringRefund(context, merchantId, request.body, providers, 'manager');
      if (outcome.ok) return { refundId: outcome.refundId };
      return reply.code(STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
    },
  );
  app.post(
    '/v1/recurring/refunds/retry',
    {
      config,
      schema: {
        summary: 'Takes up refunds of recurring money again that were given up',
        tags,
        body: z.object({ refundIds: z.array(z.string().max(64)).min(1).max(MAX_RECURRENCES_LISTED) }),
        response: { 200: Retried, ...errorResponses },
      },
    },
    async (request) => {
      const { merchantId } = principalOf(request, 'manager');
      return { refundIds: await retryRecurringRefunds(context, merchantId, request.body.refundIds) };
    },
  );
  app.post(
    '/v1/recurring/refunds/returned',
    {
      config,
      schema: {
        summary: 'Closes a refund of recurring money that failed: somebody sent it back by hand; idempotent',
        tags,
        body: RefundReturned,
        response: { 200: Accepted, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await closeRecurringReturned(context, merchantId, request.body);
      if (outcome.ok) return { refundId: outcome.refundId };
      return reply.code(RETURN_STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
    },
  );
  app.post(
    '/v1/recurring/returns/close',
    {
      config,
      schema: {
        summary:
          'Notes that a provider’s own refund which did not arrive was looked at; the first word stands',
        tags,
        body: ReturnClosed,
        response: { 200: z.object({ returnId: z.string() }), ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      if (await closeReturn(context, merchantId, request.body)) return { returnId: request.body.returnId };
      return reply
        .code(404)
        .send(errorBody('unknown_return', 'the merchant has no such refund that did not arrive'));
    },
  );
}
