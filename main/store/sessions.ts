import type { SessionStatus } from '../../domain/payment-session.ts';
import { Service } from '../../domain/protocol/catalog.ts';
import type { PaymentMethod, TicketPayment } from '../../domain/ticket.ts';
import type { KioskDatabase } from './database.ts';

export type SessionProblem = 'server_unreachable' | 'provider_unavailable';

/** One row of `payment_sessions`. Times are epoch ms of the kiosk's clock, except `paidAt`, which is the server's. */
export interface PaymentSession {
  readonly sessionId: string;
  readonly txid: string;
  readonly status: SessionStatus;
  readonly service: Service;
  readonly catalogVersion: number;
  readonly amountCents: number;
  /** Of `amountCents`. */
  readonly currency: string;
  readonly payment: TicketPayment;
  /** With what it is paid here, where `payment` is `pix`. */
  readonly method: PaymentMethod;
  /** The international offer; null but for a card. */
  readonly offerId: string | null;
  /** Name and CPF, sealed; null when none were given, and once the session is over. */
  readonly customerSealed: Uint8Array | null;
  readonly transactionId: string | null;
  readonly brCode: string | null;
  /** The page on which the customer pays by card, or authorises a PIX that has no BR Code. */
  readonly checkoutUrl: string | null;
  readonly openedAt: number;
  readonly expiresAt: number | null;
  readonly endedAt: number | null;
  readonly paidAt: number | null;
  readonly late: boolean;
  readonly problem: SessionProblem | null;
  readonly failureReason: string | null;
  readonly dismissedAt: number | null;
}

export type NewSession = Pick<
  PaymentSession,
  | 'sessionId'
  | 'txid'
  | 'service'
  | 'catalogVersion'
  | 'amountCents'
  | 'payment'
  | 'customerSealed'
  | 'openedAt'
> &
  Partial<Pick<PaymentSession, 'currency' | 'method' | 'offerId'>>;

/** What a change of status may set beside the status. */
export type SessionPatch = Partial<
  Pick<
    PaymentSession,
    | 'transactionId'
    | 'brCode'
    | 'checkoutUrl'
    | 'expiresAt'
    | 'endedAt'
    | 'paidAt'
    | 'late'
    | 'problem'
    | 'failureReason'
    | 'dismissedAt'
    | 'customerSealed'
  >
>;

export interface SessionTransition {
  readonly sessionId: string;
  readonly from: SessionStatus | null;
  readonly to: SessionStatus;
  readonly cause: string;
  readonly at: number;
}

const COLUMN_OF: Record<keyof SessionPatch, string> = {
  transactionId: 'transaction_id',
  brCode: 'br_code',
  checkoutUrl: 'checkout_url',
  expiresAt: 'expires_at',
  endedAt: 'ended_at',
  paidAt: 'paid_at',
  late: 'late',
  problem: 'problem',
  failureReason: 'failure_reason',
  dismissedAt: 'dismissed_at',
  customerSealed: 'customer_sealed',
};

const SELECT = `SELECT session_id AS sessionId, txid, status, service_json AS serviceJson,
  catalog_version AS catalogVersion, amount_cents AS amountCents, currency, payment, method, offer_id AS offerId,
  customer_sealed AS customerSealed, transaction_id AS transactionId, br_code AS brCode,
  checkout_url AS checkoutUrl, opened_at AS openedAt, expires_at AS expiresAt,
  ended_at AS endedAt, paid_at AS paidAt, late, problem, failure_reason AS failureReason,
  dismissed_at AS dismissedAt FROM payment_sessions`;

type Row = Omit<PaymentSession, 'service' | 'late'> & { readonly serviceJson: string; readonly late: 0 | 1 };

export type SessionRepository = ReturnType<typeof createSessionRepository>;

/** Rows in and out; which change is legal is decided by `checkout/session-life.ts`. */
export function createSessionRepository(db: KioskDatabase) {
  const insert =
    db.prepare(`INSERT INTO payment_sessions (session_id, txid, status, service_json, catalog_version,
    amount_cents, payment, method, currency, offer_id, customer_sealed, opened_at)
    VALUES (@sessionId, @txid, 'open', @serviceJson, @catalogVersion, @amountCents, @payment, @method, @currency,
      @offerId, @customerSealed, @openedAt)`);
  const byId = db.prepare<[string], Row>(`${SELECT} WHERE session_id = ?`);
  const onScreen = db.prepare<[], Row>(
    `${SELECT} WHERE dismissed_at IS NULL ORDER BY opened_at DESC, session_id DESC LIMIT 1`,
  );
  const insertTransition = db.prepare(
    `INSERT INTO session_transitions (session_id, from_status, to_status, cause, at)
     VALUES (@sessionId, @from, @to, @cause, @at)`,
  );
  const recentTransitions = db.prepare<[number], SessionTransition>(
    `SELECT session_id AS sessionId, from_status AS "from", to_status AS "to", cause, at
     FROM session_transitions ORDER BY position DESC LIMIT ?`,
  );
  const openedSince = db.prepare<[number], { openedAt: number; status: SessionStatus }>(
    'SELECT opened_at AS openedAt, status FROM payment_sessions WHERE opened_at >= ?',
  );

  return {
    /** By PIX, in reais, where nothing else is said. */
    insert(session: NewSession): void {
      const byPix = { method: 'pix', currency: 'BRL', offerId: null };
      insert.run({ ...byPix, ...session, serviceJson: JSON.stringify(session.service) });
    },
    byId(sessionId: string): PaymentSession | undefined {
      return toSession(byId.get(sessionId));
    },
    /** The session that the totem shows, if any. */
    onScreen(): PaymentSession | undefined {
      return toSession(onScreen.get());
    },
    update(sessionId: string, patch: SessionPatch & { readonly status?: SessionStatus }): void {
      const { status, ...fields } = patch;
      const assignments: string[] = [];
      const values: Record<string, unknown> = { sessionId };
      if (status !== undefined) {
        assignments.push('status = @status');
        values['status'] = status;
      }
      for (const [field, value] of Object.entries(fields)) {
        assignments.push(`${COLUMN_OF[field as keyof SessionPatch]} = @${field}`);
        values[field] = typeof value === 'boolean' ? Number(value) : value;
      }
      if (assignments.length === 0) return;
      db.prepare(`UPDATE payment_sessions SET ${assignments.join(', ')} WHERE session_id = @sessionId`).run(
        values,
      );
    },
    recordTransition(transition: SessionTransition): void {
      insertTransition.run(transition);
    },
    /** Newest first. */
    recentTransitions(limit: number): SessionTransition[] {
      return recentTransitions.all(limit);
    },
    openedSince(sinceMs: number): { openedAt: number; status: SessionStatus }[] {
      return openedSince.all(sinceMs);
    },
  };
}

function toSession(row: Row | undefined): PaymentSession | undefined {
  if (row === undefined) return undefined;
  const { serviceJson, late, ...rest } = row;
  return { ...rest, service: Service.parse(JSON.parse(serviceJson)), late: late === 1 };
}
