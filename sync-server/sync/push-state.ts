import type { CanonicalStatus } from '../../domain/payment-status.ts';
import type { OutboxPayload } from '../../domain/protocol/sync.ts';
import type { TicketPayment } from '../../domain/ticket.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { type LocalTicketGrounds, readLocalTicketGrounds } from '../numbers/local-ticket-grounds.ts';
import { requestChargeCancellation } from '../payments/cancel-charge.ts';
import { type LocalCallGrounds, readLocalCallGrounds, saveLocalCalls } from '../queue/local-calls.ts';
import {
  lockTickets,
  lockUnitTickets,
  type StoredTicket,
  saveTicketChanges,
  type TicketChange,
} from '../queue/ticket-store.ts';
import type { KnownEvent } from './read-event.ts';

export interface PushedSession {
  readonly sessionId: string;
  readonly kioskId: string;
  readonly serviceId: string;
  readonly amountCents: number;
  /** `pix` until a ticket without a payment by the totem says otherwise. */
  readonly payment: TicketPayment;
  readonly openedAt: number;
  readonly outcome: string | null;
  readonly outcomeReason: string | null;
  readonly endedAt: number | null;
}

/** What a settled, or not yet settled, payment says about the ticket of its session. */
export interface TicketClaim {
  readonly transactionId: string;
  readonly sessionId: string;
  readonly kioskId: string;
  readonly status: CanonicalStatus;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly prefix: string;
  /** Null until the payment settles. */
  readonly number: number | null;
  readonly businessDay: string | null;
}

/**
 * What the events of one batch read and change, in memory: read at once before the first event, written at once after
 * the last, so that a batch costs a handful of statements and not a handful an event.
 */
export interface PushState {
  readonly kioskId: string;
  readonly sessions: Map<string, PushedSession>;
  readonly claimBySession: ReadonlyMap<string, TicketClaim>;
  /** What tickets that the kiosk numbered by itself are judged by. */
  readonly local: LocalTicketGrounds;
  readonly calls: LocalCallGrounds;
  readonly tickets: Map<string, StoredTicket>;
  readonly changedSessions: Set<string>;
  /** Sessions whose charge, if there is one, is to be cancelled at the provider. */
  readonly endedSessions: Set<string>;
  readonly ticketChanges: TicketChange[];
  readonly printReports: OutboxPayload<'ticket.print_finished'>[];
}

/** Why an event is not accepted; null when it is. `current` where it is about another ticket than its payload names. */
export type Rejection = string | { readonly reason: string; readonly current: StoredTicket } | null;

export async function loadPushState(
  transaction: Transaction,
  kiosk: KioskPrincipal,
  events: readonly KnownEvent[],
  atMs: number,
): Promise<PushState> {
  const sessionIds = new Set<string>();
  const ticketIds = new Set<string>();
  for (const { payload } of events) {
    if ('sessionId' in payload) sessionIds.add(payload.sessionId);
    if ('ticketId' in payload) ticketIds.add(payload.ticketId);
  }
  if (ticketIds.size > 0) await lockUnitTickets(transaction, kiosk);
  const sessions = await readSessions(transaction, kiosk.merchantId, [...sessionIds]);
  const claims = await readClaims(transaction, kiosk.merchantId, [...sessionIds]);
  const tickets = await lockTickets(transaction, kiosk, [...ticketIds]);
  const local = await readLocalTicketGrounds(transaction, kiosk, events);
  const { grounds: calls, held } = await readLocalCallGrounds(transaction, kiosk, events, atMs);
  return {
    kioskId: kiosk.kioskId,
    local,
    sessions: new Map(sessions.map((session) => [session.sessionId, session])),
    claimBySession: new Map(claims.map((claim) => [claim.sessionId, claim])),
    calls,
    tickets: new Map([...tickets, ...held].map((ticket) => [ticket.ticketId, ticket])),
    changedSessions: new Set(),
    endedSessions: new Set(),
    ticketChanges: [],
    printReports: [],
  };
}

