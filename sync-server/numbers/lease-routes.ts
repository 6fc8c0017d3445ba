import { NumberLeaseRequest, NumberLeaseResponse } from '../../domain/protocol/leases.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { leaseNumbers } from './lease-numbers.ts';

/** `POST /v1/number-leases`, as domain/protocol/leases.ts describes it. */
export function registerNumberLeaseRoutes(app: App, context: ServerContext): void {
  app.post(
    '/v1/number-leases',
    {
      config: { access: ['kiosk'] },
      schema: {
        summary: 'Ranges of ticket numbers that only this kiosk gives out; what is not granted is left out',
        tags: ['queue'],
        body: NumberLeaseRequest,
        response: { 200: NumberLeaseResponse, ...errorResponses },
      },
    },
    async (request) => {
      const leases = await leaseNumbers(context, principalOf(request, 'kiosk'), request.body.leases);
      return { leases, serverTime: context.clock.nowMs() };
    },
  );
}
