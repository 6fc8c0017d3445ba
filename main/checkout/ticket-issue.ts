import { ticketIdOfSession } from '../../domain/ids.ts';
import { isSessionOver } from '../../domain/payment-session.ts';
import type { FeedPayload } from '../../domain/protocol/feed.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { composeReceipt, type ReceiptPayment } from '../../domain/receipt.ts';
import type { ReceiptDocument } from '../../domain/receipt-document.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { PaymentSession } from '../store/sessions.ts';
import type { KioskStore } from '../store/store.ts';
import type { StoredTicket } from '../store/tickets.ts';
import { openCustomer } from './customer.ts';
import { moveSession } from './session-life.ts';

export interface TicketIssueOptions {
  readonly store: KioskStore;
  /** Of this totem; whoever gets here is enrolled. */
  readonly kioskId: () => string;
  readonly personalData: PersonalDataBox;
  /** Queues the first paper, in the transaction that is open. */
  readonly enqueuePaper: (ticket: TicketView, document: ReceiptDocument, terms?: PaperTerms) => void;
}

export interface PaperTerms {
  /** The server's clock, epoch ms: from then on the paper starts only once the server has heard of the ticket. */
  readonly startBefore?: number;
  /** 2: marked as "2ª via" although nothing is known of a first, which may have come out before. */
  readonly copyNumber?: number;
}

/**
 * Turns a confirmed payment into its one ticket. The caller's transaction holds all of it or nothing: session paid,
 * ticket, print job, outbox event, and the feed cursor that the caller moves. The ticket's id comes from the session,
 * so a confirmation that is read twice finds the ticket there. Only while the lease runs: see confirmations.ts.
 * @param session that of the confirmation, our own, and without a ticket
 */
export function issueTicket(
  { store, personalData, enqueuePaper }: TicketIssueOptions,
  session: PaymentSession,
  confirmation: FeedPayload<'payment.confirmed'>,
  terms: PaperTerms,
  nowMs: number,
): void {
  const ticket = ticketOf(confirmation, nowMs);
  // Also where nobody stands before it any more: the notice beside the screen tells the number.
  const late = confirmation.late || isSessionOver(session.status) || session.dismissedAt !== null;
  moveSession(store, session, 'paid', {
    cause: late ? 'payment_confirmed_late' : 'payment_confirmed',
    atMs: nowMs,
    patch: {
      transactionId: confirmation.transactionId,
      paidAt: confirmation.paidAt,
      late,
      failureReason: null,
      ...placeOnScreen(store, session),
    },
  });
  store.tickets.put(ticket);
  enqueuePaper(ticket, receiptOf(store, personalData, session, ticket, confirmation), terms);
  store.outbox.append('ticket.issued', {
    ticketId: ticket.ticketId,
    sessionId: ticket.sessionId,
    number: ticket.number,
    prefix: ticket.prefix,
    label: ticket.label,
    businessDay: ticket.businessDay,
    serviceId: ticket.serviceId,
    serviceName: ticket.serviceName,
    issuedAt: ticket.issuedAt,
  });
}

function ticketOf(
  { sessionId, kioskId, ticket }: FeedPayload<'payment.confirmed'>,
  nowMs: number,
): StoredTicket {
  return {
    ...ticket,
    ticketId: ticketIdOfSession(sessionId),
    sessionId,
    kioskId,
    own: true,
    status: 'printing',
    delivery: null,
    payment: 'pix',
    amountDueCents: 0,
    rescued: false,
    receivedCents: 0,
    receivedAt: null,
    moneyBack: null,
    issuedAt: nowMs,
    queuedAt: null,
    counter: null,
    calledAt: null,
    callCount: 0,
    startedAt: null,
    endedAt: null,
    revision: 0,
  };
}

/** Late money for a session that has left the screen comes back to it, unless another customer stands there. */
function placeOnScreen(store: KioskStore, session: PaymentSession): { dismissedAt?: null } {
  if (session.dismissedAt === null) return {};
  return store.sessions.onScreen() === undefined ? { dismissedAt: null } : {};
}

/** What the paper says of a confirmed payment. */
export function receiptPaymentOf({
  method,
  amountCents,
  currency,
  paidAt,
}: FeedPayload<'payment.confirmed'>): ReceiptPayment {
  return method === 'card'
    ? { kind: 'card', amountCents, currency, paidAt }
    : { kind: 'pix', amountCents, paidAt };
}

function receiptOf(
  store: KioskStore,
  personalData: PersonalDataBox,
  session: PaymentSession,
  ticket: TicketView,
  confirmation: FeedPayload<'payment.confirmed'>,
): ReceiptDocument {
  const unit = store.sync.catalog()?.unit;
  // A session is opened from a catalogue, and a catalogue is only ever replaced.
  if (unit === undefined) throw new Error(`session ${session.sessionId} exists without a catalogue`);
  return composeReceipt({
    merchantName: unit.merchantName,
    unitName: unit.unitName,
    timeZone: unit.timeZone,
    ticketId: ticket.ticketId,
    ticketLabel: ticket.label,
    serviceName: ticket.serviceName,
    payment: receiptPaymentOf(confirmation),
    arrivedAt: session.openedAt,
    customerCpf: openCustomer(personalData, session.customerSealed)?.cpf ?? null,
    receiptUrl: confirmation.receiptUrl,
  });
}
