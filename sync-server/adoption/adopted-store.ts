import type { Queryable } from '../db/database.ts';
import type { AdoptedTransaction } from './change-transaction.ts';
import type { Place } from './place.ts';
import type { RawRow } from './raw-row.ts';
import type { ReadRow, SessionFacts } from './read-row.ts';

/** Columns that a row of the old system decides, with their types, in the names of `AdoptedTransaction`. */
const COLUMNS = {
  provider: ['provider', 'text'],
  routedProvider: ['routed_provider', 'text'],
  status: ['status', 'text'],
  amountCents: ['amount_cents', 'bigint'],
  currency: ['currency', 'text'],
  method: ['payment_method', 'text'],
  installments: ['installments', 'smallint'],
  orderId: ['provider_order_id', 'text'],
  chargeId: ['provider_charge_id', 'text'],
  refundedCents: ['refunded_cents', 'bigint'],
  chargedBackCents: ['charged_back_cents', 'bigint'],
  wonCents: ['chargeback_won_cents', 'bigint'],
  customerKey: ['old_customer_key', 'text'],
  sessionKey: ['old_session_key', 'text'],
  providerCustomerId: ['provider_customer_id', 'text'],
  card: ['card', 'jsonb'],
  subscriptionKey: ['old_subscription_key', 'text'],
  periodStartsOn: ['period_starts_on', 'date'],
  periodEndsOn: ['period_ends_on', 'date'],
} as const;
const TIMES = { createdAtMs: 'created_at', paidAtMs: 'paid_at', refundedAtMs: 'refunded_at' } as const;

export async function readAdopted(
  database: Queryable,
  place: Place,
  ids: readonly string[],
): Promise<Map<string, AdoptedTransaction>> {
  if (ids.length === 0) return new Map();
  const from = `${place.known.transactions} AS known WHERE adopted_id = ANY($1::uuid[])`;
  const rows = await readAdoptedBy(database, from, [ids]);
  return new Map(rows.map((row) => [row.adoptedId, row]));
}

/** @param from SQL: a table of adopted transactions called `known`, and which of them */
export function readAdoptedBy(
  database: Queryable,
  from: string,
  parameters: readonly unknown[],
): Promise<AdoptedTransaction[]> {
  return database.query<AdoptedTransaction & Record<string, unknown>>(
    `SELECT merchant_id AS "merchantId", adopted_id AS "adoptedId",
       ${Object.entries(COLUMNS)
         .map(([name, [column]]) => `${column} AS "${name}"`)
         .join(', ')},
       ${Object.entries(TIMES)
         .map(([name, column]) => `(extract(epoch FROM ${column}) * 1000)::bigint AS "${name}"`)
         .join(', ')}
     FROM ${from}`,
    parameters,
  );
}

export interface TransactionToWrite {
  readonly next: AdoptedTransaction;
  readonly rowId: number;
  readonly source: string;
  readonly row: ReadRow;
}

/** New ones are written whole; of known ones what may change. */
export async function writeAdopted(
  database: Queryable,
  place: Place,
  written: readonly TransactionToWrite[],
  atMs: number,
): Promise<void> {
  if (written.length === 0) return;
  const columns = [...Object.values(COLUMNS).map(([column]) => column), ...Object.values(TIMES)];
  await database.query(
    `INSERT INTO ${place.transactions} (merchant_id, adopted_id, row_id, source, old_key, clinic, old_provider,
       old_provider_v2, old_status, old_status_v2, adopted_at, ${columns.join(', ')})
     SELECT "merchantId", "adoptedId", "rowId", source, key, clinic, "oldProvider", "oldProviderV2", "oldStatus",
       "oldStatusV2", $2, ${Object.keys(COLUMNS)
         .map((name) => (name === 'card' ? `nullif(card, 'null'::jsonb)` : `"${name}"`))
         .join(', ')}, ${Object.keys(TIMES)
         .map((name) => `to_timestamp("${name}" / 1000.0)`)
         .join(', ')}
     FROM jsonb_to_recordset($1::jsonb) AS r ("merchantId" uuid, "adoptedId" uuid, "rowId" bigint, source text, key text,
       clinic text, "oldProvider" text, "oldProviderV2" text, "oldStatus" text, "oldStatusV2" text,
       ${Object.entries(COLUMNS)
         .map(([name, [, type]]) => `"${name}" ${type}`)
         .join(', ')}, ${Object.keys(TIMES)
         .map((name) => `"${name}" bigint`)
         .join(', ')})
     ON CONFLICT (merchant_id, adopted_id) DO UPDATE SET
       ${columns.map((column) => `${column} = excluded.${column}`).join(', ')},
       ${['old_provider', 'old_provider_v2', 'old_status', 'old_status_v2'].map((column) => `${column} = excluded.${column}`).join(', ')}`,
    [
      JSON.stringify(
        written.map(({ next, rowId, source, row }) => ({
          ...next,
          rowId,
          source,
          key: row.key,
          clinic: row.clinic,
          oldProvider: row.old.provider,
          oldProviderV2: row.old.providerV2,
          oldStatus: row.old.status,
          oldStatusV2: row.old.statusV2,
        })),
      ),
      new Date(atMs),
    ],
  );
}

