import type { CanonicalStatus } from '../../domain/payment-status.ts';
import type { RefundStatus } from '../../domain/protocol/feed.ts';
import type { TicketDelivery, TicketStatus } from '../../domain/ticket.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import type { Queryable } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';

/** What a customer is told of their purchase, and what of its ticket is known. */
export interface Sale {
  readonly transactionId: string;
  readonly merchantName: string;
  readonly unitName: string;
  readonly timeZone: string;
  readonly serviceName: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly flow: 'national' | 'international';
  readonly status: CanonicalStatus;
  readonly paidAtMs: number;
  readonly ticketLabel: string;
  /** Of the Pix that settled it; of a card its provider's id. */
  readonly confirmationId: string;
  readonly ticket: { readonly status: TicketStatus; readonly delivery: TicketDelivery | null } | null;
  /** Oldest first; those that were replaced are left out. */
  readonly refunds: readonly { readonly amountCents: number; readonly status: RefundStatus }[];
}

interface Row extends Omit<Sale, 'ticketLabel' | 'ticket'>, Record<string, unknown> {
  readonly prefix: string;
  readonly number: number;
  readonly ticketStatus: TicketStatus | null;
  readonly delivery: TicketDelivery | null;
}

/** Of a settled payment. */
export async function readSale(
  database: Queryable,
  { merchantId, transactionId }: TransactionKey,
): Promise<Sale> {
  const [row] = await database.query<Row>(
    `SELECT t.transaction_id AS "transactionId", m.name AS "merchantName", u.name AS "unitName",
       u.time_zone AS "timeZone", t.service_name AS "serviceName", t.amount_cents AS "amountCents", t.currency, t.flow,
       t.status, (extract(epoch FROM t.paid_at) * 1000)::bigint AS "paidAtMs", t.service_prefix AS prefix,
       t.ticket_number AS number, coalesce(r.end_to_end_id, t.settled_receipt_id) AS "confirmationId",
       k.status AS "ticketStatus", k.delivery,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('amountCents', f.amount_cents, 'status', f.status)
          ORDER BY f.created_at, f.refund_id), '[]') FROM refunds f
        WHERE f.merchant_id = t.merchant_id AND f.transaction_id = t.transaction_id
          AND f.replaced_by IS NULL) AS refunds
     FROM payment_transactions t
     JOIN merchants m USING (merchant_id)
     JOIN units u ON u.merchant_id = t.merchant_id AND u.unit_id = t.unit_id
     LEFT JOIN receipts r ON r.merchant_id = t.merchant_id AND r.receipt_id = t.settled_receipt_id
     LEFT JOIN tickets k ON k.merchant_id = t.merchant_id AND k.transaction_id = t.transaction_id
     WHERE t.merchant_id = $1 AND t.transaction_id = $2 AND t.paid_at IS NOT NULL`,
    [merchantId, transactionId],
  );
  if (row === undefined) throw new Error(`transaction ${transactionId} is not settled`);
  const { prefix, number, ticketStatus, delivery, ...sale } = row;
  return {
    ...sale,
    ticketLabel: ticketLabel(prefix, number),
    ticket: ticketStatus === null ? null : { status: ticketStatus, delivery },
  };
}
