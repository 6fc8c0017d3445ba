import type {
  NoRefundBecause,
  RecurrenceKind,
  RecurrenceList,
  RecurrenceStatus,
  RecurrenceView,
} from '../../domain/protocol/recurring.ts';
import type { Queryable } from '../db/database.ts';
import { REFUND_WINDOW_MS } from '../payments/request-refund.ts';
import { REFUND_JSON } from './recurring-refund-store.ts';
import { DISPUTED_RECEIPT, LEFT_OF_RECEIPT } from './request-recurring-refund.ts';

interface Row extends Record<string, unknown> {
  readonly provider: string;
  readonly kind: RecurrenceKind;
  readonly id: string;
  readonly agreementId: string | null;
  readonly reference: string | null;
  readonly status: RecurrenceStatus | null;
  readonly providerStatus: string | null;
  readonly amountCents: number | null;
  readonly currency: string | null;
  readonly dueOn: string | null;
  readonly receivedCents: number;
  readonly firstSeenAt: Date;
  readonly lastEventAt: Date | null;
  readonly readAt: Date | null;
  readonly returns: RecurrenceView['returns'];
  readonly history: RecurrenceView['history'];
  readonly receipts: readonly ReceiptRow[];
  readonly refunds: RecurrenceView['refunds'];
  readonly periodStartsOn: string | null;
  readonly periodEndsOn: string | null;
}

interface ReceiptRow extends Omit<RecurrenceView['receipts'][number], 'refundableCents' | 'noRefund'> {
  readonly leftCents: number;
  readonly isIncome: boolean;
  readonly disputed: boolean;
}

export interface RecurrenceFilter {
  readonly kind?: RecurrenceKind | undefined;
  readonly status?: RecurrenceStatus | undefined;
  /** Those of one agreement, and the agreement itself. */
  readonly agreementId?: string | undefined;
  /** Those alone that name no agreement which is known here. */
  readonly loose?: boolean | undefined;
  readonly limit: number;
}

/** Of a row `k` of `recurrences`: it is of no agreement that is known here, and is none. */
export const LOOSE = `(k.kind <> 'agreement' AND NOT EXISTS (SELECT FROM recurrences a WHERE a.merchant_id = k.merchant_id
  AND a.provider = k.provider AND a.kind = 'agreement' AND a.recurrence_id = k.agreement_id))`;

const OF_RECURRENCE = `r.merchant_id = k.merchant_id AND r.provider = k.provider AND r.kind = k.kind
          AND r.recurrence_id = k.recurrence_id`;

