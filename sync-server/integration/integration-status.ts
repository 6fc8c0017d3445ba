import type { IntegrationStatus } from '../../domain/protocol/integration.ts';
import type { Queryable } from '../db/database.ts';
import { readFulfilmentFigures } from '../fulfilment/list-fulfilments.ts';
import { IS_PAID_WITHOUT_TICKET, PAYMENTS_WITH_TICKETS } from '../payments/paid-without-ticket.ts';
import { readSuspenseFigures } from '../reconciliation/resolve-suspense.ts';
import { askingPace, readWebhookPaces } from '../reconciliation/webhook-pace.ts';
import { conversionPercent, integrationHealth } from './integration-health.ts';

/** The newest are what a person can still act on. */
const MAX_ISSUES = 200;

/** How well what was paid became tickets, for all units of a merchant, since the beginning. */
export async function readIntegrationStatus(
  database: Queryable,
  merchantId: string,
  nowMs: number,
): Promise<IntegrationStatus> {
  const [figures] = await database.query<{
    sessions: number;
    paid: number;
    tickets: number;
    averageSeconds: number | null;
    p95Seconds: number | null;
    refundsOpen: number;
    withoutTicket: string[] | null;
  }>(FIGURES, [merchantId, MAX_ISSUES]);
  if (figures === undefined) throw new Error('an aggregate without groups always gives a row');
  const issues = await database.query<{
    sessionId: string;
    transactionId: string;
    kioskId: string;
    amountCents: number;
    currency: string;
    paidAt: Date;
  }>(ISSUES, [merchantId, figures.withoutTicket ?? []]);
  const percent = conversionPercent(figures.paid, figures.tickets);
  return {
    health: integrationHealth(percent),
    sessions: figures.sessions,
    paid: figures.paid,
    tickets: figures.tickets,
    conversionPercent: percent,
    averageSecondsToTicket: figures.averageSeconds,
    p95SecondsToTicket: figures.p95Seconds,
    refundsOpen: figures.refundsOpen,
    issues: issues.map((issue) => ({
      kind: 'paid_without_ticket',
      ...issue,
      paidAt: issue.paidAt.getTime(),
      ageSeconds: Math.max(0, (nowMs - issue.paidAt.getTime()) / 1000),
    })),
    webhooks: (await readWebhookPaces(database, await providersOf(database, merchantId), nowMs)).map(
      (pace) => ({
        ...pace,
        firstCheckMs: askingPace(pace).firstMs,
      }),
    ),
    suspense: await readSuspenseFigures(database, merchantId, nowMs),
    fulfilment: await readFulfilmentFigures(database, merchantId),
    serverTime: nowMs,
  };
}

/** Those that money of the merchant came by. */
async function providersOf(database: Queryable, merchantId: string): Promise<string[]> {
  // From one name to the next in the index: a DISTINCT would read every receipt.
  const rows = await database.query<{ provider: string }>(
    `WITH RECURSIVE named AS (
       SELECT min(provider) AS provider FROM receipts WHERE merchant_id = $1
       UNION ALL
       SELECT (SELECT min(provider) FROM receipts WHERE merchant_id = $1 AND provider > named.provider) FROM named
       WHERE named.provider IS NOT NULL)
     SELECT provider FROM named WHERE provider IS NOT NULL`,
    [merchantId],
  );
  return rows.map(({ provider }) => provider);
}

// Of payments alone: free and pay-at-the-counter sessions and tickets are none of the bank's.
// One pass over what was paid: in a large shop it is most of the work, and what has no ticket falls out of it.
// The ticket's time is the kiosk's: a clock that is behind must not make a negative wait.
const FIGURES = `
  WITH paid AS (
    SELECT t.transaction_id, t.paid_at, ${IS_PAID_WITHOUT_TICKET} AS lacks_ticket, k.ticket_id IS NOT NULL AS has_ticket,
      greatest(0, extract(epoch FROM k.issued_at - t.paid_at))::float8 AS seconds
    FROM ${PAYMENTS_WITH_TICKETS}
    WHERE t.merchant_id = $1 AND t.paid_at IS NOT NULL)
  SELECT
    (SELECT count(*)::int FROM payment_sessions WHERE merchant_id = $1 AND payment = 'pix')
      + (SELECT count(*)::int FROM payment_transactions t WHERE merchant_id = $1 AND NOT EXISTS (
           SELECT FROM payment_sessions s
           WHERE s.merchant_id = $1 AND s.session_id = t.session_id AND s.payment = 'pix')) AS sessions,
    count(*)::int AS paid,
    count(*) FILTER (WHERE has_ticket)::int AS tickets,
    round(avg(seconds) FILTER (WHERE has_ticket)::numeric, 3)::float8 AS "averageSeconds",
    round((percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE has_ticket))::numeric, 3)::float8
      AS "p95Seconds",
    (array_agg(transaction_id ORDER BY paid_at DESC) FILTER (WHERE lacks_ticket))[:$2]
      AS "withoutTicket",
    (SELECT count(*)::int FROM refunds WHERE merchant_id = $1 AND status <> 'settled' AND replaced_by IS NULL
       AND NOT (status = 'failed' AND initiated_by = 'provider')) AS "refundsOpen"
  FROM paid`;

const ISSUES = `
  SELECT session_id AS "sessionId", transaction_id AS "transactionId", kiosk_id AS "kioskId",
    amount_cents AS "amountCents", currency, paid_at AS "paidAt"
  FROM payment_transactions WHERE merchant_id = $1 AND transaction_id = ANY($2) ORDER BY paid_at DESC`;
