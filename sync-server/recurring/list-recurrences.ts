import type { RecurrenceKind, RecurrenceList, RecurrenceStatus } from '../../domain/protocol/recurring.ts';
import type { Queryable } from '../db/database.ts';

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
  readonly returns: RecurrenceList['recurrences'][number]['returns'];
  readonly history: RecurrenceList['recurrences'][number]['history'];
}

export interface RecurrenceFilter {
  readonly kind?: RecurrenceKind | undefined;
  readonly status?: RecurrenceStatus | undefined;
  /** Those of one agreement, and the agreement itself. */
  readonly agreementId?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listRecurrences(
  database: Queryable,
  merchantId: string,
  { kind, status, agreementId, limit }: RecurrenceFilter,
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
           'endedAt', (extract(epoch FROM b.ended_at) * 1000)::bigint) ORDER BY b.opened_at, b.return_id), '[]')
        FROM recurring_receipts r JOIN recurring_returns b USING (merchant_id, receipt_id)
        WHERE r.merchant_id = k.merchant_id AND r.provider = k.provider AND r.kind = k.kind
          AND r.recurrence_id = k.recurrence_id) AS returns,
       (SELECT coalesce(json_agg(json_build_object('from', s.from_status, 'to', s.to_status,
           'providerStatus', s.provider_status, 'cause', s.cause,
           'at', (extract(epoch FROM s.at) * 1000)::bigint) ORDER BY s.position), '[]')
        FROM recurrence_steps s
        WHERE s.merchant_id = k.merchant_id AND s.provider = k.provider AND s.kind = k.kind
          AND s.recurrence_id = k.recurrence_id) AS history
     FROM recurrences k
     WHERE merchant_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR status = $3)
       AND ($4::text IS NULL OR agreement_id = $4 OR (kind = 'agreement' AND recurrence_id = $4))
     ORDER BY first_seen_at DESC, recurrence_id LIMIT $5`,
    [merchantId, kind ?? null, status ?? null, agreementId ?? null, limit],
  );
  return {
    recurrences: rows.map((row) => ({
      ...row,
      returnedCents: centsOf(row.returns, ['settled', 'lost']),
      disputedCents: centsOf(row.returns, ['open']),
      firstSeenAt: row.firstSeenAt.getTime(),
      lastEventAt: row.lastEventAt?.getTime() ?? null,
      readAt: row.readAt?.getTime() ?? null,
    })),
  };
}

function centsOf(returns: Row['returns'], statuses: readonly Row['returns'][number]['status'][]): number {
  return returns
    .filter(({ status }) => statuses.includes(status))
    .reduce((sum, { amountCents }) => sum + amountCents, 0);
}
