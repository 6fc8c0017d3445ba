import { txidOfSession } from '../../domain/ids.ts';
import { canSessionBecome, isSessionOver } from '../../domain/payment-session.ts';
import type { Service } from '../../domain/protocol/catalog.ts';
import { isBeyondAnyLease } from '../../domain/protocol/leases.ts';
import type { Confirmation, StoredConfirmation } from '../store/confirmations.ts';
import type { PaymentSession } from '../store/sessions.ts';
import type { KioskStore } from '../store/store.ts';
import type { ServerTime } from '../sync/server-time.ts';
import { moveSession } from './session-life.ts';
import { issueTicket, type TicketIssueOptions } from './ticket-issue.ts';

export interface ConfirmationOptions extends TicketIssueOptions {
  readonly serverTime: Pick<ServerTime, 'latestMs'>;
}

export type ConfirmationOutcome =
  | 'issued'
  /** The same confirmation came before, or its ticket did. */
  | 'already_ticketed'
  /** Ours, but without a lease that surely runs: the server is asked before anything is issued. */
  | 'to_claim'
  /** Another totem's: kept until its ticket comes, as an operator here may have to rescue it. */
  | 'neighbours';

/** What a confirmed payment means here. Inside the transaction that moves the feed's cursor. */
export function takeConfirmation(
  options: ConfirmationOptions,
  confirmation: Confirmation,
  nowMs: number,
): ConfirmationOutcome {
  const { store, kioskId } = options;
  const { sessionId, actBefore } = confirmation;
  const own = confirmation.kioskId === kioskId();
  const session = own ? store.sessions.byId(sessionId) : undefined;
  if (session !== undefined && !canSessionBecome(session.status, 'paid')) return 'already_ticketed';
  // What was lost with the memory may be on paper: no lease covers that.
  const paperDoubtful = own && (session === undefined || store.sync.isRebuilding());
  if (session !== undefined && !paperDoubtful && isLeaseRunning(options, actBefore)) {
    issueTicket(options, session, confirmation, { startBefore: actBefore }, nowMs);
    return 'issued';
  }
  store.confirmations.put(confirmation, { own, paperDoubtful });
  if (store.tickets.bySession(sessionId) !== undefined) {
    ticketArrived(options, sessionId, nowMs);
    return 'already_ticketed';
  }
  return own ? 'to_claim' : 'neighbours';
}

/**
 * Issues the ticket of a claimed confirmation, in one transaction, if the new lease runs at this very instant.
 * @param actBefore of the claim's answer
 * @returns `lapsed`: the answer was too long on its way; `gone`: its ticket came meanwhile
 */
export function issueClaimed(
  options: ConfirmationOptions,
  sessionId: string,
  actBefore: number,
  nowMs: number,
): 'issued' | 'lapsed' | 'gone' {
  const { store } = options;
  return store.write(() => {
    const claimed = store.confirmations.bySession(sessionId);
    if (claimed === undefined) return 'gone';
    if (!isLeaseRunning(options, actBefore)) return 'lapsed';
    const { confirmation, paperDoubtful } = claimed;
    const session = store.sessions.byId(sessionId) ?? rebuildSession(store, confirmation, nowMs);
    store.confirmations.remove(sessionId);
    if (!canSessionBecome(session.status, 'paid')) return 'gone';
    const copyNumber = paperDoubtful ? 2 : 1;
    issueTicket(options, session, confirmation, { startBefore: actBefore, copyNumber }, nowMs);
    return 'issued';
  });
}

/**
 * The unit has the ticket of a session now. Where it is our own and somebody else issued it, our session is paid by
 * it; nothing is printed by itself. Inside a transaction, after the ticket was stored.
 */
export function ticketArrived(
  { store }: Pick<ConfirmationOptions, 'store'>,
  sessionId: string,
  nowMs: number,
): void {
  const waiting = store.confirmations.bySession(sessionId);
  if (waiting === undefined) return;
  store.confirmations.remove(sessionId);
  if (waiting.own) payByServersTicket(store, waiting, nowMs);
}

function payByServersTicket(store: KioskStore, { confirmation }: StoredConfirmation, nowMs: number): void {
  const { sessionId, transactionId, paidAt } = confirmation;
  const session = store.sessions.byId(sessionId);
  if (session === undefined || !canSessionBecome(session.status, 'paid')) return;
  const late = confirmation.late || isSessionOver(session.status);
  const patch = { transactionId, paidAt, late, failureReason: null };
  moveSession(store, session, 'paid', { cause: 'ticket_of_the_server', atMs: nowMs, patch });
}

function isLeaseRunning(
  { serverTime }: Pick<ConfirmationOptions, 'serverTime'>,
  actBefore: number | null,
): actBefore is number {
  const latestMs = serverTime.latestMs();
  if (actBefore !== null && latestMs !== null && isBeyondAnyLease(actBefore, latestMs)) return false;
  return actBefore !== null && latestMs !== null && latestMs < actBefore;
}

/** The session of a sale that this data folder does not hold any more: all that its ticket needs of it. */
function rebuildSession(store: KioskStore, confirmation: Confirmation, nowMs: number): PaymentSession {
  const { sessionId, amountCents, currency, method, paidAt } = confirmation;
  const catalog = store.sync.catalog();
  store.sessions.insert({
    sessionId,
    txid: txidOfSession(sessionId),
    service:
      catalog?.services.find(({ serviceId }) => serviceId === confirmation.ticket.serviceId) ??
      serviceOf(confirmation),
    catalogVersion: catalog?.version ?? 0,
    amountCents,
    currency,
    payment: 'pix',
    method,
    customerSealed: null,
    // When the customer came is lost; that it was before this is known.
    openedAt: paidAt,
  });
  store.sessions.update(sessionId, { dismissedAt: nowMs });
  store.sessions.recordTransition({ sessionId, from: null, to: 'open', cause: 'recovered', at: nowMs });
  const session = store.sessions.byId(sessionId);
  if (session === undefined) throw new Error(`session ${sessionId} was not stored`);
  return session;
}

/** A service that is sold no more, as the confirmation still names it. */
function serviceOf({ amountCents, ticket }: Confirmation): Service {
  return {
    serviceId: ticket.serviceId,
    name: ticket.serviceName,
    description: '',
    prefix: ticket.prefix,
    amountCents,
    payAtCounter: false,
    currency: 'BRL',
    pix: true,
    card: null,
    estimatedMinutes: null,
  };
}
