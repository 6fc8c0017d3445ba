import { isSettled } from '../../domain/payment-status.ts';
import type { PaymentMethod } from '../../domain/ticket.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import type { Transaction } from '../db/database.ts';
import type { PaymentTransaction } from '../payments/payment-transaction.ts';
import type { UnitKey } from '../sync/feed-log.ts';

/** A settled payment, as far as its ticket is concerned: what it entitles to, and who may still issue it. */
export interface SettledPayment
  extends Pick<
    PaymentTransaction,
    'transactionId' | 'sessionId' | 'kioskId' | 'status' | 'serviceId' | 'serviceName'
  > {
  readonly prefix: string;
  readonly number: number;
  readonly label: string;
  /** `YYYY-MM-DD`, of the reserved number. */
  readonly businessDay: string;
  readonly paidAtMs: number;
  readonly method: PaymentMethod;
  /** The end of the lease of its kiosk, by the server's clock. */
  readonly actBeforeMs: number;
}

type Row = Omit<SettledPayment, 'label'> & Record<string, unknown>;

/**
 * Locks the payment of a session until the commit, after `lockUnitTickets`: whoever issues its ticket, or gives its
 * kiosk more time, takes turns here. Undefined when the unit has no settled payment of that session.
 */
export async function lockSettledPayment(
  transaction: Transaction,
  { merchantId, unitId }: UnitKey,
  sessionId: string,
): Promise<SettledPayment | undefined> {
  const [row] = await transaction.query<Row>(
    `SELECT transaction_id AS "transactionId", session_id AS "sessionId", kiosk_id AS "kioskId", status,
       service_id AS "serviceId", service_name AS "serviceName", service_prefix AS prefix, ticket_number AS number,
       ticket_business_day AS "businessDay", (extract(epoch FROM paid_at) * 1000)::bigint AS "paidAtMs",
       CASE flow WHEN 'international' THEN 'card' ELSE 'pix' END AS method,
       (extract(epoch FROM act_before) * 1000)::bigint AS "actBeforeMs"
     FROM payment_transactions
     WHERE merchant_id = $1 AND session_id = $2 AND unit_id = $3 AND paid_at IS NOT NULL AND ticket_number IS NOT NULL
     FOR UPDATE`,
    [merchantId, sessionId, unitId],
  );
  if (row === undefined || !isSettled(row.status)) return undefined;
  return { ...row, label: ticketLabel(row.prefix, row.number) };
}
