import { FULFILMENT_STAGES, type FulfilmentStatus } from '../../domain/fulfilment.ts';
import type {
  FulfilmentDetail,
  FulfilmentFigures,
  FulfilmentFilter,
  FulfilmentList,
  FulfilmentView,
} from '../../domain/protocol/fulfilment.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import type { Queryable } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';
import { readSends } from './send-log.ts';
import { Stages } from './stages.ts';

interface Row extends Record<string, unknown> {
  readonly transactionId: string;
  readonly unitId: string;
  readonly status: FulfilmentStatus;
  readonly prefix: string;
  readonly number: number;
  readonly serviceName: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly stages: unknown;
}

const SELECT = `
  SELECT f.transaction_id AS "transactionId", t.unit_id AS "unitId", f.status, t.service_prefix AS prefix,
    t.ticket_number AS number, t.service_name AS "serviceName", t.amount_cents AS "amountCents", t.currency,
    f.created_at AS "createdAt", f.changed_at AS "changedAt", f.stages`;

/** What a filter lets through, and in which order: each by an index of its own. */
const CHOSEN: Record<FulfilmentFilter, string> = {
  failed_permanent: "status = 'failed_permanent'",
  failed: "status LIKE 'failed%' AND status <> 'completed'",
  open: "status <> 'completed'",
  completed: "status = 'completed'",
};
const FAILURES_FIRST = `CASE WHEN f.status = 'failed_permanent' THEN 0 WHEN f.status LIKE 'failed%' THEN 1 ELSE 2 END,
  f.changed_at DESC, f.transaction_id`;

/** As domain/protocol/fulfilment.ts describes it. */
export async function listFulfilments(
  database: Queryable,
  merchantId: string,
  { status, limit }: { readonly status?: FulfilmentFilter | undefined; readonly limit: number },
): Promise<FulfilmentList> {
  const read = async (filter: FulfilmentFilter, most: number): Promise<FulfilmentView[]> => {
    if (most === 0) return [];
    const rows = await database.query<Row>(
      `${SELECT} FROM (SELECT * FROM fulfilments f WHERE merchant_id = $1 AND ${CHOSEN[filter]}
         ORDER BY ${filter === 'completed' ? 'f.changed_at DESC' : FAILURES_FIRST} LIMIT $2) f
       JOIN payment_transactions t USING (merchant_id, transaction_id) ORDER BY ${FAILURES_FIRST}`,
      [merchantId, most],
    );
    return rows.map(viewOf);
  };
  const first = await read(status ?? 'open', limit);
  const ended = status === undefined ? await read('completed', limit - first.length) : [];
  return { fulfilments: [...first, ...ended], ...(await readFulfilmentFigures(database, merchantId)) };
}

export async function readFulfilmentFigures(
  database: Queryable,
  merchantId: string,
): Promise<FulfilmentFigures> {
  const [figures] = await database.query<FulfilmentFigures & Record<string, unknown>>(
    `SELECT count(*) FILTER (WHERE status = 'failed_permanent')::int AS "failedPermanent",
       count(*) FILTER (WHERE status LIKE 'failed\\_at\\_%')::int AS retrying, count(*)::int AS open
     FROM fulfilments WHERE merchant_id = $1 AND status <> 'completed'`,
    [merchantId],
  );
  if (figures === undefined) throw new Error('an aggregate without groups always gives a row');
  return figures;
}

export async function readFulfilment(
  database: Queryable,
  key: TransactionKey,
): Promise<FulfilmentDetail | undefined> {
  const [row] = await database.query<Row>(
    `${SELECT} FROM fulfilments f JOIN payment_transactions t USING (merchant_id, transaction_id)
     WHERE f.merchant_id = $1 AND f.transaction_id = $2`,
    [key.merchantId, key.transactionId],
  );
  return row === undefined ? undefined : { ...viewOf(row), sends: await readSends(database, key) };
}

function viewOf({ prefix, number, createdAt, changedAt, stages, ...row }: Row): FulfilmentView {
  const progress = Stages.parse(stages);
  return {
    transactionId: row.transactionId,
    unitId: row.unitId,
    status: row.status,
    ticketLabel: ticketLabel(prefix, number),
    serviceName: row.serviceName,
    amountCents: row.amountCents,
    currency: row.currency,
    createdAt: createdAt.getTime(),
    changedAt: changedAt.getTime(),
    stages: FULFILMENT_STAGES.map((stage) => ({ stage, ...progress[stage] })),
  };
}
