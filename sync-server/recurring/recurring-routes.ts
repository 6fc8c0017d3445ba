import { z } from 'zod';
import {
  MAX_RECURRENCES_LISTED,
  RecurrenceKind,
  RecurrenceList,
  RecurrenceStatus,
} from '../../domain/protocol/recurring.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { listRecurrences } from './list-recurrences.ts';

/** Agreements and what is charged by them, as the providers told. */
export function registerRecurringRoutes(app: App, context: ServerContext): void {
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
          limit: z.coerce.number().int().min(1).max(MAX_RECURRENCES_LISTED).default(50),
        }),
        response: { 200: RecurrenceList, ...errorResponses },
      },
    },
    (request) => listRecurrences(context.db, principalOf(request, 'manager').merchantId, request.query),
  );
}
