import { ChargeRequest, ChargeResponse } from '../../domain/protocol/charges.ts';
import { principalOf } from '../access/guard.ts';
import { recordKioskContact } from '../access/kiosk-contact.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import type { ChargeRouter } from '../routing/charge-router.ts';
import type { ShadowMirror } from '../routing/shadow-mirror.ts';
import type { ChargeRefusal } from './answer-charge.ts';
import { chargeCreator } from './create-charge.ts';

const STATUS = {
  service_unknown: 404,
  amount_not_in_catalog: 409,
  txid_conflict: 409,
  charge_closed: 409,
  customer_cpf_required: 409,
  provider_rejected: 502,
  provider_unavailable: 503,
} as const satisfies Record<ChargeRefusal, number>;

export function registerChargeRoutes(
  app: App,
  context: ServerContext,
  router: ChargeRouter,
  shadows: ShadowMirror,
): void {
  const createCharge = chargeCreator(context, router, shadows);
  app.post(
    '/v1/charges',
    {
      config: { access: ['kiosk'] },
      schema: {
        summary: 'Makes the PIX charge of a payment session; idempotent by sessionId',
        tags: ['payments'],
        body: ChargeRequest,
        response: { 200: ChargeResponse, ...errorResponses },
      },
    },
    async (request, reply) => {
      const kiosk = principalOf(request, 'kiosk');
      await recordKioskContact(context.db, kiosk, context.clock.nowMs());
      const result = await createCharge(kiosk, request.body);
      if (result.ok) return result.charge;
      if (STATUS[result.code] === 503) reply.header('retry-after', '2');
      return reply.code(STATUS[result.code]).send(errorBody(result.code, result.detail));
    },
  );
}
