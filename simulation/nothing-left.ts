import { isBeforeQueue } from '../domain/ticket.ts';
import type { Look } from './invariants/invariant.ts';
import { allPix } from './invariants/money-books.ts';
import { serverNowMs } from './invariants/sales-are-followed.ts';

/**
 * Whether every part of the hall has come to rest: nothing to send, nothing to print, nothing to pay back.
 * @returns null, or what is still going on
 */
export async function nothingLeftToDo({ hall, history }: Look): Promise<string | null> {
  const { server, kiosks, banks } = hall;
  if (!server.machine.alive) return 'the server is off';
  for (const { bank, callbacks } of banks)
    if (callbacks.underWay > 0) return `${callbacks.underWay} callbacks of the ${bank.name} are under way`;
  const head = history.entries.at(-1)?.seq ?? 0;
  for (const { kioskId, goneForGood, machine, db, engine } of kiosks) {
    if (goneForGood) continue;
    if (!machine.alive || engine === null) return `${kioskId} is off`;
    const { enrolment } = engine.snapshot('totem');
    if (enrolment !== 'enrolled') return `${kioskId} is ${enrolment}`;
    const row = db
      .prepare<[], Record<'cursor' | 'pending' | 'sessions' | 'papers' | 'tickets', number>>(
        `SELECT (SELECT feed_cursor FROM sync_state) AS cursor,
           (SELECT count(*) FROM outbox WHERE outcome IS NULL OR outcome = 'set_aside') AS pending,
           (SELECT count(*) FROM payment_sessions WHERE status IN ('open', 'awaiting_payment')) AS sessions,
           (SELECT count(*) FROM print_jobs WHERE status IN ('queued', 'sending')) AS papers,
           (SELECT count(*) FROM tickets WHERE own = 1 AND status IN ('paid', 'printing')) AS tickets`,
      )
      .get();
    if (row === undefined) throw new Error('a SELECT without FROM has a row');
    if (row.cursor !== head) return `${kioskId} has read ${row.cursor} of ${head}`;
    if (row.pending > 0) return `${kioskId} has ${row.pending} events to send`;
    if (row.sessions > 0) return `${kioskId} has ${row.sessions} open sessions`;
    if (row.papers > 0) return `${kioskId} has ${row.papers} papers to print`;
    if (row.tickets > 0) return `${kioskId} has ${row.tickets} tickets that wait for their paper`;
  }
  const [books] = await server.storage.look<{
    receipts: number;
    suspense: number;
    refunds: number;
    untold: number;
    unfollowed: number;
    waiting: number;
  }>(
    `SELECT (SELECT count(*) FROM (SELECT receipt_id FROM receipts UNION SELECT receipt_id FROM suspense_items) AS r)::int
         AS receipts,
       (SELECT count(*) FROM suspense_items WHERE status = 'open' OR refund_next_at IS NOT NULL)::int AS suspense,
       (SELECT count(*) FROM refunds WHERE status IN ('requested', 'processing'))::int AS refunds,
       (SELECT count(*) FROM webhook_inbox WHERE status = 'received')::int AS untold,
       (SELECT count(*) FROM fulfilments WHERE next_work_at <= $1 OR status IN ('notifying', 'sending_receipt')
          OR awaits IS NOT NULL)::int
         AS unfollowed,
       (SELECT count(*) FROM payment_transactions p WHERE paid_at IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM tickets t WHERE t.merchant_id = p.merchant_id AND t.session_id = p.session_id))::int AS waiting`,
    [new Date(serverNowMs(hall))],
  );
  // An operator takes it into the queue, where its totem does not.
  const arriving = [...history.tickets.values()]
    .map((states) => states.at(-1))
    .find((ticket) => ticket !== undefined && isBeforeQueue(ticket.status));
  if (books === undefined) throw new Error('a SELECT without FROM has a row');
  const arrived = allPix(hall).length;
  if (books.receipts !== arrived) return `the server knows ${books.receipts} of ${arrived} Pix`;
  if (books.suspense > 0) return `${books.suspense} Pix are in suspense`;
  if (books.refunds > 0) return `${books.refunds} refunds are under way`;
  if (books.waiting > 0) return `${books.waiting} payments have no ticket yet`;
  if (books.unfollowed > 0) return `${books.unfollowed} sales are not followed up`;
  if (arriving !== undefined) return `${arriving.label} is ${arriving.status} at the server`;
  return books.untold > 0 ? `${books.untold} items are in the inbox` : null;
}
