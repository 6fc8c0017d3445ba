import type { ChargeFacts } from '../provider-facts.ts';
import type { WireConsent, WirePayment } from './wire.ts';

/** Who authorised is in the consent; the payment, once there is one, has an id of its own. */
export function factsOf(consent: WireConsent, payment: WirePayment | null): ChargeFacts {
  const { identification, rel } = consent.loggedUser.document;
  return {
    method: 'pix',
    installments: 1,
    ...(payment === null ? {} : { paymentId: payment.paymentId }),
    payer: rel === 'CPF' ? { document: identification } : undefined,
    payload: payment === null ? { consent } : { consent, payment },
  };
}
