import { z } from 'zod';
import { isTimeZone } from '../../domain/business-day.ts';
import { SettlementDifferences, SettlementReport } from '../../domain/protocol/settlement.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { readDifferences, readSettlement } from './read-settlement.ts';

const Query = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    provider: z.string().max(50).optional(),
    timeZone: z.string().max(50).refine(isTimeZone, 'no IANA time zone').default('America/Sao_Paulo'),
  })
  .refine(({ from, to }) => from <= to, 'from has to be before to');

/** For finance: what providers owe by our books, and what they settled by their statements. */
export function registerSettlementRoutes(app: App, { db }: ServerContext): void {
  app.get(
    '/v1/settlement',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Expected against settled, by provider and day',
        tags: ['reconciliation'],
        querystring: Query,
        response: { 200: SettlementReport, ...errorResponses },
      },
    },
    (request) =>
      readSettlement(db, { merchantId: principalOf(request, 'manager').merchantId, ...request.query }),
  );
  app.get(
    '/v1/settlement/differences',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'What makes days differ, with its transactions',
        tags: ['reconciliation'],
        querystring: Query,
        response: { 200: SettlementDifferences, ...errorResponses },
      },
    },
    (request) =>
      readDifferences(db, { merchantId: principalOf(request, 'manager').merchantId, ...request.query }),
  );
}
