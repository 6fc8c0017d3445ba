import { summarise } from '../../domain/audit-summary.ts';
import { AuditReport } from '../../domain/protocol/audit.ts';
import type { Database } from '../db/database.ts';
import { verifyWithin } from '../ledger/verify-ledger.ts';
import { auditMoney } from './audit-of-money.ts';
import { auditPayments } from './audit-of-payments.ts';

/** A report of years of sales takes a minute; a statement of it that takes longer than this is stuck. */
const STATEMENT_TIMEOUT_MS = 120_000;

/**
 * What finance and support look at first, of one merchant. All of it from one snapshot of the database, so that its
 * figures agree with each other while money is moving; docs/audit.md says what each counts.
 */
export function readAuditReport(database: Database, merchantId: string, nowMs: number): Promise<AuditReport> {
  return database.transaction(async (transaction) => {
    await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await transaction.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    // One core is for the customers who are paying.
    await transaction.query('SET LOCAL max_parallel_workers_per_gather = 0');
    const { entries, findings } = await verifyWithin(transaction, { merchantId });
    const figures = {
      at: nowMs,
      merchantId,
      ...(await auditPayments(transaction, merchantId, nowMs)),
      ...(await auditMoney(transaction, merchantId, nowMs)),
      ledger: { entries, findings: findings.length },
    };
    return AuditReport.parse({ ...figures, summary: summarise(figures) });
  });
}
