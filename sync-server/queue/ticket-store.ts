import type { TicketView } from '../../domain/protocol/tickets.ts';
import { NO_SHOW_RETURN_MS } from '../../domain/queue-policy.ts';
import { isTicketOpen, TicketStatus } from '../../domain/ticket.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import { appendFeedEntries, type UnitKey } from '../sync/feed-log.ts';
import type { FeedWake } from '../sync/feed-wake.ts';

/** A ticket as the server keeps it. */
export interface StoredTicket extends TicketView {
  /** The payment that the ticket is of; null exactly where `payment` is not `pix`. */
  readonly transactionId: string | null;
}

/** One step of a ticket: what it was (null: it did not exist), what it is now, and why. */
export interface TicketChange {
  readonly from: TicketStatus | null;
  readonly ticket: StoredTicket;
  readonly cause: string;
}

type TicketRow = StoredTicket & Record<string, unknown>;

const SELECT = `
  SELECT ticket_id AS "ticketId", session_id AS "sessionId", transaction_id AS "transactionId",
    kiosk_id AS "kioskId", number, prefix, label, business_day AS "businessDay", service_id AS "serviceId",
    service_name AS "serviceName", status, delivery, payment, amount_due_cents AS "amountDueCents", rescued,
    received_cents AS "receivedCents", ${epochMs('money_received_at')} AS "receivedAt",
    money_back AS "moneyBack",
    ${epochMs('issued_at')} AS "issuedAt", ${epochMs('queued_at')} AS "queuedAt", counter,
    ${epochMs('called_at')} AS "calledAt", call_count AS "callCount", ${epochMs('started_at')} AS "startedAt",
    ${epochMs('ended_at')} AS "endedAt", revision
  FROM tickets WHERE merchant_id = $1 AND unit_id = $2`;

/**
 * Makes those who lock tickets of one unit take turns, until the commit: a call locks what its counter holds and then
 * what comes next, a push what it names, and neither order is the other's.
 */
export async function lockUnitTickets(transaction: Transaction, { unitId }: UnitKey): Promise<void> {
  await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [unitId]);
}

/** Locks them until the commit, after `lockUnitTickets`. */
export function lockTickets(
  transaction: Transaction,
  { merchantId, unitId }: UnitKey,
  ticketIds: readonly string[],
): Promise<StoredTicket[]> {
  return transaction.query<TicketRow>(
    `${SELECT} AND ticket_id = ANY ($3::uuid[]) ORDER BY ticket_id FOR UPDATE`,
    [merchantId, unitId, ticketIds],
  );
}

/** Those of the unit that hold one of the numbers. Locked until the commit, after `lockUnitTickets`. */
export function lockTicketsByNumber(
  transaction: Transaction,
  { merchantId, unitId }: UnitKey,
  numbers: readonly Pick<TicketView, 'businessDay' | 'prefix' | 'number'>[],
): Promise<StoredTicket[]> {
  return transaction.query<TicketRow>(
    `${SELECT} AND (business_day, prefix, number) IN (
       SELECT * FROM unnest($3::date[], $4::text[], $5::integer[])) ORDER BY ticket_id FOR UPDATE`,
    [
      merchantId,
      unitId,
      numbers.map(({ businessDay }) => businessDay),
      numbers.map(({ prefix }) => prefix),
      numbers.map(({ number }) => number),
    ],
  );
}

/**
 * The next to be called: the order of domain/queue-policy.ts, in SQL, whatever the day of the ticket, as who has paid
 * is served also after midnight. Locked until the commit.
 */
export async function lockNextWaiting(
  transaction: Transaction,
  { merchantId, unitId }: UnitKey,
): Promise<StoredTicket | undefined> {
  const [next] = await transaction.query<TicketRow>(
    `${SELECT} AND status = 'in_queue' AND money_back IS DISTINCT FROM 'refunded'
     ORDER BY issued_at, label COLLATE "C" LIMIT 1 FOR UPDATE`,
    [merchantId, unitId],
  );
  return next;
}

/** The ticket that is called to, or served at, the counter. Locked until the commit. */
export async function lockHeldBy(
  transaction: Transaction,
  { merchantId, unitId }: UnitKey,
  counter: string,
): Promise<StoredTicket | undefined> {
  const [held] = await transaction.query<TicketRow>(
    `${SELECT} AND counter = $3 AND status IN ('called', 'in_progress') FOR UPDATE`,
    [merchantId, unitId, counter],
  );
  return held;
}

