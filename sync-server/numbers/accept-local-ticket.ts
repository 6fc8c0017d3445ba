import { ticketIdOfSession } from '../../domain/ids.ts';
import type { OutboxPayload } from '../../domain/protocol/sync.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import { change, type PushState, type Rejection } from '../sync/push-state.ts';
import { numberKey } from './local-ticket-grounds.ts';

/**
 * Takes in a ticket without a payment by the totem. It exists on paper already, perhaps for a week, so it is judged by
 * what held when it was issued: its number by the lease, its service and price by all that the unit's catalogues ever
 * offered, never by today's. What no catalogue offered (a free ticket for a service that was never free) is refused.
 * Its status is `paid`, which in TicketStatus means "issued, before printing", whatever it was issued for.
 */
export function acceptLocalTicket(
  state: PushState,
  issued: OutboxPayload<'ticket.issued_locally'>,
): Rejection {
  const session = state.sessions.get(issued.sessionId);
  if (session !== undefined && session.kioskId !== state.kioskId) return 'not_your_session';
  if (issued.ticketId !== ticketIdOfSession(issued.sessionId)) return 'wrong_ticket_id';
  // A session that has a charge gets its ticket, and its number, from the payment.
  if (state.claimBySession.has(issued.sessionId)) return 'session_has_a_charge';
  const wrong = wrongNumber(state, issued) ?? wrongTerms(state, issued);
  if (wrong !== null) return wrong;

  const holder = state.local.holderOfNumber.get(numberKey(issued));
  if (holder !== undefined && holder.sessionId !== issued.sessionId) {
    // Only a totem that forgot what it gave out, as one restored by hand from an old copy, comes here.
    return { reason: `number_taken: ${issued.label} of ${issued.businessDay}`, current: holder };
  }
  const known = state.tickets.get(issued.ticketId);
  if (known !== undefined) return numberKey(known) === numberKey(issued) ? null : 'already_ticketed';

  if (session !== undefined && session.payment !== issued.payment) {
    state.sessions.set(session.sessionId, { ...session, payment: issued.payment });
    state.changedSessions.add(session.sessionId);
  }
  const { leaseId: _, ...facts } = issued;
  const ticket = change(state, null, 'ticket.issued_locally', {
    ...facts,
    transactionId: null,
    kioskId: state.kioskId,
    status: 'paid',
    delivery: null,
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
  state.local.holderOfNumber.set(numberKey(ticket), ticket);
  return null;
}

type Issued = OutboxPayload<'ticket.issued_locally'>;

function wrongNumber({ local, kioskId }: PushState, issued: Issued): string | null {
  const lease = local.leases.get(issued.leaseId);
  if (lease === undefined) return 'unknown_lease';
  if (lease.kioskId !== kioskId) return 'not_your_lease';
  const inLease =
    issued.prefix === lease.prefix &&
    issued.businessDay === lease.businessDay &&
    issued.number >= lease.from &&
    issued.number <= lease.to;
  if (!inLease) return 'not_in_the_lease';
  return issued.label === ticketLabel(issued.prefix, issued.number) ? null : 'wrong_label';
}

function wrongTerms({ local }: PushState, issued: Issued): string | null {
  const offers = local.offers.filter(({ serviceId }) => serviceId === issued.serviceId);
  if (offers.length === 0) return 'unknown_service';
  const offered = offers.some(({ prefix, amountCents, payAtCounter }) => {
    if (prefix !== issued.prefix || amountCents !== issued.amountDueCents) return false;
    return issued.payment === 'free' ? amountCents === 0 : amountCents > 0 && payAtCounter;
  });
  return offered ? null : 'never_offered';
}
