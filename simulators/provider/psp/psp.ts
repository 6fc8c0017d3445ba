import type { FastifyInstance } from 'fastify';
import { registerAppmax } from '../appmax/appmax.ts';
import { addressWebhook as addressAppmax, onMoney as onAppmaxMoney } from '../appmax/events.ts';
import { addressWebhook as addressPagarme } from '../pagarme/dashboard.ts';
import { onMoney as onPagarmeMoney } from '../pagarme/events.ts';
import { registerPagarme } from '../pagarme/pagarme.ts';
import type { ProviderContext } from '../provider-context.ts';
import type { PspContext } from './psp-context.ts';
import { openPspStore } from './psp-store.ts';
import { startWebhookDelivery } from './webhook-delivery.ts';

export interface PaymentCompanies {
  stop(): Promise<void>;
}

/**
 * Companies that stand between a merchant and the bank: each opens charges at the bank in its own name, and speaks its
 * own API and webhooks to the merchant. The customer pays on the bank's page.
 */
export function registerPaymentCompanies(
  app: FastifyInstance,
  bank: ProviderContext,
  dataDir: string,
): PaymentCompanies {
  const context: PspContext = {
    store: openPspStore(dataDir),
    bank,
    wakeDelivery: () => delivery.wake(),
  };
  const delivery = startWebhookDelivery(context, {
    pagarme: (body) => addressPagarme(context, body),
    appmax: () => addressAppmax(context),
  });
  registerPagarme(app, context);
  registerAppmax(app, context);
  bank.onMoney.push((txid) => {
    onPagarmeMoney(context, txid);
    onAppmaxMoney(context, txid);
  });
  return {
    async stop() {
      await delivery.stop();
      context.store.close();
    },
  };
}
