/** Far more than can be under way at once; what is forgotten is found by asking again. */
const MAX_KNOWN = 10_000;

export interface PaymentIds {
  keep(consentId: string, paymentId: string): void;
  paymentOf(consentId: string): string | undefined;
  consentOf(paymentId: string): string | undefined;
}

/**
 * Which payment came of which consent, as this process has heard. The server knows a charge by its consent, and a
 * payment's webhook names the payment alone. Not kept on disk: without it a webhook finds no charge, and the poll does.
 */
export function createPaymentIds(): PaymentIds {
  const paymentByConsent = new Map<string, string>();
  const consentByPayment = new Map<string, string>();
  return {
    keep(consentId, paymentId) {
      paymentByConsent.set(consentId, paymentId);
      consentByPayment.set(paymentId, consentId);
      for (const map of [paymentByConsent, consentByPayment]) {
        const [oldest] = map.keys();
        if (map.size > MAX_KNOWN && oldest !== undefined) map.delete(oldest);
      }
    },
    paymentOf: (consentId) => paymentByConsent.get(consentId),
    consentOf: (paymentId) => consentByPayment.get(paymentId),
  };
}
