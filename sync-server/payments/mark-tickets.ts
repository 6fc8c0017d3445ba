import { canTicketBecome, type TicketStatus } from '../../domain/ticket.ts';
import type { ServerContext } from '../context.ts';
import { lockTickets, lockUnitTickets, saveTicketChanges } from '../queue/ticket-store.ts';
import { startDueWorker } from './due-worker.ts';
import type { WorkerLoop } from './worker-loop.ts';

/** Statuses of a payment, and what its ticket then says of the money. */
const MARKS = {
  PARTIALLY_REFUNDED: 'partly_refunded',
  REFUNDED: 'refunded',
  CHARGEBACK: 'disputed',
} as const;
/** In these a ticket buys nothing yet, or no more: also one that came there after its money had gone back. */
const UNUSED: readonly TicketStatus[] = ['in_queue', 'no_show'];
/** At once; the next look finds the rest. */
const BATCH = 50;

interface TicketToMark {
  readonly merchantId: string;
  readonly unitId: string;
  readonly ticketId: string;
}

/** One for each server: it looks at all providers' money. */
export function startTicketMarker(context: ServerContext): WorkerLoop {
  return startDueWorker(context, 'mark', {
    name: 'ticket marker',
    task: async () => {
      await markTickets(context);
      return null;
    },
  });
}

/**
 * Marks the tickets whose money went back, and takes back the mark of a dispute that was won. A ticket that nobody was
 * called with is void once all of its money is back. It is found by comparing, so that nothing is lost with a process
 * that dies between the refund and the mark, or with a ticket that comes after its refund.
 */
export async function markTickets(context: ServerContext): Promise<void> {
  const due = await context.db.query<TicketToMark & Record<string, unknown>>(
    `SELECT k.merchant_id AS "merchantId", k.unit_id AS "unitId", k.ticket_id AS "ticketId"
     FROM payment_transactions t JOIN tickets k USING (merchant_id, transaction_id)
     WHERE t.status IN ('PARTIALLY_REFUNDED', 'REFUNDED', 'CHARGEBACK')
       AND (k.money_back IS DISTINCT FROM ${markOf('t.status')}
         OR (t.status = 'REFUNDED' AND k.status = ANY($1)))
     UNION ALL
     SELECT k.merchant_id, k.unit_id, k.ticket_id
     FROM tickets k JOIN payment_transactions t USING (merchant_id, transaction_id)
     WHERE k.money_back IS NOT NULL AND t.status = 'SUCCEEDED'
     LIMIT ${BATCH}`,
    [UNUSED],
  );
  for (const ticket of due) await mark(context, ticket);
}

function markOf(column: string): string {
  const cases = Object.entries(MARKS).map(([status, mark]) => `WHEN '${status}' THEN '${mark}'`);
  return `CASE ${column} ${cases.join(' ')} END`;
}

async function mark(context: ServerContext, { merchantId, unitId, ticketId }: TicketToMark): Promise<void> {
  const unit = { merchantId, unitId };
  await context.db.transaction(async (transaction) => {
    await lockUnitTickets(transaction, unit);
    const atMs = context.clock.nowMs();
    const [ticket] = await lockTickets(transaction, unit, [ticketId]);
    if (ticket === undefined) return;
    const [payment] = await transaction.query<{ mark: 'partly_refunded' | 'refunded' | 'disputed' | null }>(
      `SELECT ${markOf('status')} AS mark FROM payment_transactions WHERE merchant_id = $1 AND transaction_id = $2`,
      [merchantId, ticket.transactionId],
    );
    const moneyBack = payment?.mark ?? null;
    const isVoid =
      moneyBack === 'refunded' && UNUSED.includes(ticket.status) && canTicketBecome(ticket.status, 'voided');
    if (moneyBack === ticket.moneyBack && !isVoid) return;
    const changed = {
      ...ticket,
      moneyBack,
      status: isVoid ? ('voided' as const) : ticket.status,
      endedAt: isVoid ? atMs : ticket.endedAt,
      revision: ticket.revision + 1,
    };
    const change = { from: ticket.status, ticket: changed, cause: `money ${moneyBack ?? 'kept'}` };
    await saveTicketChanges(transaction, context.feedWake, unit, [change], atMs);
  });
}
