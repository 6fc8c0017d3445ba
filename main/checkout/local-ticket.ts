import { ticketIdOfSession } from '../../domain/ids.ts';
import type { Catalog, Service } from '../../domain/protocol/catalog.ts';
import { CONFIRMATION_LEASE_MS } from '../../domain/protocol/leases.ts';
import type { TotemCommand } from '../../domain/protocol/screen-commands.ts';
import { composeReceipt } from '../../domain/receipt.ts';
import type { TicketPayment } from '../../domain/ticket.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import { businessToday } from '../queue/business-today.ts';
import type { StoredTicket } from '../store/tickets.ts';
import type { ServerTime } from '../sync/server-time.ts';
import { moveSession } from './session-life.ts';
import type { PaperTerms, TicketIssueOptions } from './ticket-issue.ts';

export interface LocalSale {
  readonly sessionId: string;
  readonly service: Service;
  readonly unit: Catalog['unit'];
  readonly payment: Exclude<TicketPayment, 'pix'>;
  /** Printed masked, and kept nowhere else. */
  readonly customerCpf: string | null;
}

type WishedPayment = Extract<TotemCommand, { kind: 'checkout.start' }>['payment'];

/** How the ticket of a service is paid for; null when the service is not sold in the way that was wished for. */
export function paymentOf(service: Service, wished: WishedPayment): TicketPayment | null {
  if (wished === 'card') return service.card === null ? null : 'pix';
  if (service.amountCents === 0) return 'free';
  if (wished !== 'at_counter') return service.pix ? 'pix' : null;
  return service.payAtCounter ? 'at_counter' : null;
}

export interface LocalTicketOptions extends Pick<TicketIssueOptions, 'store' | 'kioskId' | 'enqueuePaper'> {
  readonly serverTime: Pick<ServerTime, 'estimateMs'>;
}

/**
 * Takes the session, which was opened in the same transaction, to its ticket: number, ticket, print job and outbox
 * event, all or nothing. Nothing of it asks the server, so it is the same online and cut off.
 * @returns whether there was a number left; if not, nothing was written
 */
export function issueLocalTicket(
  { store, kioskId, enqueuePaper, serverTime }: LocalTicketOptions,
  sale: LocalSale,
  openSession: () => void,
  nowMs: number,
): boolean {
  const { sessionId, service, unit, payment } = sale;
  const { prefix } = service;
  const today = businessToday(store, nowMs);
  const leased = today === null ? null : store.leases.take(prefix, today.businessDay);
  if (today === null || leased === null) return false;

  openSession();
  moveSession(store, { sessionId, status: 'open' }, 'ticketed', { cause: payment, atMs: nowMs });
  const { number, leaseId } = leased;
  const facts = {
    ticketId: ticketIdOfSession(sessionId),
    sessionId,
    payment,
    amountDueCents: service.amountCents,
    number,
    prefix,
    label: ticketLabel(prefix, number),
    businessDay: today.businessDay,
    serviceId: service.serviceId,
    serviceName: service.name,
    issuedAt: nowMs,
  };
  const ticket: StoredTicket = {
    ...facts,
    kioskId: kioskId(),
    own: true,
    status: 'printing',
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
  };
  store.tickets.put(ticket);
  enqueuePaper(
    ticket,
    composeReceipt({
      merchantName: unit.merchantName,
      unitName: unit.unitName,
      timeZone: unit.timeZone,
      ticketId: ticket.ticketId,
      ticketLabel: ticket.label,
      serviceName: service.name,
      payment: payment === 'free' ? { kind: 'free' } : { kind: payment, amountDueCents: service.amountCents },
      arrivedAt: nowMs,
      customerCpf: sale.customerCpf,
    }),
    paperTerms(serverTime.estimateMs()),
  );
  store.outbox.append('ticket.issued_locally', { ...facts, leaseId });
  return true;
}

/** No operator may rescue the ticket earlier than this after the server has heard of it, which is after this instant. */
function paperTerms(serverMs: number | null): PaperTerms {
  return serverMs === null ? {} : { startBefore: serverMs + CONFIRMATION_LEASE_MS };
}