export async function savePushState(
  context: ServerContext,
  transaction: Transaction,
  kiosk: KioskPrincipal,
  state: PushState,
  atMs: number,
): Promise<void> {
  const sessions = [...state.changedSessions].map((sessionId) => state.sessions.get(sessionId));
  if (sessions.length > 0) {
    await transaction.query(UPSERT_SESSIONS, [kiosk.merchantId, kiosk.unitId, JSON.stringify(sessions)]);
  }
  if (state.printReports.length > 0) {
    await transaction.query(INSERT_PRINT_REPORTS, [kiosk.merchantId, JSON.stringify(state.printReports)]);
  }
  if (state.endedSessions.size > 0) {
    await requestChargeCancellation(context, transaction, kiosk.merchantId, [...state.endedSessions], atMs);
  }
  await saveLocalCalls(transaction, kiosk, state.calls);
  await saveTicketChanges(transaction, context.feedWake, kiosk, state.ticketChanges, atMs);
}

/** Puts the ticket's next step into the batch's state. @returns the ticket as it is now */
export function change(
  state: PushState,
  before: StoredTicket | null,
  cause: string,
  after: StoredTicket,
): StoredTicket {
  const ticket = { ...after, revision: after.revision + 1 };
  state.tickets.set(ticket.ticketId, ticket);
  state.ticketChanges.push({ from: before?.status ?? null, ticket, cause });
  return ticket;
}

function readSessions(
  transaction: Transaction,
  merchantId: string,
  sessionIds: string[],
): Promise<PushedSession[]> {
  return transaction.query<PushedSession & Record<string, unknown>>(
    `SELECT session_id AS "sessionId", kiosk_id AS "kioskId", service_id AS "serviceId",
       amount_cents AS "amountCents", payment, (extract(epoch FROM opened_at) * 1000)::bigint AS "openedAt", outcome,
       outcome_reason AS "outcomeReason", (extract(epoch FROM ended_at) * 1000)::bigint AS "endedAt"
     FROM payment_sessions WHERE merchant_id = $1 AND session_id = ANY ($2::uuid[])`,
    [merchantId, sessionIds],
  );
}

function readClaims(
  transaction: Transaction,
  merchantId: string,
  sessionIds: string[],
): Promise<TicketClaim[]> {
  return transaction.query<TicketClaim & Record<string, unknown>>(
    `SELECT transaction_id AS "transactionId", session_id AS "sessionId", kiosk_id AS "kioskId", status,
       service_id AS "serviceId", service_name AS "serviceName", service_prefix AS prefix, ticket_number AS number,
       ticket_business_day AS "businessDay"
     FROM payment_transactions WHERE merchant_id = $1 AND session_id = ANY ($2::uuid[])`,
    [merchantId, sessionIds],
  );
}

const UPSERT_SESSIONS = `
  INSERT INTO payment_sessions (merchant_id, unit_id, session_id, kiosk_id, service_id, amount_cents, payment,
    opened_at, outcome, outcome_reason, ended_at)
  SELECT $1, $2, "sessionId", "kioskId", "serviceId", "amountCents", payment, to_timestamp("openedAt" / 1000.0), outcome,
    "outcomeReason", to_timestamp("endedAt" / 1000.0)
  FROM jsonb_to_recordset($3::jsonb) AS session (
    "sessionId" uuid, "kioskId" text, "serviceId" uuid, "amountCents" bigint, payment text, "openedAt" bigint,
    outcome text, "outcomeReason" text, "endedAt" bigint)
  ON CONFLICT (merchant_id, session_id) DO UPDATE SET payment = excluded.payment,
    outcome = excluded.outcome, outcome_reason = excluded.outcome_reason, ended_at = excluded.ended_at`;

const INSERT_PRINT_REPORTS = `
  INSERT INTO ticket_print_reports (merchant_id, job_id, ticket_id, copy_number, attempts, outcome, detail, finished_at)
  SELECT $1, "jobId", "ticketId", "copyNumber", attempts, outcome, detail, to_timestamp("finishedAt" / 1000.0)
  FROM jsonb_to_recordset($2::jsonb) AS report (
    "jobId" uuid, "ticketId" uuid, "copyNumber" integer, attempts integer, outcome text, detail text,
    "finishedAt" bigint)
  ON CONFLICT (merchant_id, job_id) DO NOTHING`;
