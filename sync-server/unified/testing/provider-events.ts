import { createWebhooks as appmaxWebhooks } from '../../providers/appmax/webhooks.ts';
import { createWebhooks as bacenPixWebhooks } from '../../providers/bacen-pix/webhooks.ts';
import { createPaymentIds } from '../../providers/open-finance/payment-ids.ts';
import type { OpenFinanceSettings } from '../../providers/open-finance/settings.ts';
import { createWebhooks as openFinanceWebhooks } from '../../providers/open-finance/webhooks.ts';
import { createWebhooks as pagarmeWebhooks } from '../../providers/pagarme/webhooks.ts';
import type { ProviderName } from '../../providers/registry.ts';
import { stripeWebhooks } from '../../providers/stripe/webhooks.ts';
import type { WebhookReading } from '../../providers/webhook-intake.ts';

const TXID = '7978c0c97ea847e78e8849634473c1f1';
const E2EID = 'E12345678202603101500abcdef12345';

/** Reads a webhook of the kind, shaped as the provider shapes it, by the provider's own adapter. */
export const READ_EVENT: Readonly<Record<ProviderName, (kind: string) => WebhookReading>> = {
  'bacen-pix': (kind) =>
    bacenPixWebhooks({ clientId: 'shop', clientSecret: 'secret' }).read({
      path: '',
      body: json(
        kind === 'pix'
          ? { pix: [{ endToEndId: E2EID, txid: TXID }] }
          : kind === 'rec'
            ? { recs: [{ idRec: 'RR1234567820260115abcdefghijk' }] }
            : { cobsr: [{ txid: TXID }] },
      ),
    }),
  pagarme: (kind) => {
    const [family] = kind.split('.', 1);
    const data =
      family === 'order'
        ? { id: 'or_1', code: TXID }
        : family === 'charge'
          ? { id: 'ch_1', code: TXID, order: { id: 'or_1', code: TXID } }
          : family === 'subscription'
            ? { id: 'sub_1' }
            : { id: 'in_1', subscription: { id: 'sub_1' } };
    return pagarmeWebhooks(
      { secretKey: 'sk_test', webhooks: { authentication: 'secret_address' } },
      null,
    ).read({ path: '', body: json({ id: 'hook_1', type: kind, data }) });
  },
  appmax: (kind) => {
    const data = kind.startsWith('Subscription')
      ? { subscription: { id: 5 } }
      : kind.startsWith('Customer')
        ? { id: 7 }
        : { id: 12_844, customer_id: 7 };
    return appmaxWebhooks('secret').read({ path: '', body: json({ event: kind, data }) });
  },
  'open-finance': (kind) => {
    const paths: Readonly<Record<string, string>> = {
      consent: '/payments/v4/consents/urn:bank:C1',
      payment: '/payments/v4/pix/payments/P1',
      recurring_consent: '/automatic-payments/v2/recurring-consents/urn:bank:R1',
      recurring_payment: '/automatic-payments/v2/pix/recurring-payments/P2',
      enrollment: '/enrollments/v2/enrollments/urn:bank:E1',
    };
    // Of the settings reading uses none.
    const settings = { webhookNeedsCertificate: true } as OpenFinanceSettings;
    return openFinanceWebhooks(settings, createPaymentIds()).read({
      path: paths[kind] ?? '',
      body: json({ data: { timestamp: '2026-03-10T15:00:00Z' } }),
    });
  },
  stripe: (kind) =>
    stripeWebhooks(['whsec_1']).read({
      path: '',
      body: json({ id: 'evt_1', type: kind, data: { object: stripeObject(kind) } }),
    }),
};

function stripeObject(kind: string): unknown {
  if (kind.startsWith('payment_intent.'))
    return { id: 'pi_1', object: 'payment_intent', metadata: { txid: TXID } };
  if (kind.startsWith('charge.dispute.')) return { id: 'dp_1', object: 'dispute', payment_intent: 'pi_1' };
  if (kind.startsWith('charge.')) return { id: 'ch_1', object: 'charge', payment_intent: 'pi_1' };
  if (kind.startsWith('refund.')) return { id: 're_1', object: 'refund', payment_intent: 'pi_1' };
  if (kind.startsWith('customer.subscription.')) return { id: 'sub_1', object: 'subscription' };
  if (kind.startsWith('invoice.'))
    return {
      id: 'in_1',
      object: 'invoice',
      parent: { subscription_details: { subscription: 'sub_1' } },
    };
  return { id: 'cs_1', object: 'checkout.session', payment_intent: 'pi_1' };
}

function json(body: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}
