import { isNotYetUnderstood, type OutboxEvent, type PushResult } from '../../domain/protocol/sync.ts';
import { TicketView } from '../../domain/protocol/tickets.ts';
import { recordKioskContact } from '../access/kiosk-contact.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { applyEvent } from './apply-event.ts';
import { loadPushState, type PushState, type Rejection, savePushState } from './push-state.ts';
import { isKnownKind, type KnownEvent, readEvent } from './read-event.ts';

/** SQLSTATE classes of values that a column does not take: 22 data exception, 23 constraint violation. */
const REFUSED_VALUE = /^2[23][0-9A-Z]{3}$/;
/** What timestamptz and Date both hold; a kiosk's broken clock must not keep its event from being answered for. */
const MAX_EPOCH_MS = Date.UTC(9999, 11, 31);

/**
 * Applies a kiosk's events in their order and answers for each. The whole batch is one transaction; events that the
 * server has answered before are told from `sync_events`. Where the database refuses a value that the schemas let
 * through, the batch is done again one event at a time, so that the one bad event is rejected alone.
 */
export async function pushEvents(
  context: ServerContext,
  kiosk: KioskPrincipal,
  events: readonly OutboxEvent[],
): Promise<PushResult[]> {
  try {
    return await context.db.transaction((transaction) => pushBatch(context, transaction, kiosk, events));
  } catch (error) {
    if (!isRefusedValue(error)) throw error;
    context.log.warn({ error, kioskId: kiosk.kioskId }, 'a pushed batch is done one event at a time');
  }
  const results: PushResult[] = [];
  for (const event of events) results.push(await pushAlone(context, kiosk, event));
  return results;
}

async function pushAlone(
  context: ServerContext,
  kiosk: KioskPrincipal,
  event: OutboxEvent,
): Promise<PushResult> {
  try {
    const [result] = await context.db.transaction((transaction) =>
      pushBatch(context, transaction, kiosk, [event]),
    );
    if (result === undefined) throw new Error('a batch of one has one result');
    return result;
  } catch (error) {
    if (!isRefusedValue(error)) throw error;
    const result: PushResult = { id: event.id, outcome: 'rejected', reason: 'not_storable', current: null };
    const atMs = context.clock.nowMs();
    await context.db.transaction((transaction) => recordResults(transaction, kiosk, [event], [result], atMs));
    return result;
  }
}

async function pushBatch(
  context: ServerContext,
  transaction: Transaction,
  kiosk: KioskPrincipal,
  events: readonly OutboxEvent[],
): Promise<PushResult[]> {
  const atMs = context.clock.nowMs();
  // Its row lock makes the pushes of one kiosk take turns: a retry that overtakes its first try finds it done.
  await recordKioskContact(transaction, kiosk, atMs);
  const answered = await readAnswered(transaction, kiosk, events);
  const reads = events.map((event) => readEvent(event));
  const state = await loadPushState(transaction, kiosk, knownEvents(reads), atMs);

  const fresh: OutboxEvent[] = [];
  const freshResults: PushResult[] = [];
  const results = events.map((event, index): PushResult => {
    const earlier = answered.get(event.id.toLowerCase());
    const read = reads[index];
    const known = read?.ok === true ? read.event : null;
    if (earlier !== undefined) {
      const current = earlier.outcome === 'rejected' ? currentOf(state, known) : null;
      return { ...earlier, id: event.id, current };
    }
    const rejection = known === null ? (read?.ok === false ? read.reason : null) : applyEvent(state, known);
    const result = resultOf(event.id, rejection, state, known);
    answered.set(event.id.toLowerCase(), repeated(result));
    fresh.push(event);
    freshResults.push(result);
    return result;
  });
  await recordResults(transaction, kiosk, fresh, freshResults, atMs);
  await savePushState(context, transaction, kiosk, state, atMs);
  return results;
}

function resultOf(id: string, rejection: Rejection, state: PushState, event: KnownEvent | null): PushResult {
  if (rejection === null) return { id, outcome: 'applied', reason: null, current: null };
  if (typeof rejection === 'string') {
    return { id, outcome: 'rejected', reason: rejection, current: currentOf(state, event) };
  }
  return { id, outcome: 'rejected', reason: rejection.reason, current: TicketView.parse(rejection.current) };
}

/** The ticket that the event names, as this server has it; parsing leaves out what is the server's own. */
function currentOf(state: PushState, event: KnownEvent | null): TicketView | null {
  if (event === null || !('ticketId' in event.payload)) return null;
  const ticket = state.tickets.get(event.payload.ticketId);
  // Another unit's tickets are never read here; another kiosk's of this unit are everybody's to see.
  return ticket === undefined ? null : TicketView.parse(ticket);
}

/** What is answered when the event comes again: a rejection stays one, for a kiosk that did not hear of it. */
function repeated(result: PushResult): PushResult {
  return result.outcome === 'rejected' ? result : { ...result, outcome: 'duplicate' };
}

async function readAnswered(
  transaction: Transaction,
  { merchantId, kioskId }: KioskPrincipal,
  events: readonly OutboxEvent[],
): Promise<Map<string, PushResult>> {
  const rows = await transaction.query<Omit<PushResult, 'current'> & Record<string, unknown>>(
    `SELECT event_id AS id, outcome, reason FROM sync_events
     WHERE merchant_id = $1 AND kiosk_id = $2 AND event_id = ANY ($3::uuid[])`,
    [merchantId, kioskId, events.map((event) => event.id)],
  );
  // What an earlier release did not understand is read anew: this one may.
  const final = rows.filter(({ reason }) => !isNotYetUnderstood(reason));
  return new Map(final.map((row) => [row.id, repeated({ ...row, current: null })]));
}

async function recordResults(
  transaction: Transaction,
  { merchantId, kioskId }: KioskPrincipal,
  events: readonly OutboxEvent[],
  results: readonly PushResult[],
  atMs: number,
): Promise<void> {
  const rows = events.map((event, index) => ({
    id: event.id,
    // A kind that is not ours is a stranger's text: its rejection is kept, not the text.
    kind: isKnownKind(event.kind) ? event.kind : 'unknown',
    at: Math.min(event.at, MAX_EPOCH_MS),
    outcome: results[index]?.outcome,
    // A reason may quote the event; what JSON in PostgreSQL cannot hold is left out.
    reason: results[index]?.reason?.toWellFormed().replaceAll('\0', '') ?? null,
  }));
  await transaction.query(
    `INSERT INTO sync_events (merchant_id, kiosk_id, event_id, kind, at, outcome, reason, received_at)
     SELECT $1, $2, event.id, event.kind, to_timestamp(event.at / 1000.0), event.outcome, event.reason, $3
     FROM jsonb_to_recordset($4::jsonb) AS event (id uuid, kind text, at bigint, outcome text, reason text)
     ON CONFLICT (merchant_id, kiosk_id, event_id) DO UPDATE SET kind = excluded.kind, outcome = excluded.outcome,
       reason = excluded.reason, received_at = excluded.received_at
     WHERE sync_events.outcome = 'rejected' AND sync_events.reason ~ '^unknown_(kind|version)'`,
    [merchantId, kioskId, new Date(atMs), JSON.stringify(rows)],
  );
}

function knownEvents(reads: readonly ReturnType<typeof readEvent>[]): KnownEvent[] {
  return reads.flatMap((read) => (read.ok ? [read.event] : []));
}

function isRefusedValue(error: unknown): boolean {
  return REFUSED_VALUE.test(String((error as { code?: unknown }).code));
}
