import { Uuid } from '../../domain/protocol/primitives.ts';
import type { TransactionView } from '../../domain/protocol/transactions.ts';
import type { Queryable } from '../db/database.ts';
import { readLearnt } from '../unified/read-links.ts';
import { RETURNED } from './list-refunds.ts';

const TXID_OF_SESSION = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i;

const ms = (column: string, name: string): string =>
  `(extract(epoch FROM ${column}) * 1000)::bigint AS "${name}"`;

type Head = Omit<
  TransactionView,
  'learnt' | 'attempts' | 'transitions' | 'receipts' | 'refunds' | 'disputes' | 'splits'
>;

/**
 * @param id of the transaction or of its session, also as the txid that the totem made of it
 * @returns null when the merchant has no such transaction
 */
export async function readTransaction(
  database: Queryable,
  merchantId: string,
  id: string,
): Promise<TransactionView | null> {
  const uuid = Uuid.safeParse(id.replace(TXID_OF_SESSION, '$1-$2-$3-$4-$5'));
  if (!uuid.success) return null;
  const [head] = await database.query<Head & Record<string, unknown>>(
    `SELECT t.transaction_id AS "transactionId", t.session_id AS "sessionId", t.unit_id AS "unitId",
       t.kiosk_id AS "kioskId", t.service_id AS "serviceId", t.service_name AS "serviceName", flow, provider, txid,
       provider_charge_id AS "providerChargeId", amount_cents AS "amountCents", currency, t.status,
       provider_status AS "providerStatus", ${ms('created_at', 'createdAt')},
       ${ms('charge_expires_at', 'chargeExpiresAt')}, ${ms('cancel_requested_at', 'cancelRequestedAt')},
       ${ms('paid_at', 'paidAt')}, late, k.label AS "ticketLabel"
     FROM payment_transactions t LEFT JOIN tickets k USING (merchant_id, transaction_id)
     WHERE merchant_id = $1 AND (transaction_id = $2 OR t.session_id = $2)`,
    [merchantId, uuid.data],
  );
  if (head === undefined) return null;
  const of = <R>(sql: string): Promise<(R & Record<string, unknown>)[]> =>
    database.query<R & Record<string, unknown>>(sql, [merchantId, head.transactionId]);
  const asked = '(SELECT currency FROM payment_transactions WHERE merchant_id = $1 AND transaction_id = $2)';
  const ofReceipt = (row: string): string =>
    `coalesce((SELECT other_currency FROM receipts r WHERE r.merchant_id = ${row}.merchant_id
      AND r.receipt_id = ${row}.receipt_id), ${asked})`;
  const mine = 'WHERE merchant_id = $1 AND transaction_id = $2';
  return {
    ...head,
    learnt: await readLearnt(database, { merchantId, transactionId: head.transactionId }),
    attempts: await of<TransactionView['attempts'][number]>(
      `SELECT attempt, provider, txid, provider_charge_id AS "providerChargeId", ${ms('started_at', 'startedAt')},
         ${ms('ended_at', 'endedAt')}, outcome, detail FROM payment_attempts ${mine} ORDER BY attempt`,
    ),
    transitions: await of<TransactionView['transitions'][number]>(
      `SELECT from_status AS "from", to_status AS "to", cause, ${ms('at', 'at')}
       FROM payment_transitions ${mine} ORDER BY position`,
    ),
    receipts: await of<TransactionView['receipts'][number]>(
      `SELECT receipt_id AS "receiptId", provider, end_to_end_id AS "endToEndId", amount_cents AS "amountCents",
         coalesce(other_currency, ${asked}) AS currency, fee_cents AS "feeCents", disposition, ${ms('paid_at', 'paidAt')}, ${ms('recorded_at', 'recordedAt')}
       FROM receipts ${mine} ORDER BY recorded_at, receipt_id`,
    ),
    refunds: await of<TransactionView['refunds'][number]>(
      `SELECT refund_id AS "refundId", ${ofReceipt('f')} AS currency, amount_cents AS "amountCents", reason, note, status,
         initiated_by AS "initiatedBy", attempts, last_error AS "lastError", ${ms('created_at', 'createdAt')},
         ${ms('settled_at', 'settledAt')}, ${RETURNED} FROM refunds f ${mine} ORDER BY created_at, refund_id`,
    ),
    disputes: await of<TransactionView['disputes'][number]>(
      `SELECT dispute_id AS "disputeId", kind, status, amount_cents AS "amountCents", ${ofReceipt('d')} AS currency, reason,
         ${ms('opened_at', 'openedAt')}, ${ms('closed_at', 'closedAt')} FROM disputes d ${mine} ORDER BY opened_at`,
    ),
    splits: await of<TransactionView['splits'][number]>(
      `SELECT recipient, percent_bp AS "percentBp", fixed_cents AS "fixedCents", amount_cents AS "amountCents",
         coalesce((SELECT sum(p.amount_cents) FROM ledger_entries e JOIN ledger_postings p USING (merchant_id, entry_id)
           WHERE e.merchant_id = s.merchant_id AND e.transaction_id = s.transaction_id AND e.kind = 'split_returned'
             AND p.account_code = 'payable:' || s.recipient), 0)::bigint AS "returnedCents"
       FROM transaction_splits s ${mine} ORDER BY recipient`,
    ),
  };
}
