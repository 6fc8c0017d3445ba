import { canSessionBecome, isSessionOver, type SessionStatus } from '../../domain/payment-session.ts';
import type { PaymentSession, SessionPatch } from '../store/sessions.ts';
import type { KioskStore } from '../store/store.ts';

/** Why a session failed, as it is stored and told to the server. */
export type FailureReason =
  | 'server_unreachable'
  | 'provider_unavailable'
  | 'provider_rejected'
  | 'price_changed'
  | 'closed_by_bank'
  | 'cpf_required'
  | 'wrong_amount'
  | 'unknown';

interface Move {
  readonly cause: string;
  readonly atMs: number;
  readonly patch?: SessionPatch;
}

/**
 * The only way in which a stored session changes its status: legal by `domain/payment-session.ts`, and recorded. An
 * over session forgets its customer (LGPD). Call it inside a transaction.
 * @throws Error when the move is illegal: callers ask first, so it is a bug
 */
export function moveSession(
  store: KioskStore,
  session: Pick<PaymentSession, 'sessionId' | 'status'>,
  to: SessionStatus,
  { cause, atMs, patch }: Move,
): void {
  const { sessionId, status: from } = session;
  if (!canSessionBecome(from, to)) throw new Error(`session ${sessionId} cannot go from ${from} to ${to}`);
  const ending = isSessionOver(to) ? { endedAt: atMs, customerSealed: null } : {};
  store.sessions.update(sessionId, { ...ending, problem: null, ...patch, status: to });
  store.sessions.recordTransition({ sessionId, from, to, cause, at: atMs });
}

/** Ends a session without money, and tells the server, which then cancels its charge. Inside a transaction. */
export function endSession(
  store: KioskStore,
  session: Pick<PaymentSession, 'sessionId' | 'status'>,
  outcome: 'cancelled' | 'expired' | 'failed',
  { cause, atMs, reason }: { readonly cause: string; readonly atMs: number; readonly reason?: FailureReason },
): void {
  const failureReason = reason ?? null;
  moveSession(store, session, outcome, { cause, atMs, patch: { failureReason } });
  const { sessionId } = session;
  store.outbox.append('session.ended', { sessionId, outcome, reason: failureReason, endedAt: atMs });
}
