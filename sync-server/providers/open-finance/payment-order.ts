import { createHash } from 'node:crypto';
import { centsToPixAmount } from '../../../domain/money.ts';
import type { ChargeOrder, ChargeRef } from '../provider.ts';
import type { Creditor, OpenFinanceSettings } from './settings.ts';
import { transactionIdOf } from './to-provider-charge.ts';
import type { WireConsent } from './wire.ts';

/**
 * `INIC`: the receiver has hired the initiator, and is known beforehand. The other instruments ask for a QR code of
 * the receiver's bank, or leave our identification out.
 */
const LOCAL_INSTRUMENT = 'INIC';
const END_TO_END_SUFFIX_LENGTH = 11;

const SAO_PAULO_DAY = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/Sao_Paulo',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** The body of POST /consents. @param cpf of the customer: the specification asks who is there */
export function consentOrder(order: ChargeOrder, creditor: Creditor, cpf: string, nowMs: number): unknown {
  return {
    loggedUser: { document: { identification: cpf, rel: 'CPF' } },
    creditor: { personType: creditor.personType, cpfCnpj: creditor.cpfCnpj, name: creditor.name },
    payment: {
      type: 'PIX',
      date: SAO_PAULO_DAY.format(nowMs),
      currency: 'BRL',
      amount: centsToPixAmount(order.amountCents),
      details: {
        localInstrument: LOCAL_INSTRUMENT,
        proxy: creditor.pixKey,
        creditorAccount: creditor.account,
      },
    },
  };
}

/**
 * The body of POST /pix/payments. Made of the consent and of what never changes, so that each attempt is the same to
 * the letter: the same idempotency key with another body is refused.
 */
export function paymentOrder(
  charge: Pick<ChargeRef, 'txid'>,
  consent: WireConsent,
  creditor: Creditor,
  settings: Pick<OpenFinanceSettings, 'initiatorCnpj' | 'initiatorIspb'>,
): unknown {
  return [
    {
      endToEndId: endToEndIdOf(charge.txid, consent.creationDateTime, settings.initiatorIspb),
      localInstrument: LOCAL_INSTRUMENT,
      payment: { amount: centsToPixAmount(consent.payment.amount), currency: consent.payment.currency },
      creditorAccount: creditor.account,
      proxy: creditor.pixKey,
      cnpjInitiator: settings.initiatorCnpj,
      transactionIdentification: transactionIdOf(charge.txid),
      // A bank knows the consent by the token of its customer's authorisation; the initiator who keeps that, by this.
      consentId: consent.consentId,
    },
  ];
}

/** The body of a PATCH that withdraws a payment, in the name of who authorised it. */
export function withdrawalOrder(consent: WireConsent): unknown {
  const { identification, rel } = consent.loggedUser.document;
  return { status: 'CANC', cancellation: { cancelledBy: { document: { identification, rel } } } };
}

/**
 * `E` + the initiator's ISPB + yyyyMMddHHmm (UTC) + 11 letters and digits; the minute is that of the consent, within
 * the 12 hours that the specification tolerates.
 */
function endToEndIdOf(txid: string, consentedAtMs: number, ispb: string): string {
  const minute = new Date(consentedAtMs).toISOString().replace(/\D/g, '').slice(0, 12);
  const suffix = createHash('sha256').update(`totem end to end 1:${txid}`).digest('hex');
  return `E${ispb}${minute}${suffix.slice(0, END_TO_END_SUFFIX_LENGTH)}`;
}
