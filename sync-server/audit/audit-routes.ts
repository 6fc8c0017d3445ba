import { AuditReport } from '../../domain/protocol/audit.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { readAuditReport } from './audit-report.ts';

/** For the manager and finance. */
export function registerAuditRoutes(app: App, { db, clock }: ServerContext): void {
  app.get(
    '/v1/ledger/audit',
    {
      config: { access: ['manager'] },
      schema: {
        summary:
          'Fill rates, providers, money without tickets and tickets without money, what waits, and what to do first',
        tags: ['ledger'],
        response: { 200: AuditReport, ...errorResponses },
      },
    },
    (request) => readAuditReport(db, principalOf(request, 'manager').merchantId, clock.nowMs()),
  );
}
