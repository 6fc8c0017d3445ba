import { expect } from 'vitest';
import { newId, txidOfSession } from '../../../domain/ids.ts';
import type { ChargeRequest } from '../../../domain/protocol/charges.ts';
import type { KioskPrincipal } from '../../access/principal.ts';
import { DEMO_KIOSK_ID, DEMO_MERCHANT_ID, DEMO_SERVICES, DEMO_UNIT_ID } from '../../catalog/demo-shop.ts';
import type { ServerContext } from '../../context.ts';
import { auditLedger } from '../../ledger/audit-ledger.ts';

export const KIOSK: KioskPrincipal = {
  role: 'kiosk',
  merchantId: DEMO_MERCHANT_ID,
  unitId: DEMO_UNIT_ID,
  kioskId: DEMO_KIOSK_ID,
};
export const [SERVICE] = DEMO_SERVICES;

/** What the kiosk sends for a new session of the first service of the demonstration shop. */
export function chargeRequest(
  context: Pick<ServerContext, 'clock' | 'randomBytes'>,
  overrides: Partial<ChargeRequest> = {},
): ChargeRequest {
  const sessionId = newId(context.clock, context.randomBytes);
  return {
    sessionId,
    txid: txidOfSession(sessionId),
    serviceId: SERVICE.serviceId,
    catalogVersion: 1,
    amountCents: SERVICE.amountCents,
    ...overrides,
  };
}

export interface StoredPayment {
  readonly status: string;
  readonly late: boolean;
  readonly ticketNumber: number | null;
  readonly confirmations: number;
  readonly refunds: readonly { readonly reason: string; readonly status: string; readonly cents: number }[];
  readonly feedKinds: readonly string[];
}

/** What the database says of one session's payment. */
export async function readPayment(context: ServerContext, sessionId: string): Promise<StoredPayment> {
  const [row] = await context.db.query<{
    transactionId: string;
    status: string;
    late: boolean;
    ticketNumber: number | null;
  }>(
    `SELECT transaction_id AS "transactionId", status, late, ticket_number AS "ticketNumber"
     FROM payment_transactions WHERE session_id = $1`,
    [sessionId],
  );
  if (row === undefined) throw new Error(`session ${sessionId} has no transaction`);
  const feed = await context.db.query<{ kind: string }>(
    "SELECT kind FROM feed WHERE payload->>'sessionId' = $1 ORDER BY seq",
    [sessionId],
  );
  const refunds = await context.db.query<{ reason: string; status: string; cents: number }>(
    'SELECT reason, status, amount_cents AS cents FROM refunds WHERE transaction_id = $1 ORDER BY created_at, refund_id',
    [row.transactionId],
  );
  return {
    status: row.status,
    late: row.late,
    ticketNumber: row.ticketNumber,
    confirmations: feed.filter((entry) => entry.kind === 'payment.confirmed').length,
    refunds,
    feedKinds: feed.map((entry) => entry.kind),
  };
}

/** What has to hold after every test: the ledger agrees with receipts and refunds, paid is said once. */
export async function expectMoneyAddsUp(context: ServerContext): Promise<void> {
  expect((await auditLedger(context.db)).findings).toEqual([]);
  const gaps = await context.db.query(
    `SELECT c.prefix FROM ticket_counters c
     LEFT JOIN payment_transactions t ON t.merchant_id = c.merchant_id AND t.unit_id = c.unit_id
       AND t.ticket_business_day = c.business_day AND t.service_prefix = c.prefix
     GROUP BY c.merchant_id, c.unit_id, c.business_day, c.prefix, c.last_number
     HAVING count(t.ticket_number) <> c.last_number`,
  );
  expect(gaps).toEqual([]);
}
