import type { Consent, Payment } from './state.ts';

/** The payer's account, which the bank tells once the customer has chosen it. */
const DEBTOR_ACCOUNT = { ispb: '99999999', issuer: '1', number: '12345678', accountType: 'CACC' };

/** RFC 3339 in whole seconds, UTC: the only form that the specification takes. */
export function toInstant(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

export function toWireConsent(consent: Consent): Record<string, unknown> {
  const hasAccount = consent.status === 'AUTHORISED' || consent.status === 'CONSUMED';
  return {
    consentId: consent.consentId,
    creationDateTime: toInstant(consent.createdAt),
    expirationDateTime: toInstant(consent.expiresAt),
    statusUpdateDateTime: toInstant(consent.updatedAt),
    status: consent.status,
    ...consent.order,
    ...(hasAccount ? { debtorAccount: DEBTOR_ACCOUNT } : {}),
    ...(consent.rejectionReason === undefined ? {} : { rejectionReason: consent.rejectionReason }),
  };
}

export function toWirePayment(payment: Payment, consent: Consent): Record<string, unknown> {
  const { loggedUser } = consent.order as { loggedUser: unknown };
  const cancellation = {
    reason: 'CANCELADO_PENDENCIA',
    cancelledFrom: 'INICIADORA',
    cancelledAt: toInstant(payment.updatedAt),
    cancelledBy: loggedUser,
  };
  return {
    paymentId: payment.paymentId,
    consentId: payment.consentId,
    creationDateTime: toInstant(payment.createdAt),
    statusUpdateDateTime: toInstant(payment.updatedAt),
    status: payment.status,
    ...payment.order,
    debtorAccount: DEBTOR_ACCOUNT,
    ...(payment.rejectionReason === undefined ? {} : { rejectionReason: payment.rejectionReason }),
    ...(payment.status === 'CANC' ? { cancellation } : {}),
  };
}

/** What stands around each document. */
export function envelope(data: unknown, self: string, nowMs: number): Record<string, unknown> {
  return { data, links: { self }, meta: { requestDateTime: toInstant(nowMs) } };
}

export function problem(code: string, nowMs: number): Record<string, unknown> {
  return {
    errors: [{ code, title: code, detail: `${code}.` }],
    meta: { requestDateTime: toInstant(nowMs) },
  };
}
