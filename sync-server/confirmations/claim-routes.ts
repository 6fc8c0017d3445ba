import { ClaimRequest, ClaimResponse } from '../../domain/protocol/leases.ts';
import { principalOf } from '../access/guard.ts';
import { recordKioskContact } from '../access/kiosk-contact.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { claimConfirmation } from './claim-confirmation.ts';

/** `POST /v1/confirmations/claim`, as domain/protocol/leases.ts describes it. */
export function registerClaimRoutes(app: App, context: ServerContext): void {
  app.post(
    '/v1/confirmations/claim',
    {
      config: { access: ['kiosk'] },
      schema: {
        summary: 'Asks whether the ticket of a confirmed payment may still be issued by its kiosk',
        tags: ['payments'],
        body: ClaimRequest,
        response: { 200: ClaimResponse, ...errorResponses },
      },
    },
    async (request) => {
      const kiosk = principalOf(request, 'kiosk');
      await recordKioskContact(context.db, kiosk, context.clock.nowMs());
      return claimConfirmation(context, kiosk, request.body.sessionId);
    },
  );
}
