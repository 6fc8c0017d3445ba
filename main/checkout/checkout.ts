import type { CancelTimer, Clock, RandomBytes } from '../../domain/clock.ts';
import { newId, txidOfSession } from '../../domain/ids.ts';
import { isSessionOver } from '../../domain/payment-session.ts';
import type { CommandRefusal, CommandResult, TotemCommand } from '../../domain/protocol/screen-commands.ts';
import type { Log } from '../../platform/log.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { PaymentSession } from '../store/sessions.ts';
import type { ChargeRequests } from './charge-requests.ts';
import { readCustomer } from './customer.ts';
import { createDeadlineKeeper } from './deadline-keeper.ts';
import { deadlineOf, isPrinting, type ScreenSession } from './deadlines.ts';
import { issueLocalTicket, type LocalTicketOptions, paymentOf } from './local-ticket.ts';
import { endSession } from './session-life.ts';

/** How long a deadline waits that could not be stored. */
const RETRY_DEADLINE_MS = 1_000;

type CommandOf<K extends TotemCommand['kind']> = Extract<TotemCommand, { kind: K }>;

export interface ShownSession extends ScreenSession {
  /** When it moves on by time alone, by the clock as it is set now, epoch ms; null while it waits for something else. */
  readonly endsAt: number | null;
}

export interface Checkout {
  execute(command: TotemCommand): CommandResult;
  /** The session on the screen with what belongs to it. */
  shown(): ShownSession | undefined;
  /** Goes on from what is stored: asks again for a charge, runs the countdown, clears the screen in its time. */
  start(): void;
  stop(): void;
}