/** Newest first. @param nowMs the server's clock: whether a payment is too old to go back */
export async function listRecurrences(
  database: Queryable,
  merchantId: string,
  { kind, status, agreementId, loose, limit }: RecurrenceFilter,
  nowMs: number,
): Promise<RecurrenceList> {
  const rows = await database.query<Row>(
    `SELECT provider, kind, recurrence_id AS id, agreement_id AS "agreementId", reference, status,
       provider_status AS "providerStatus", amount_cents AS "amountCents", currency, due_on AS "dueOn",
       first_seen_at AS "firstSeenAt", last_event_at AS "lastEventAt", read_at AS "readAt",
       (SELECT coalesce(sum(r.amount_cents), 0)::bigint FROM recurring_receipts r
        WHERE r.merchant_id = k.merchant_id AND r.provider = k.provider AND r.kind = k.kind
          AND r.recurrence_id = k.recurrence_id) AS "receivedCents",
       (SELECT coalesce(json_agg(json_build_object('receiptId', b.receipt_id, 'returnId', b.return_id, 'kind', b.kind,
           'status', b.status, 'amountCents', b.amount_cents, 'currency', b.currency, 'reason', b.reason,
           'openedAt', (extract(epoch FROM b.opened_at) * 1000)::bigint,
           'endedAt', (extract(epoch FROM b.ended_at) * 1000)::bigint,
           'bouncedAt', (extract(epoch FROM b.bounced_at) * 1000)::bigint,
           'closed', CASE WHEN b.closed_at IS NOT NULL THEN json_build_object('by', b.closed_by, 'note', b.closed_note,
             'at', (extract(epoch FROM b.closed_at) * 1000)::bigint) END) ORDER BY b.opened_at, b.return_id), '[]')
        FROM recurring_receipts r JOIN recurring_returns b USING (merchant_id, receipt_id)
        WHERE r.merchant_id = k.merchant_id AND r.provider = k.provider AND r.kind = k.kind
          AND r.recurrence_id = k.recurrence_id) AS returns,
       (SELECT coalesce(json_agg(json_build_object('from', s.from_status, 'to', s.to_status,
           'providerStatus', s.provider_status, 'cause', s.cause,
           'at', (extract(epoch FROM s.at) * 1000)::bigint) ORDER BY s.position), '[]')
        FROM recurrence_steps s
        WHERE s.merchant_id = k.merchant_id AND s.provider = k.provider AND s.kind = k.kind
          AND s.recurrence_id = k.recurrence_id) AS history,
       period_starts_on::text AS "periodStartsOn", period_ends_on::text AS "periodEndsOn",
       (SELECT coalesce(json_agg(json_build_object('receiptId', r.receipt_id, 'amountCents', r.amount_cents,
           'currency', r.currency, 'paidAt', (extract(epoch FROM r.paid_at) * 1000)::bigint,
           'leftCents', ${LEFT_OF_RECEIPT}, 'isIncome', r.place = 'income', 'disputed', ${DISPUTED_RECEIPT})
           ORDER BY r.paid_at, r.receipt_id), '[]')
        FROM recurring_receipts r WHERE ${OF_RECURRENCE}) AS receipts,
       (SELECT coalesce(json_agg(${REFUND_JSON} ORDER BY f.created_at, f.refund_id), '[]')
        FROM recurring_receipts r JOIN recurring_refunds f USING (merchant_id, receipt_id)
        WHERE ${OF_RECURRENCE} AND f.replaced_by IS NULL) AS refunds
     FROM recurrences k
     WHERE merchant_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR status = $3)
       AND ($4::text IS NULL OR agreement_id = $4 OR (kind = 'agreement' AND recurrence_id = $4))
       AND (NOT $6::boolean OR ${LOOSE})
     ORDER BY first_seen_at DESC, recurrence_id LIMIT $5`,
    [merchantId, kind ?? null, status ?? null, agreementId ?? null, limit, loose ?? false],
  );
  return {
    recurrences: rows.map((row) => ({
      ...row,
      receipts: row.receipts.map((receipt) => toReceipt(receipt, nowMs)),
      returnedCents: centsOf(row.returns, ['settled', 'lost']),
      disputedCents: centsOf(row.returns, ['open']),
      firstSeenAt: row.firstSeenAt.getTime(),
      lastEventAt: row.lastEventAt?.getTime() ?? null,
      readAt: row.readAt?.getTime() ?? null,
    })),
  };
}

function toReceipt(
  { leftCents, isIncome, disputed, ...receipt }: ReceiptRow,
  nowMs: number,
): RecurrenceView['receipts'][number] {
  const noRefund = ((): NoRefundBecause | null => {
    if (!isIncome) return 'elsewhere';
    if (disputed) return 'disputed';
    if (leftCents <= 0) return 'nothing_left';
    return nowMs - receipt.paidAt > REFUND_WINDOW_MS ? 'too_late' : null;
  })();
  return { ...receipt, refundableCents: noRefund === null ? leftCents : 0, noRefund };
}

function centsOf(returns: Row['returns'], statuses: readonly Row['returns'][number]['status'][]): number {
  return returns
    .filter(({ status }) => statuses.includes(status))
    .reduce((sum, { amountCents }) => sum + amountCents, 0);
}
