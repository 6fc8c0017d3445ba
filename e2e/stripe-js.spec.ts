/** The simulated Stripe.js in a shop's page of another origin, with the policy that the product's page has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { silentLog } from '../platform/log.ts';
import { systemClock, systemRandom } from '../platform/system.ts';
import { startProviderSimulator } from '../simulators/provider/provider.ts';
import { SIMULATED_KEYS } from '../simulators/provider/stripe/stripe-context.ts';
import { stripeFactory } from '../sync-server/providers/stripe/stripe.ts';

interface Shop {
  readonly stripeUrl: string;
  /** A page with the card form of a new payment of 45.90 USD. */
  newPage(): Promise<string>;
}

const test = base.extend<object, { shop: Shop }>({
  shop: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures asked for from the pattern
    async ({}, use) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'totem-stripe-'));
      const environment = { clock: systemClock, randomBytes: systemRandom, log: silentLog };
      const simulator = await startProviderSimulator({
        ...environment,
        host: '127.0.0.1',
        port: 0,
        dataDir,
        clientId: 'totem',
        clientSecret: 'secret',
      });
      const { stripeUrl } = simulator;
      const provider = stripeFactory.open(
        {
          ...SIMULATED_KEYS,
          webhookSecrets: ['whsec_simulated'],
          apiBaseUrl: stripeUrl,
          scriptUrl: `${stripeUrl}/js`,
        },
        { ...environment, fetch: globalThis.fetch },
      );
      const pages = await serveShop(provider.checkoutPage);
      let orders = 0;
      await use({
        stripeUrl,
        async newPage() {
          orders += 1;
          const outcome = await provider.createCheckout({
            transactionId: `transaction-${orders}`,
            orderId: `order-${orders}`,
            saleId: `sale-${orders}`,
            txid: `txid${orders}`,
            amountCents: 4590,
            currency: 'USD',
            description: `Consulta ${orders}`,
            expiresSeconds: 600,
            providerChargeId: null,
            mayExist: false,
          });
          if (outcome.kind !== 'created') throw new Error(JSON.stringify(outcome));
          return `${pages.url}/#${outcome.clientSecret}`;
        },
      });
      await pages.close();
      await simulator.close();
      rmSync(dataDir, { recursive: true });
    },
    { scope: 'worker' },
  ],
});

test.use({ viewport: { width: 412, height: 915 } });

test('pays with 4242, typed where the shop’s page cannot see it', async ({ page, shop }) => {
  await page.goto(await shop.newPage());
  await typeCard(page, '4242 4242 4242 4242');
  expect(await page.locator('input').count()).toBe(0);
  await page.getByRole('button', { name: 'Pagar' }).click();
  await expect(page.getByRole('status')).toHaveText('paymentIntent succeeded');
});

test('says what is declined and what is missing, and takes another card after', async ({ page, shop }) => {
  await page.goto(await shop.newPage());
  await expect(page.getByRole('status')).toHaveText('ready');
  await page.getByRole('button', { name: 'Pagar' }).click();
  await expect(page.getByRole('status')).toHaveText('error validation_error incomplete_number');
  await expect(form(page).getByRole('alert')).toHaveText('Os dados do cartão estão incompletos.');
  await typeCard(page, '4000 0000 0000 0002');
  await page.getByRole('button', { name: 'Pagar' }).click();
  await expect(page.getByRole('status')).toHaveText('error card_error card_declined');
  await typeCard(page, '4000 0000 0000 0259');
  await page.getByRole('button', { name: 'Pagar' }).click();
  await expect(page.getByRole('status')).toHaveText('paymentIntent succeeded');
});

test('the merchant’s hand: refund, dispute and its end', async ({ page, shop }) => {
  await shop.newPage();
  await page.goto(`${shop.stripeUrl}/`);
  const newest = page.getByRole('listitem').first();
  await newest.getByRole('button', { name: 'Pagar com 4242' }).click();
  await expect(newest).toContainText('succeeded');
  await newest.getByRole('button', { name: 'Reembolsar' }).click();
  await expect(newest).toContainText('Reembolso de US$ 45,90 · succeeded');
  await newest.getByRole('button', { name: 'Contestar' }).click();
  await newest.getByRole('button', { name: 'Ganhar contestação' }).click();
  await expect(newest).toContainText('Contestação de US$ 45,90 · won');
});

test('everybody can use both: axe finds nothing', async ({ page, shop }) => {
  await page.goto(await shop.newPage());
  await expect(page.getByRole('status')).toHaveText('ready');
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.goto(`${shop.stripeUrl}/`);
  await expect(page.getByRole('listitem').first()).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
});

const form = (page: Page) => page.frameLocator('iframe');

async function typeCard(page: Page, number: string): Promise<void> {
  await form(page).getByLabel('Número do cartão').fill(number);
  await form(page).getByLabel('Validade').fill('12 / 34');
  await form(page).getByLabel('Código de segurança').fill('123');
}

/** As much of a shop as the form needs: what happens is written where the test reads it. */
async function serveShop(given: { readonly scriptUrl: string; readonly publishableKey: string }) {
  const { origin } = new URL(given.scriptUrl);
  const html = `<!doctype html><html lang="pt-BR"><head><title>Loja</title><meta charset="utf-8">
    <script src="${given.scriptUrl}" defer></script><script src="/shop.js" type="module"></script></head>
    <body><main><h1>Pagar</h1><div id="card"></div><button type="button">Pagar</button>
    <p role="status"></p></main></body></html>`;
  const script = `
    const say = (text) => { document.querySelector('[role=status]').textContent = text; };
    const stripe = Stripe('${given.publishableKey}');
    const elements = stripe.elements({ clientSecret: location.hash.slice(1), locale: 'pt-BR' });
    const payment = elements.create('payment');
    payment.on('ready', () => say('ready'));
    payment.mount('#card');
    document.querySelector('button').addEventListener('click', async () => {
      const { error, paymentIntent } = await stripe.confirmPayment({ elements, redirect: 'if_required' });
      say(error ? ['error', error.type, error.code].join(' ') : 'paymentIntent ' + paymentIntent.status);
    });`;
  const server = createServer((request, response) => {
    const isScript = request.url === '/shop.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; script-src 'self' ${origin}; frame-src ${origin}`,
    );
    response.end(isScript ? script : html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
