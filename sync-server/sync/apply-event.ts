import { ticketIdOfSession } from '../../domain/ids.ts';
import { isSettled } from '../../domain/payment-status.ts';
import type { OutboxKind, OutboxPayload } from '../../domain/protocol/sync.ts';
import { canTicketBecome, isBeforeQueue } from '../../domain/ticket.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import { acceptLocalTicket } from '../numbers/accept-local-ticket.ts';
import { acceptLocalCall } from '../queue/local-calls.ts';
import { change, type PushState, type Rejection } from './push-state.ts';
import type { KnownEvent } from './read-event.ts';

/**
 * Applies one event to the batch's state, or says why not; a rejected event changes nothing. An event that only
 * repeats what is known already is accepted: a kiosk restored from a backup tells some things twice.
 */
export function applyEvent(state: PushState, event: KnownEvent): Rejection {
  const apply = APPLY[event.kind] as (state: PushState, payload: KnownEvent['payload']) => Rejection;
  return apply(state, event.payload);
}

const APPLY: { readonly [K in OutboxKind]: (state: PushState, payload: OutboxPayload<K>) => Rejection } = {
  'session.opened': openSession,
  'session.ended': endSession,
  'ticket.issued': issueTicket,
  'ticket.issued_locally': acceptLocalTicket,
  'ticket.queued': queueTicket,
  'ticket.print_finished': reportPrint,
  'queue.executed_locally': acceptLocalCall,
};

function openSession(state: PushState, opened: OutboxPayload<'session.opened'>): Rejection {
  const known = state.sessions.get(opened.sessionId);
  if (known !== undefined) return known.kioskId === state.kioskId ? null : 'not_your_session';
  state.sessions.set(opened.sessionId, {
    ...opened,
    payment: 'pix',
    kioskId: state.kioskId,
    outcome: null,
    outcomeReason: null,
    endedAt: null,
  });
  state.changedSessions.add(opened.sessionId);
  return null;
}

function endSession(state: PushState, ended: OutboxPayload<'session.ended'>): Rejection {
  const session = state.sessions.get(ended.sessionId);
  if (session === undefined) return 'unknown_session';
  if (session.kioskId !== state.kioskId) return 'not_your_session';
  state.endedSessions.add(ended.sessionId);
  if (session.outcome !== null) return null;
  const { outcome, reason, endedAt } = ended;
  state.sessions.set(ended.sessionId, { ...session, outcome, outcomeReason: reason, endedAt });
  state.changedSessions.add(ended.sessionId);
  return null;
}

function issueTicket(state: PushState, issued: OutboxPayload<'ticket.issued'>): Rejection {
  const claim = state.claimBySession.get(issued.sessionId);
  if (claim === undefined) return 'no_payment';
  if (claim.kioskId !== state.kioskId) return 'not_your_session';
  if (!isSettled(claim.status) || claim.number === null || claim.businessDay === null) return 'not_paid';
  if (issued.ticketId !== ticketIdOfSession(issued.sessionId)) return 'wrong_ticket_id';
  const reserved =
    issued.number === claim.number &&
    issued.prefix === claim.prefix &&
    issued.businessDay === claim.businessDay &&
    issued.label === ticketLabel(claim.prefix, claim.number);
  if (!reserved) {
    return `not_the_reserved_number: ${ticketLabel(claim.prefix, claim.number)} of ${claim.businessDay}`;
  }
  if (issued.serviceId !== claim.serviceId) return 'wrong_service';
  // Also the rescued one: it is this ticket, and it stays where the operators have brought it.
  if (state.tickets.has(issued.ticketId)) return null;
  change(state, null, 'ticket.issued', {
    ...issued,
    serviceName: claim.serviceName,
    transactionId: claim.transactionId,
    kioskId: claim.kioskId,
    status: 'paid',
    delivery: null,
    payment: 'pix',
    amountDueCents: 0,
    rescued: false,
    receivedCents: 0,
    receivedAt: null,
    moneyBack: null,
    queuedAt: null,
    counter: null,
    calledAt: null,
    callCount: 0,
    startedAt: null,
    endedAt: null,
    revision: 0,
  });
  return null;
}

function queueTicket(state: PushState, queued: OutboxPayload<'ticket.queued'>): Rejection {
  const ticket = state.tickets.get(queued.ticketId);
  if (ticket === undefined) return 'unknown_ticket';
  if (ticket.kioskId !== state.kioskId) return 'not_your_ticket';
  // An operator put it there: its totem may come back and say so as well, whatever became of it since.
  if (ticket.rescued) return null;
  // Later moves back into the queue are the operators'.
  if (!isBeforeQueue(ticket.status) || !canTicketBecome(ticket.status, 'in_queue')) {
    return ticket.queuedAt === queued.queuedAt ? null : `not_allowed: the ticket is ${ticket.status}`;
  }
  const { delivery, queuedAt } = queued;
  change(state, ticket, 'ticket.queued', { ...ticket, status: 'in_queue', delivery, queuedAt });
  return null;
}

function reportPrint(state: PushState, report: OutboxPayload<'ticket.print_finished'>): Rejection {
  const ticket = state.tickets.get(report.ticketId);
  if (ticket === undefined) return 'unknown_ticket';
  // A rescued ticket is printed by the totem at whose screen it was rescued.
  if (ticket.kioskId !== state.kioskId && !ticket.rescued) return 'not_your_ticket';
  state.printReports.push(report);
  return null;
}
