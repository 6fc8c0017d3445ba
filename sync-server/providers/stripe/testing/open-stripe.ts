import { silentLog } from '../../../../platform/log.ts';
import { systemClock, systemRandom } from '../../../../platform/system.ts';
import type { CheckoutOrder, InternationalProvider } from '../../provider.ts';
import { stripeFactory } from '../stripe.ts';

export const SECRET_KEY = 'sk_test_of_a_test';
export const PUBLISHABLE_KEY = 'pk_test_of_a_test';
export const WEBHOOK_SECRET = 'whsec_the_old_one';
export const NEXT_WEBHOOK_SECRET = 'whsec_the_new_one';

export const TXID = '7978c0c97ea847e78e8849634473c1f1';
export const ORDER: CheckoutOrder = {
  transactionId: '01995b1c-5a34-7000-8000-000000000001',
  orderId: '01995b1c-5a34-7000-8000-000000000002',
  saleId: '01995b1c-5a34-7000-8000-000000000003',
  txid: TXID,
  amountCents: 1099,
  currency: 'USD',
  description: 'Consulta geral',
  expiresSeconds: 600,
  providerChargeId: null,
  mayExist: false,
};

/** Opened as the server opens it, on real sockets. */
export function openStripe(settings: Record<string, unknown>): InternationalProvider {
  return stripeFactory.open(
    {
      secretKey: SECRET_KEY,
      publishableKey: PUBLISHABLE_KEY,
      webhookSecrets: [WEBHOOK_SECRET, NEXT_WEBHOOK_SECRET],
      ...settings,
    },
    { clock: systemClock, randomBytes: systemRandom, log: silentLog, fetch: globalThis.fetch },
  );
}