const OPEN_STATUSES = TicketStatus.options.filter(isTicketOpen);

/** The queue of a day, as NO_SHOW_RETURN_MS describes it, in its order. */
export function readQueue(
  db: Queryable,
  { merchantId, unitId }: UnitKey,
  businessDay: string,
  nowMs: number,
): Promise<StoredTicket[]> {
  return db.query<TicketRow>(
    `${SELECT} AND (business_day = $3 OR status = ANY ($4) OR (status = 'no_show' AND ended_at >= $5))
     ORDER BY issued_at, label COLLATE "C"`,
    [merchantId, unitId, businessDay, OPEN_STATUSES, new Date(nowMs - NO_SHOW_RETURN_MS)],
  );
}

/**
 * Stores changes and tells the unit's screens, each ticket once, as it is after its last change. Call it last in the
 * transaction (see appendFeed).
 */
export async function saveTicketChanges(
  transaction: Transaction,
  wake: FeedWake,
  unit: UnitKey,
  changes: readonly TicketChange[],
  atMs: number,
): Promise<void> {
  if (changes.length === 0) return;
  const latestById = new Map(changes.map(({ ticket }) => [ticket.ticketId, ticket]));
  const latest = [...latestById.values()];
  await transaction.query(UPSERT, [unit.merchantId, unit.unitId, new Date(atMs), JSON.stringify(latest)]);
  const steps = changes.map(({ from, cause, ticket }) => ({
    ticketId: ticket.ticketId,
    from,
    to: ticket.status,
    cause,
    counter: ticket.counter,
  }));
  await transaction.query(
    `INSERT INTO ticket_transitions (merchant_id, ticket_id, from_status, to_status, cause, counter, at)
     SELECT $1, step."ticketId", step."from", step."to", step.cause, step.counter, $2
     FROM jsonb_to_recordset($3::jsonb)
       AS step ("ticketId" uuid, "from" text, "to" text, cause text, counter text)`,
    [unit.merchantId, new Date(atMs), JSON.stringify(steps)],
  );
  const views = latest.map((ticket) => ({ ticket }));
  await appendFeedEntries(transaction, wake, unit, 'ticket.changed', views, atMs);
}

const UPSERT = `
  INSERT INTO tickets (merchant_id, unit_id, received_at, ticket_id, session_id, transaction_id, kiosk_id, number,
    prefix, label, business_day, service_id, service_name, status, delivery, payment, amount_due_cents, rescued,
    received_cents, money_received_at, money_back, issued_at, queued_at, counter, called_at, call_count, started_at,
    ended_at, revision)
  SELECT $1, $2, $3, "ticketId", "sessionId", "transactionId", "kioskId", number, prefix, label, "businessDay",
    "serviceId", "serviceName", status, delivery, payment, "amountDueCents", rescued, "receivedCents",
    ${instant('receivedAt')}, "moneyBack", ${instant('issuedAt')},
    ${instant('queuedAt')}, counter, ${instant('calledAt')}, "callCount", ${instant('startedAt')},
    ${instant('endedAt')}, revision
  FROM jsonb_to_recordset($4::jsonb) AS ticket (
    "ticketId" uuid, "sessionId" uuid, "transactionId" uuid, "kioskId" text, number integer, prefix text, label text,
    "businessDay" date, "serviceId" uuid, "serviceName" text, status text, delivery text, payment text,
    "amountDueCents" bigint, rescued boolean, "receivedCents" bigint, "receivedAt" bigint, "moneyBack" text,
    "issuedAt" bigint, "queuedAt" bigint, counter text, "calledAt" bigint,
    "callCount" integer, "startedAt" bigint, "endedAt" bigint, revision bigint)
  ON CONFLICT (merchant_id, ticket_id) DO UPDATE SET
    status = excluded.status, delivery = excluded.delivery, rescued = excluded.rescued,
    received_cents = excluded.received_cents, money_received_at = excluded.money_received_at,
    money_back = excluded.money_back, queued_at = excluded.queued_at,
    counter = excluded.counter, called_at = excluded.called_at, call_count = excluded.call_count,
    started_at = excluded.started_at, ended_at = excluded.ended_at, revision = excluded.revision`;

function epochMs(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000)::bigint`;
}

function instant(field: string): string {
  return `to_timestamp("${field}" / 1000.0)`;
}