export interface AdoptedSession {
  readonly merchantId: string;
  readonly sessionId: string;
  readonly rowId: number;
  readonly source: string;
  readonly key: string;
  readonly oldStatus: string | null;
  readonly status: string;
  readonly openedAtMs: number;
  readonly endedAtMs: number | null;
  readonly transactionKey: SessionFacts['transactionKey'];
  readonly orderId: SessionFacts['orderId'];
}

/** A session that has ended stays as it ended; what was not known is filled in. */
export async function writeSessions(
  database: Queryable,
  place: Place,
  sessions: readonly AdoptedSession[],
): Promise<void> {
  if (sessions.length === 0) return;
  await database.query(
    `INSERT INTO ${place.sessions} AS known (merchant_id, session_id, row_id, source, old_key, old_status, status, opened_at,
       ended_at, old_transaction_key, provider_order_id)
     SELECT "merchantId", "sessionId", "rowId", source, key, "oldStatus", status, to_timestamp("openedAtMs" / 1000.0),
       to_timestamp("endedAtMs" / 1000.0), "transactionKey", "orderId"
     FROM jsonb_to_recordset($1::jsonb) AS r ("merchantId" uuid, "sessionId" uuid, "rowId" bigint, source text, key text,
       "oldStatus" text, status text, "openedAtMs" bigint, "endedAtMs" bigint, "transactionKey" text, "orderId" text)
     ON CONFLICT (merchant_id, session_id) DO UPDATE SET
       status = CASE known.status WHEN 'open' THEN excluded.status ELSE known.status END,
       ended_at = coalesce(known.ended_at, excluded.ended_at),
       old_status = coalesce(excluded.old_status, known.old_status),
       old_transaction_key = coalesce(known.old_transaction_key, excluded.old_transaction_key),
       provider_order_id = coalesce(known.provider_order_id, excluded.provider_order_id)`,
    [JSON.stringify(sessions)],
  );
}

export interface RowToWrite {
  readonly line: number;
  readonly hash: Buffer;
  readonly row: ReadRow;
  readonly state: 'mapped' | 'partly' | 'unmapped' | 'duplicate';
  readonly reasons: readonly string[];
  readonly raw: RawRow | null;
}

/** @returns the rows' ids, by line */
export async function writeRows(
  database: Queryable,
  place: Place,
  run: { readonly runId: string; readonly source: string },
  rows: readonly RowToWrite[],
  atMs: number,
): Promise<Map<number, number>> {
  if (rows.length === 0) return new Map();
  const column = <T>(of: (row: RowToWrite) => T): T[] => rows.map(of);
  const written = await database.query<{ id: number; line: number }>(
    `INSERT INTO ${place.rows} (run_id, source, kind, old_key, line, content_hash, state, reasons, merchant_id, clinic,
       old_provider, old_status, raw_sealed, raw_kept, person_hash, recorded_at)
     SELECT $1, $2, kind, key, line, hash, state, ARRAY(SELECT jsonb_array_elements_text(reasons)), merchant_id, clinic,
       provider, status, sealed, kept, person, $3
     FROM unnest($4::text[], $5::text[], $6::bigint[], $7::bytea[], $8::text[], $9::jsonb[], $10::uuid[], $11::text[],
       $12::text[], $13::text[], $14::bytea[], $15::text[],
       $16::bytea[])
       AS r (kind, key, line, hash, state, reasons, merchant_id, clinic, provider, status, sealed, kept, person)
     RETURNING row_id AS id, line`,
    [
      run.runId,
      run.source,
      new Date(atMs),
      column(({ row }) => row.kind),
      column(({ row }) => row.key),
      column(({ line }) => line),
      column(({ hash }) => hash),
      column(({ state }) => state),
      column(({ reasons }) => JSON.stringify(reasons)),
      column(({ row }) => row.merchantId),
      column(({ row }) => row.clinic),
      column(({ row }) => row.old.providerV2 ?? row.old.provider),
      column(({ row }) => row.old.statusV2 ?? row.old.status),
      column(({ raw }) => raw?.sealed ?? null),
      column(({ raw }) => raw?.kept ?? null),
      column(({ raw }) => raw?.personHash ?? null),
    ],
  );
  return new Map(written.map(({ id, line }) => [line, id]));
}
