import { ticketIdOfSession } from '../../domain/ids.ts';
import { RESCUE_MARGIN_MS } from '../../domain/protocol/leases.ts';
import type { Transaction } from '../db/database.ts';
import { type QueueDecision, refuse } from '../queue/queue-decision.ts';
import { lockTickets, type StoredTicket } from '../queue/ticket-store.ts';
import type { UnitKey } from '../sync/feed-log.ts';
import { lockSettledPayment, type SettledPayment } from './settled-payment.ts';

/**
 * Issues the ticket of a settled payment in place of its totem. It is the very ticket that the totem would have
 * issued: the same id, made from the session, and the number that was reserved with the payment. After
 * `lockUnitTickets`.
 */
export async function decideRescue(
  transaction: Transaction,
  unit: UnitKey,
  sessionId: string,
  atMs: number,
): Promise<QueueDecision> {
  const payment = await lockSettledPayment(transaction, unit, sessionId);
  if (payment === undefined) return refuse('not_paid', null);
  const [existing] = await lockTickets(transaction, unit, [ticketIdOfSession(sessionId)]);
  if (existing !== undefined) return refuse('already_ticketed', existing);
  if (atMs <= payment.actBeforeMs + RESCUE_MARGIN_MS) return refuse('lease_running', null);
  const ticket = rescuedTicket(payment, atMs);
  return { changes: [{ from: null, ticket, cause: 'queue.rescue' }], result: { ok: true, ticket } };
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
