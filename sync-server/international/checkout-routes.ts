import { z } from 'zod';
import { CheckoutRequest, CheckoutResponse, CheckoutState } from '../../domain/protocol/checkouts.ts';
import { principalOf } from '../access/guard.ts';
import { recordKioskContact } from '../access/kiosk-contact.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import type { InternationalProvider } from '../providers/provider.ts';
import { readCheckoutState } from './checkout-state.ts';
import { type CheckoutRefusal, checkoutCreator } from './create-checkout.ts';

const STATUS = {
  offer_unknown: 404,
  offer_not_international: 409,
  amount_not_in_catalog: 409,
  txid_conflict: 409,
  charge_closed: 409,
  provider_rejected: 502,
  provider_unavailable: 503,
} as const satisfies Record<CheckoutRefusal, number>;

/** The international flow's routes. Without a provider they are there all the same, and make no checkout. */
export function registerCheckoutRoutes(
  app: App,
  context: ServerContext,
  provider: Pick<InternationalProvider, 'createCheckout' | 'checkoutPage'> | null,
): void {
  const createCheckout = checkoutCreator(context, provider);
  app.post(
    '/v1/checkouts',
    {
      config: { access: ['kiosk'] },
      schema: {
        summary: 'Makes the card checkout of a payment session; idempotent by sessionId',
        tags: ['payments'],
        body: CheckoutRequest,
        response: { 200: CheckoutResponse, ...errorResponses },
      },
    },
    async (request, reply) => {
      const kiosk = principalOf(request, 'kiosk');
      await recordKioskContact(context.db, kiosk, context.clock.nowMs());
      const result = await createCheckout(kiosk, request.body);
      if (result.ok) {
        const { token, ...checkout } = result.checkout;
        const base = context.config.publicUrl ?? `${request.protocol}://${request.host}`;
        return { ...checkout, checkoutUrl: new URL(`/pay/${token}`, base).href };
      }
      if (STATUS[result.code] === 503) reply.header('retry-after', '2');
      return reply.code(STATUS[result.code]).send(errorBody(result.code, result.detail));
    },
  );
  app.get(
    '/v1/checkouts/:token',
    {
      config: { access: 'public' },
      schema: {
        summary: 'What the customer’s page of a card payment shows; the token is its key',
        tags: ['payments'],
        params: z.object({ token: z.string().max(100) }),
        response: { 200: CheckoutState, ...errorResponses },
      },
    },
    async (request, reply) => {
      const state = await readCheckoutState(context, provider?.checkoutPage ?? null, request.params.token);
      if (state === null) return reply.code(404).send(errorBody('checkout_unknown', 'no such checkout'));
      return state;
    },
  );
}
