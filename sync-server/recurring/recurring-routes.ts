import { z } from 'zod';
import {
  AgreementRequest,
  MAX_RECURRENCES_LISTED,
  MAX_SUBSCRIPTIONS_LISTED,
  RecurrenceKind,
  RecurrenceList,
  RecurrenceStatus,
  RecurringChargeRequest,
  RecurringOrderResponse,
  SubscriptionList,
  SubscriptionStatus,
} from '../../domain/protocol/recurring.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import { listRecurrences } from './list-recurrences.ts';
import { listSubscriptions } from './list-subscriptions.ts';
import { type OrderRefusal, orderAgreement, orderCharge } from './order-recurrence.ts';
import { registerRecurringRefundRoutes } from './recurring-refund-routes.ts';

const STATUS = {
  unknown_provider: 404,
  unknown_agreement: 404,
  order_conflict: 409,
  provider_rejected: 502,
  provider_unavailable: 503,
  under_way: 503,
} as const satisfies Record<OrderRefusal, number>;

/** Agreements and what is charged by them, as the providers told. */
export function registerRecurringRoutes(
  app: App,
  context: ServerContext,
  providers: readonly PaymentProvider[],
): void {
  app.get(
    '/v1/recurring',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Agreements, their periods and charges, newest first, with what became of each',
        tags: ['payments'],
        querystring: z.object({
          kind: RecurrenceKind.optional(),
          status: RecurrenceStatus.optional(),
          agreementId: z.string().min(1).max(255).optional(),
          /** Those alone that name no agreement which is known here. */
          loose: z.stringbool().optional(),
          limit: z.coerce.number().int().min(1).max(MAX_RECURRENCES_LISTED).default(50),
        }),
        response: { 200: RecurrenceList, ...errorResponses },
      },
    },
    (request) =>
      listRecurrences(
        context.db,
        principalOf(request, 'manager').merchantId,
        request.query,
        context.clock.nowMs(),
      ),
  );
  app.get(
    '/v1/recurring/subscriptions',
    {
      config: { access: ['manager'] },
      schema: {
        summary:
          'Subscriptions and agreements, newest first, with plan, price, period and sums; customers masked',
        tags: ['payments'],
        querystring: z.object({
          status: SubscriptionStatus.optional(),
          native: z.stringbool().optional(),
          limit: z.coerce.number().int().min(1).max(MAX_SUBSCRIPTIONS_LISTED).default(50),
        }),
        response: { 200: SubscriptionList, ...errorResponses },
      },
    },
    (request) => listSubscriptions(context, principalOf(request, 'manager').merchantId, request.query),
  );
  registerRecurringRefundRoutes(app, context, new Set(providers.map(({ name }) => name)));
  const find = (name: string): PaymentProvider | undefined => providers.find((each) => each.name === name);
  app.post(
    '/v1/recurring/agreements',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Makes an agreement that its customer approves by a QR code; idempotent by contract',
        tags: ['payments'],
        body: AgreementRequest,
        response: { 200: RecurringOrderResponse, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await orderAgreement(context, find(request.body.provider), merchantId, request.body);
      if (outcome.ok) return outcome.made;
      return reply.code(STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
    },
  );
  app.post(
    '/v1/recurring/charges',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Charges what one period of an agreement asks for; idempotent by txid',
        tags: ['payments'],
        body: RecurringChargeRequest,
        response: { 200: RecurringOrderResponse, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await orderCharge(context, find(request.body.provider), merchantId, request.body);
      if (outcome.ok) return outcome.made;
      return reply.code(STATUS[outcome.code]).send(errorBody(outcome.code, outcome.detail));
    },
  );
}