export interface CheckoutOptions extends LocalTicketOptions {
  readonly charges: ChargeRequests;
  readonly personalData: PersonalDataBox;
  /** Whether a PIX can be begun now: what cannot be paid is refused at once, not after a minute's spinner. */
  readonly pixAvailable: () => boolean;
  readonly cardAvailable: () => boolean;
  /** Whether the ticket's paper waits for more than the printer. */
  readonly isPaperHeld: (ticketId: string) => boolean;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/**
 * A payment session's life at the totem. All of it is in the store: after each commit the module looks at the session
 * on the screen and does what it needs next, which is also how it goes on after a power cut.
 */
export function createCheckout(options: CheckoutOptions): Checkout {
  const { store, charges, personalData, pixAvailable, cardAvailable, isPaperHeld, clock, randomBytes, log } =
    options;
  const deadlines = createDeadlineKeeper(clock);
  let cancelTimer: CancelTimer = () => {};
  let stopListening: () => void = () => {};

  function execute(command: TotemCommand): CommandResult {
    switch (command.kind) {
      case 'checkout.start':
        return startSession(command);
      case 'checkout.cancel':
        return cancelSession(command);
      case 'checkout.dismiss':
        return dismissSession(command);
    }
  }

  function startSession(command: CommandOf<'checkout.start'>): CommandResult {
    const customer = readCustomer(command.customerName, command.customerCpf);
    if (!customer.ok) return refused(customer.code);
    const catalog = store.sync.catalog();
    const service = catalog?.services.find((each) => each.serviceId === command.serviceId);
    if (catalog === null || service === undefined) return refused('service_unknown');
    const payment = paymentOf(service, command.payment);
    if (payment === null) return refused('not_allowed');
    const card = command.payment === 'card' ? service.card : null;
    const available = card === null ? pixAvailable : cardAvailable;
    if (payment === 'pix' && !available()) return refused('payment_unavailable');
    const nowMs = clock.nowMs();
    const sessionId = newId(clock, randomBytes);
    const { amountCents } = card ?? service;
    const known = customer.customer;

    const openSession = (): void => {
      store.sessions.insert({
        sessionId,
        txid: txidOfSession(sessionId),
        service,
        catalogVersion: catalog.version,
        amountCents,
        payment,
        ...(card === null ? {} : { method: 'card', currency: card.currency, offerId: card.offerId }),
        customerSealed: known === null || payment !== 'pix' ? null : personalData.seal(known),
        openedAt: nowMs,
      });
      store.sessions.recordTransition({ sessionId, from: null, to: 'open', cause: 'customer', at: nowMs });
      store.outbox.append('session.opened', {
        sessionId,
        serviceId: service.serviceId,
        amountCents,
        openedAt: nowMs,
      });
    };

    return store.write((): CommandResult => {
      const previous = onScreen();
      if (previous !== undefined && !mayLeaveScreen(previous)) return refused('checkout_in_progress');
      if (payment === 'pix') {
        openSession();
      } else {
        const sale = { sessionId, service, unit: catalog.unit, payment, customerCpf: known?.cpf ?? null };
        if (!issueLocalTicket(options, sale, openSession, nowMs)) return refused('no_numbers_left');
      }
      if (previous !== undefined) {
        // The next customer touches the screen while the last one's ending is still on it.
        store.sessions.update(previous.session.sessionId, { dismissedAt: nowMs });
      }
      return { ok: true, sessionId };
    });
  }

  function cancelSession({ sessionId }: CommandOf<'checkout.cancel'>): CommandResult {
    return store.write((): CommandResult => {
      const session = store.sessions.byId(sessionId);
      if (session === undefined) return refused('unknown_session');
      if (session.status === 'paid') return refused('too_late_to_cancel');
      if (session.status === 'ticketed') return refused('not_allowed');
      if (store.confirmations.bySession(sessionId) !== undefined) return refused('too_late_to_cancel');
      // A second touch on "cancel", or one that crossed the countdown's end: the session is over, as was asked.
      if (!isSessionOver(session.status)) {
        endSession(store, session, 'cancelled', { cause: 'customer', atMs: clock.nowMs() });
      }
      return { ok: true, sessionId };
    });
  }

  function dismissSession({ sessionId }: CommandOf<'checkout.dismiss'>): CommandResult {
    return store.write((): CommandResult => {
      const session = store.sessions.byId(sessionId);
      if (session === undefined) return refused('unknown_session');
      if (session.dismissedAt !== null) return { ok: true, sessionId };
      const current = withSurroundings(session);
      // Who has read that the payment is safe, and the number, need not wait for the ticket: it comes all the same.
      if (!current.issuing && !mayLeaveScreen(current)) return refused('not_allowed');
      store.sessions.update(sessionId, { dismissedAt: clock.nowMs() });
      return { ok: true, sessionId };
    });
  }

  function onScreen(): ScreenSession | undefined {
    const session = store.sessions.onScreen();
    return session === undefined ? undefined : withSurroundings(session);
  }

  function shown(): ShownSession | undefined {
    const current = onScreen();
    if (current === undefined) return undefined;
    const deadline = deadlineOf(current);
    const endsAt = deadline === null ? null : deadlines.endsAt(current.session.sessionId, deadline);
    return { ...current, endsAt };
  }

  function withSurroundings(session: PaymentSession): ScreenSession {
    const ticket = store.tickets.bySession(session.sessionId);
    const confirmed =
      session.status === 'paid' ? undefined : store.confirmations.bySession(session.sessionId);
    return {
      session,
      ticket,
      refund: store.refunds.ofSession(session.sessionId),
      issuing: confirmed !== undefined,
      reservedLabel: confirmed?.confirmation.ticket.label ?? null,
      paperHeld: ticket !== undefined && isPaperHeld(ticket.ticketId),
    };
  }

  /** Does what the session on the screen needs next, and sets the one timer to its deadline. */
  function moveOn(): void {
    cancelTimer();
    const current = onScreen();
    if (current === undefined) return;
    const { sessionId } = current.session;
    if (current.session.status === 'open' && !current.issuing) charges.ask(sessionId);
    const deadline = deadlineOf(current);
    if (deadline === null) return;
    const remainingMs = deadlines.remainingMs(sessionId, deadline);
    // Also when it has passed already: the timer keeps this commit's listeners from nesting.
    cancelTimer = clock.schedule(Math.max(0, remainingMs), () => {
      try {
        passDeadline(sessionId);
      } catch (error) {
        // The disk does not take the change: the screen stays as it is, and the clock is asked again.
        log.error({ err: error, sessionId }, 'a deadline could not be stored');
        cancelTimer = clock.schedule(RETRY_DEADLINE_MS, moveOn);
      }
    });
  }

  function passDeadline(sessionId: string): void {
    store.write(() => {
      const current = onScreen();
      // Decided anew from the store: a payment may have come in the same instant.
      if (current === undefined || current.session.sessionId !== sessionId) return;
      const { session } = current;
      const atMs = clock.nowMs();
      const deadline = deadlineOf(current);
      if (deadline === null || deadlines.remainingMs(sessionId, deadline) > 0) return;
      if (current.issuing) {
        store.sessions.update(sessionId, { dismissedAt: atMs });
      } else if (session.status === 'open') {
        const reason = session.problem ?? 'server_unreachable';
        endSession(store, session, 'failed', { cause: 'gave_up', reason, atMs });
      } else if (session.status === 'awaiting_payment') {
        endSession(store, session, 'expired', { cause: 'countdown', atMs });
      } else {
        store.sessions.update(sessionId, { dismissedAt: atMs });
      }
    });
  }

  return {
    execute,
    shown,
    start() {
      stopListening = store.onCommit(moveOn);
      moveOn();
    },
    stop() {
      stopListening();
      cancelTimer();
    },
  };
}

/** Whether nothing is left that the customer at the screen must see through. */
function mayLeaveScreen(shown: ScreenSession): boolean {
  return isSessionOver(shown.session.status) && !isPrinting(shown) && !shown.issuing;
}

function refused(code: CommandRefusal): CommandResult {
  return { ok: false, code };
}
