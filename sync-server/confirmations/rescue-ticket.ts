import { ticketIdOfSession } from '../../domain/ids.ts';
import { CONFIRMATION_LEASE_MS, RESCUE_MARGIN_MS } from '../../domain/protocol/leases.ts';
import { isBeforeQueue } from '../../domain/ticket.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { type QueueDecision, refuse } from '../queue/queue-decision.ts';
import { lockTickets, type StoredTicket } from '../queue/ticket-store.ts';
import type { UnitKey } from '../sync/feed-log.ts';
import type { LeaseWatch } from './lease-watch.ts';
import { lockSettledPayment, type SettledPayment } from './settled-payment.ts';

/**
 * Does what a totem did not do in time: issues the ticket of a settled payment, or takes one into the queue that its
 * totem issued, and said no more of. It is the very ticket of the totem: the same id, made from the session, and the
 * number that was reserved with the payment. After `lockUnitTickets`.
 */
export async function decideRescue(
  { leaseWatch }: Pick<ServerContext, 'leaseWatch'>,
  transaction: Transaction,
  unit: UnitKey,
  sessionId: string,
  atMs: number,
): Promise<QueueDecision> {
  const payment = await lockSettledPayment(transaction, unit, sessionId);
  const [existing] = await lockTickets(transaction, unit, [ticketIdOfSession(sessionId)]);
  if (existing !== undefined)
    return withMethod(await takeIntoQueue(leaseWatch, transaction, unit, existing, atMs), payment);
  if (payment === undefined || payment.status === 'REFUNDED') return refuse('not_paid', null);
  if (!leaseWatch.isOver(payment.transactionId, payment.actBeforeMs, atMs))
    return refuse('lease_running', null);
  if (atMs <= payment.actBeforeMs + RESCUE_MARGIN_MS) await withdrawLease(transaction, unit, sessionId);
  const ticket = rescuedTicket(payment, atMs);
  const decision = {
    changes: [{ from: null, ticket, cause: 'queue.rescue' }],
    result: { ok: true, ticket },
  } as const;
  return withMethod(decision, payment);
}

/** Who rescues it prints it, and may not know any more with what it was paid. */
function withMethod({ changes, result }: QueueDecision, payment: SettledPayment | undefined): QueueDecision {
  if (!result.ok || payment === undefined) return { changes, result };
  return { changes, result: { ...result, ticket: { ...result.ticket, paidBy: payment.method } } };
}

/**
 * The clock was set back, and by it the lease still runs: a totem that reads of the payment only now would believe in
 * it. So it reads of none, and has to claim.
 */
async function withdrawLease(
  transaction: Transaction,
  { merchantId, unitId }: UnitKey,
  sessionId: string,
): Promise<void> {
  await transaction.query(
    `UPDATE feed SET payload = payload || '{"actBefore": null}'
     WHERE merchant_id = $1 AND unit_id = $2 AND kind = 'payment.confirmed' AND payload ->> 'sessionId' = $3`,
    [merchantId, unitId, sessionId],
  );
}

/** A totem has as long for the paper of a ticket that it has told of as it has for the ticket itself. */
async function takeIntoQueue(
  leaseWatch: LeaseWatch,
  transaction: Transaction,
  { merchantId }: UnitKey,
  existing: StoredTicket,
  atMs: number,
): Promise<QueueDecision> {
  const [known] = await transaction.query<{ receivedAt: Date }>(
    'SELECT received_at AS "receivedAt" FROM tickets WHERE merchant_id = $1 AND ticket_id = $2',
    [merchantId, existing.ticketId],
  );
  if (known === undefined) throw new Error(`ticket ${existing.ticketId} was locked, and is not there`);
  if (!isBeforeQueue(existing.status)) return refuse('already_ticketed', existing);
  if (existing.moneyBack === 'refunded') return refuse('not_paid', existing);
  const itsTotemsUntilMs = known.receivedAt.getTime() + CONFIRMATION_LEASE_MS;
  if (!leaseWatch.isOver(existing.ticketId, itsTotemsUntilMs, atMs)) return refuse('lease_running', existing);
  const ticket: StoredTicket = {
    ...existing,
    status: 'in_queue',
    delivery: 'counter',
    rescued: true,
    queuedAt: atMs,
    revision: existing.revision + 1,
  };
  return {
    changes: [{ from: existing.status, ticket, cause: 'queue.rescue' }],
    result: { ok: true, ticket },
  };
}

function rescuedTicket(payment: SettledPayment, atMs: number): StoredTicket {
  const { sessionId, transactionId, kioskId, number, prefix, label, businessDay, serviceId, serviceName } =
    payment;
  return {
    ticketId: ticketIdOfSession(sessionId),
    sessionId,
    transactionId,
    kioskId,
    number,
    prefix,
    label,
    businessDay,
    serviceId,
    serviceName,
    status: 'in_queue',
    delivery: 'counter',
    payment: 'pix',
    amountDueCents: 0,
    rescued: true,
    receivedCents: 0,
    receivedAt: null,
    moneyBack: null,
    // The place in the queue that was paid for: who waited before a dead totem does not wait once more.
    issuedAt: payment.paidAtMs,
    queuedAt: atMs,
    counter: null,
    calledAt: null,
    callCount: 0,
    startedAt: null,
    endedAt: null,
    revision: 1,
  };
}
