import type { Clock } from '../../../domain/clock.ts';

/** A consent waits this long for its customer, and an authorised one this long for its payment (specification). */
const AUTHORISE_WITHIN_MS = 5 * 60_000;
const CONSUME_WITHIN_MS = 60 * 60_000;

export interface Reason {
  readonly code: string;
  readonly detail: string;
}

export interface Consent {
  readonly consentId: string;
  readonly order: Record<string, unknown>;
  readonly createdAt: number;
  status: 'AWAITING_AUTHORISATION' | 'PARTIALLY_ACCEPTED' | 'AUTHORISED' | 'REJECTED' | 'CONSUMED';
  updatedAt: number;
  expiresAt: number;
  rejectionReason?: Reason;
}

export interface Payment {
  readonly paymentId: string;
  readonly consentId: string;
  readonly order: Record<string, unknown>;
  readonly createdAt: number;
  status: 'RCVD' | 'PDNG' | 'SCHD' | 'ACCP' | 'ACPD' | 'ACSC' | 'RJCT' | 'CANC';
  updatedAt: number;
  rejectionReason?: Reason;
}

/** What was answered under an idempotency key, and to what. */
export interface Answered {
  readonly request: string;
  readonly status: number;
  readonly claims: Record<string, unknown>;
}

/** All that the simulated initiator and its banks know; in memory, and gone with the process. */
export interface State {
  readonly consents: Map<string, Consent>;
  readonly payments: Map<string, Payment>;
  readonly answered: Map<string, Answered>;
}

export function emptyState(): State {
  return { consents: new Map(), payments: new Map(), answered: new Map() };
}

export function newConsent(consentId: string, order: Record<string, unknown>, nowMs: number): Consent {
  return {
    consentId,
    order,
    createdAt: nowMs,
    status: 'AWAITING_AUTHORISATION',
    updatedAt: nowMs,
    expiresAt: nowMs + AUTHORISE_WITHIN_MS,
  };
}

export function setConsent(
  consent: Consent,
  status: Consent['status'],
  nowMs: number,
  reason?: Reason,
): void {
  consent.status = status;
  consent.updatedAt = nowMs;
  if (status === 'AUTHORISED') consent.expiresAt = nowMs + CONSUME_WITHIN_MS;
  if (reason !== undefined) consent.rejectionReason = reason;
}

/** Time does to a consent what nobody did: seen whenever somebody looks. */
export function letExpire(consent: Consent, clock: Clock): void {
  const nowMs = clock.nowMs();
  if (nowMs < consent.expiresAt) return;
  if (consent.status === 'AWAITING_AUTHORISATION' || consent.status === 'PARTIALLY_ACCEPTED')
    setConsent(consent, 'REJECTED', nowMs, {
      code: 'TEMPO_EXPIRADO_AUTORIZACAO',
      detail: 'Consentimento expirou antes que o usuário pudesse confirmá-lo.',
    });
  if (consent.status === 'AUTHORISED')
    setConsent(consent, 'REJECTED', nowMs, {
      code: 'TEMPO_EXPIRADO_CONSUMO',
      detail: 'O usuário não finalizou o fluxo de pagamento e o consentimento expirou.',
    });
}
