import type { ChargeRef, ProviderCharge } from '../provider.ts';
import { factsOf } from './facts.ts';
import type { WireConsent, WirePayment } from './wire.ts';

type State = Pick<ProviderCharge, 'status' | 'closedBy'>;

export const CONSENT_STATUS: Readonly<Record<string, State>> = {
  AWAITING_AUTHORISATION: { status: 'PENDING', closedBy: null },
  PARTIALLY_ACCEPTED: { status: 'PENDING', closedBy: null },
  AUTHORISED: { status: 'AUTHORIZED', closedBy: null },
  CONSUMED: { status: 'PROCESSING', closedBy: null },
  REJECTED: { status: 'FAILED', closedBy: null },
};

export const PAYMENT_STATUS: Readonly<Record<string, State>> = {
  RCVD: { status: 'PROCESSING', closedBy: null },
  PDNG: { status: 'PROCESSING', closedBy: null },
  SCHD: { status: 'PROCESSING', closedBy: null },
  ACCP: { status: 'PROCESSING', closedBy: null },
  ACPD: { status: 'PROCESSING', closedBy: null },
  ACSC: { status: 'SUCCEEDED', closedBy: null },
  RJCT: { status: 'FAILED', closedBy: null },
  CANC: { status: 'CANCELED', closedBy: 'provider' },
};
const WITHDRAWN_BY_US: State = { status: 'CANCELED', closedBy: 'us' };

const UNKNOWN_WORD: State = { status: null, closedBy: null };

/** The most that a payment of this kind can carry: a txid has 32 characters. */
const TRANSACTION_ID_LENGTH = 25;

/** What the receiver sees of our txid: `INIC` allows 25 letters and digits. */
export function transactionIdOf(txid: string): string {
  return txid.slice(0, TRANSACTION_ID_LENGTH);
}

/** @param authorisationUrl of the consent, where the customer can still authorise */
export function chargeOfConsent(
  txid: string,
  consent: WireConsent,
  authorisationUrl: string,
): ProviderCharge {
  const reason = consent.rejectionReason?.code;
  const expired = consent.status === 'REJECTED' && reason?.startsWith('TEMPO_EXPIRADO') === true;
  const state: State = expired
    ? { status: 'EXPIRED', closedBy: null }
    : (CONSENT_STATUS[consent.status] ?? UNKNOWN_WORD);
  return {
    txid,
    providerChargeId: consent.consentId,
    pixKey: consent.payment.details.proxy ?? null,
    amountCents: consent.payment.amount,
    currency: consent.payment.currency,
    ...state,
    providerStatus: reason === undefined ? consent.status : `${consent.status} ${reason}`,
    createdAtMs: consent.creationDateTime,
    expiresAtMs: consent.expirationDateTime,
    brCode: null,
    authorisationUrl,
    receipts: [],
    refunds: [],
    disputes: [],
    facts: factsOf(consent, null),
  };
}

/**
 * The charge once its payment exists: the consent says what was agreed, the payment what became of it.
 * A Pix that carries another identification than ours is told with that, so that it does not count for the charge.
 */
export function chargeOfPayment(
  { txid }: Pick<ChargeRef, 'txid'>,
  consent: WireConsent,
  payment: WirePayment,
  authorisationUrl: string,
): ProviderCharge {
  const reason = payment.rejectionReason?.code;
  const carried = payment.transactionIdentification ?? null;
  const settled = payment.status === 'ACSC';
  return {
    ...chargeOfConsent(txid, consent, authorisationUrl),
    ...(payment.status === 'CANC' && payment.cancellation?.cancelledFrom === 'INICIADORA'
      ? WITHDRAWN_BY_US
      : (PAYMENT_STATUS[payment.status] ?? UNKNOWN_WORD)),
    providerStatus: reason === undefined ? payment.status : `${payment.status} ${reason}`,
    receipts: settled
      ? [
          {
            receiptId: payment.endToEndId,
            endToEndId: payment.endToEndId,
            txid: carried === transactionIdOf(txid) ? txid : carried,
            pixKey: payment.proxy ?? null,
            amountCents: payment.payment.amount,
            paidAtMs: payment.statusUpdateDateTime,
            feeCents: null,
          },
        ]
      : [],
    facts: factsOf(consent, payment),
  };
}
