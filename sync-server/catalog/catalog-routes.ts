import { z } from 'zod';
import { Catalog } from '../../domain/protocol/catalog.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import { principalOf } from '../access/guard.ts';
import { recordKioskContact } from '../access/kiosk-contact.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { readCatalog } from './catalog.ts';

/** `GET /v1/catalog`: what the caller's unit sells. A manager names one of the merchant's units. */
export function registerCatalogRoutes(app: App, context: ServerContext): void {
  app.get(
    '/v1/catalog',
    {
      config: { access: ['kiosk', 'operator', 'manager'] },
      schema: {
        summary: 'What the unit sells',
        tags: ['catalog'],
        querystring: z.object({
          unitId: Uuid.optional().describe('For managers, who have no unit of their own'),
        }),
        response: { 200: Catalog, ...errorResponses },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request, 'kiosk', 'operator', 'manager');
      const unitId = principal.role === 'manager' ? request.query.unitId : principal.unitId;
      if (unitId === undefined)
        return reply.code(400).send(errorBody('invalid_request', 'unitId is missing'));
      if (principal.role === 'kiosk') await recordKioskContact(context.db, principal, context.clock.nowMs());
      const catalog = await readCatalog(context.db, { merchantId: principal.merchantId, unitId });
      if (catalog === null) return reply.code(404).send(errorBody('unit_unknown', 'no such unit'));
      return catalog;
    },
  );
}
