import type { CancelTimer, Clock, RandomBytes } from '../../domain/clock.ts';
import type { ChargeRequest, ChargeResponse } from '../../domain/protocol/charges.ts';
import type { CheckoutRequest, CheckoutResponse } from '../../domain/protocol/checkouts.ts';
import type { Log } from '../../platform/log.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { PaymentSession, SessionProblem } from '../store/sessions.ts';
import type { KioskStore } from '../store/store.ts';
import { backoffMs } from '../sync/backoff.ts';
import type { ServerAnswer, ServerClient, ServerFailure } from '../sync/server-client.ts';
import type { LinkMonitor } from '../sync/server-link.ts';
import { openCustomer } from './customer.ts';
import { endSession, type FailureReason, moveSession } from './session-life.ts';

/** A customer looks at the screen meanwhile: ask often. The session itself gives up after a minute. */
const BACKOFF = { firstMs: 500, maxMs: 4_000 };

export interface ChargeRequests {
  /** Asks the server for the session's charge, and again, for as long as the session is open. */
  ask(sessionId: string): void;
  stop(): void;
}

export interface ChargeRequestsOptions {
  readonly store: KioskStore;
  readonly client: ServerClient;
  readonly link: LinkMonitor;
  readonly personalData: PersonalDataBox;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** The server sells at another price than our catalogue says. */
  readonly onCatalogOutdated: () => void;
}

/** Every attempt carries the same stored session and txid, so the server makes one charge, whatever gets lost. */
export function createChargeRequests(options: ChargeRequestsOptions): ChargeRequests {
  const { store, client, link, personalData, clock, randomBytes, log, onCatalogOutdated } = options;
  let running = true;
  let askingFor: string | null = null;
  let endWait: CancelTimer = () => {};

  async function askUntilAnswered(sessionId: string): Promise<void> {
    for (let attempt = 1; running; attempt += 1) {
      const session = openSession(sessionId);
      if (session === undefined) return;
      const answer = await createCharge(session);
      // Cancelled, given up or closed meanwhile: the server cancels this charge when it hears of the session's end.
      const still = openSession(sessionId);
      if (!running || still === undefined) return;
      const problem = answer.ok ? accept(still, answer.value) : refuse(still, answer.failure);
      if (problem === null) return;
      if (still.problem !== problem) store.write(() => store.sessions.update(sessionId, { problem }));
      await wait(backoffMs(attempt, BACKOFF, randomBytes));
    }
  }

  function openSession(sessionId: string): PaymentSession | undefined {
    const session = store.sessions.byId(sessionId);
    return session?.status === 'open' ? session : undefined;
  }

  function createCharge(session: PaymentSession): Promise<ServerAnswer<ChargeResponse | CheckoutResponse>> {
    const { sessionId, txid, service, catalogVersion, amountCents, currency, offerId } = session;
    const charge = { sessionId, txid, serviceId: service.serviceId, catalogVersion, amountCents };
    return offerId === null
      ? client.createCharge(withCustomer({ ...charge, showsAuthorisation: true }, session))
      : client.createCheckout({ ...charge, offerId, currency } satisfies CheckoutRequest);
  }

  function withCustomer(charge: ChargeRequest, { customerSealed }: PaymentSession): ChargeRequest {
    const customer = openCustomer(personalData, customerSealed);
    return customer === null ? charge : { ...charge, customer };
  }

  /** @returns null: the session is settled one way or the other */
  function accept(session: PaymentSession, charge: ChargeResponse | CheckoutResponse): null {
    const { sessionId } = session;
    const atMs = clock.nowMs();
    link.heard();
    const isOurs =
      charge.sessionId === sessionId &&
      charge.txid === session.txid &&
      charge.amountCents === session.amountCents &&
      ('currency' in charge
        ? charge.currency === session.currency
        : session.method === 'pix' && (charge.brCode === null) !== (charge.authorisationUrl === null));
    if (!isOurs) {
      log.error({ sessionId, txid: charge.txid, amountCents: charge.amountCents }, 'the charge is not ours');
      return fail(session, 'unknown', 'charge_mismatch');
    }
    const { transactionId } = charge;
    const toPay =
      'brCode' in charge
        ? { brCode: charge.brCode, checkoutUrl: charge.authorisationUrl }
        : { checkoutUrl: charge.checkoutUrl };
    // The server's hour of expiry, on our clock.
    const expiresAt = charge.expiresAt - (charge.serverTime - atMs);
    store.write(() =>
      moveSession(store, session, 'awaiting_payment', {
        cause: 'charge_created',
        atMs,
        patch: { transactionId, ...toPay, expiresAt },
      }),
    );
    return null;
  }

  /** @returns what keeps us waiting; null when asking again cannot help and the session has failed */
  function refuse(session: PaymentSession, failure: ServerFailure): SessionProblem | null {
    log.warn({ sessionId: session.sessionId, failure }, 'no charge');
    if (failure.kind === 'unreachable') return 'server_unreachable';
    switch (failure.code) {
      case 'provider_unavailable':
        return 'provider_unavailable';
      case 'service_unknown':
      case 'offer_unknown':
      case 'offer_not_international':
      case 'amount_not_in_catalog':
        onCatalogOutdated();
        return fail(session, 'price_changed', failure.code);
      case 'provider_rejected':
      case 'txid_conflict':
        return fail(session, 'provider_rejected', failure.code);
      case 'customer_cpf_required':
        return fail(session, 'cpf_required', failure.code);
      default:
        // A refused token is signed anew; the customer's minute is long enough for that.
        if (failure.status >= 500 || failure.status === 429 || failure.status === 401)
          return 'server_unreachable';
        return fail(session, 'unknown', failure.code);
    }
  }

  function fail(session: PaymentSession, reason: FailureReason, cause: string): null {
    store.write(() => endSession(store, session, 'failed', { cause, reason, atMs: clock.nowMs() }));
    return null;
  }

  function wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.schedule(delayMs, resolve);
      endWait = () => {
        cancel();
        resolve();
      };
    });
  }

  return {
    ask(sessionId) {
      if (!running || askingFor === sessionId) return;
      askingFor = sessionId;
      endWait();
      askUntilAnswered(sessionId)
        .catch((error: unknown) => log.error({ err: error, sessionId }, 'asking for the charge failed'))
        .finally(() => {
          if (askingFor === sessionId) askingFor = null;
        });
    },
    stop() {
      running = false;
      endWait();
    },
  };
}
