import { AuditReport } from '../../domain/protocol/audit.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { readAuditReport } from './audit-report.ts';

/**
 * Reads reports one after the other, and one for all who ask for the same while it is read: each takes a connection and a
 * core, and whoever is paying needs them too.
 */
export function auditReader({
  db,
  clock,
}: Pick<ServerContext, 'db' | 'clock'>): (merchantId: string) => Promise<AuditReport> {
  const underWay = new Map<string, Promise<AuditReport>>();
  let last: Promise<unknown> = Promise.resolve();
  return (merchantId) => {
    const shared = underWay.get(merchantId);
    if (shared !== undefined) return shared;
    const report = last.then(() => readAuditReport(db, merchantId, clock.nowMs()));
    const ended = (): boolean => underWay.delete(merchantId);
    last = report.then(ended, ended);
    underWay.set(merchantId, report);
    return report;
  };
}

/** For the manager and finance. */
export function registerAuditRoutes(app: App, context: ServerContext): void {
  const read = auditReader(context);
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
    (request) => read(principalOf(request, 'manager').merchantId),
  );
}
