/** A card of abroad: chosen at the totem, typed on the customer's own phone, and the ticket comes out at the totem. */
import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContext, Locator, Page } from '@playwright/test';
import { checkoutAt, freeTotem, readQrOnScreen } from './support/customer.ts';
import { papers, until } from './support/outside.ts';
import { expect, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop();

test('from the choice at the totem over 4242 on the phone to the ticket', async ({ shop, page, context }) => {
  const { addresses } = shop;
  const checkoutUrl = await chooseCard(page, addresses.totem);
  expect(await readQrOnScreen(page)).toBe(checkoutUrl);
  await expect(page.getByText('Enter your card on the phone, never here')).toBeVisible();
  await expect(page.locator('iframe, input')).toHaveCount(0);

  const phone = await openOnPhone(context, checkoutUrl);
  await expect(phone.getByRole('heading', { name: 'Clínica Aurora' })).toBeVisible();
  await expect(phone.getByText('Vacina')).toBeVisible();
  await expect(phone.getByText(/US\$\s24,00/).first()).toBeVisible();
  await typeCard(phone, '4242 4242 4242 4242');
  expect((await new AxeBuilder({ page: phone }).analyze()).violations).toEqual([]);
  await payButton(phone).click();

  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible();
  const label = await page.getByTestId('ticket-label').innerText();
  expect(label).toMatch(/^V\d{3}$/);
  await expect(phone.getByRole('heading', { name: 'Pagamento confirmado' })).toBeVisible();
  await expect(phone.getByText('Volte ao totem')).toBeVisible();
  await phone.getByLabel('Seu e-mail').fill('ana@example.com');
  await phone.getByRole('button', { name: 'Enviar o comprovante' }).click();
  await expect(phone.getByText('Vai para ana@example.com.')).toBeVisible();
  await expect
    .poll(async () => (await fetch(new URL('/api/mails', addresses.mail ?? ''))).text())
    .toMatch(/payment_received\..*ana@example\.com|ana@example\.com.*payment_received\./);
  expect((await new AxeBuilder({ page: phone }).analyze()).violations).toEqual([]);
  const paper = await until('the paper', async () => (await papers(addresses.printer))[0]);
  expect(paper.text).toContain(label);
  expect(paper.text).toMatch(/Pago com cartão\s+US\$ 24,00/);
  expect(paper.text).not.toContain('PIX');
});

test('a declined card charges nothing and says so; another one pays', async ({ shop, page, context }) => {
  const checkoutUrl = await chooseCard(page, shop.addresses.totem);
  const phone = await openOnPhone(context, checkoutUrl);
  await typeCard(phone, '4000 0000 0000 0002');
  await payButton(phone).click();
  await expect(phone.getByRole('alert')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Pague no celular' })).toBeVisible();
  await typeCard(phone, '5555 5555 5555 4444');
  await payButton(phone).click();
  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible();
  await expect(phone.getByRole('heading', { name: 'Pagamento confirmado' })).toBeVisible();
});

test('cancelled at the totem: the phone’s page is closed, and takes no card any more', async ({
  shop,
  page,
  context,
}) => {
  const checkoutUrl = await chooseCard(page, shop.addresses.totem);
  const phone = await openOnPhone(context, checkoutUrl);
  await expect(payButton(phone)).toBeVisible();
  await page.getByRole('button', { name: /^Cancelar/ }).click();
  await page.getByRole('button', { name: 'Sim, cancelar' }).click();
  await expect(page.getByRole('heading', { name: 'Pagamento cancelado' })).toBeVisible();
  await expect(phone.getByRole('heading', { name: 'Este pagamento foi encerrado' })).toBeVisible();
  await expect(phone.locator('iframe')).toHaveCount(0);
  expect((await new AxeBuilder({ page: phone }).analyze()).violations).toEqual([]);
});

test('an address that is none says so, in the phone’s language', async ({ shop, browser }) => {
  const { syncServer } = shop.addresses;
  for (const [locale, title] of [
    ['en-US', 'Payment not found'],
    ['es-AR', 'Pago no encontrado'],
  ] as const) {
    const context = await browser.newContext({ locale, viewport: PHONE });
    const phone = await context.newPage();
    await phone.goto(new URL(`/pay/${'A'.repeat(22)}`, syncServer).href);
    await expect(phone.getByRole('heading', { name: title })).toBeVisible();
    expect((await new AxeBuilder({ page: phone }).analyze()).violations).toEqual([]);
    await context.close();
  }
});

test('every other state of the phone’s page can be read by everybody, in three languages', async ({
  shop,
  browser,
}) => {
  const state = {
    ...{ merchantName: 'Clínica Aurora', serviceName: 'Vacina', amountCents: 2_400, currency: 'USD' },
    ...{ expiresAt: 200_000, serverTime: 100_000, form: null },
  };
  const open = {
    ...state,
    state: 'open',
    form: { scriptUrl: `${shop.addresses.provider}/gone.js`, publishableKey: 'pk_1', clientSecret: 'x' },
  };
  for (const [locale, seen] of [
    [
      'pt-BR',
      ['Carregando', 'Confirmando o pagamento', 'O tempo para pagar acabou', 'foi encerrado', 'não abriu'],
    ],
    ['en-US', ['Loading', 'Confirming the payment', 'The time to pay is over', 'was closed', 'did not open']],
    [
      'es-AR',
      ['Cargando', 'Confirmando el pago', 'El tiempo para pagar terminó', 'fue cerrado', 'no se abrió'],
    ],
  ] as const) {
    const context = await browser.newContext({ locale, viewport: PHONE });
    const answers = [
      { ...state, state: 'preparing' },
      { ...state, state: 'processing' },
      { ...state, state: 'expired' },
      { ...state, state: 'closed' },
      open,
    ];
    for (const [index, answer] of answers.entries()) {
      const phone = await context.newPage();
      await phone.route('**/v1/checkouts/*', (route) => route.fulfill({ json: answer }));
      await phone.goto(new URL(`/pay/${'A'.repeat(22)}`, shop.addresses.syncServer).href);
      await expect(phone.getByText(seen[index] ?? '').first()).toBeVisible();
      // Markup and colours are the same in every language: once is enough for what axe reads, and it is slow.
      if (locale === 'pt-BR')
        expect((await new AxeBuilder({ page: phone }).analyze()).violations).toEqual([]);
      const width = await phone.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(PHONE.width);
      await phone.close();
    }
    await context.close();
  }
});

test('a phone without a line says so, keeps its form, and goes on when the line is back', async ({
  shop,
  page,
  context,
}) => {
  const phone = await openOnPhone(context, await chooseCard(page, shop.addresses.totem));
  await expect(payButton(phone)).toBeVisible();
  await phone.route('**/v1/checkouts/*', (route) => route.abort());
  await expect(phone.getByText('Sem conexão')).toBeVisible();
  await expect(payButton(phone)).toBeVisible();
  await phone.unroute('**/v1/checkouts/*');
  await expect(phone.getByText('Sem conexão')).toHaveCount(0);
  await typeCard(phone, '4242 4242 4242 4242');
  await payButton(phone).click();
  await expect(phone.getByRole('heading', { name: 'Pagamento confirmado' })).toBeVisible();
});

test('the page’s policy lets in the provider’s script and frame, and nothing else', async ({
  shop,
  page,
  context,
}) => {
  const checkoutUrl = await chooseCard(page, shop.addresses.totem);
  const response = await fetch(checkoutUrl);
  const provider = new URL(shop.addresses.provider).origin;
  expect(response.headers.get('content-security-policy')).toBe(
    `default-src 'none'; script-src 'self' ${provider}; frame-src ${provider}; connect-src 'self'; ` +
      "style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  const phone = await context.newPage();
  const refused: string[] = [];
  phone.on('console', (message) => {
    if (/content security policy/i.test(message.text())) refused.push(message.text());
  });
  await phone.goto(checkoutUrl);
  await expect(payButton(phone)).toBeVisible();
  expect(refused).toEqual([]);
  await phone.evaluate(() => {
    const script = document.createElement('script');
    script.src = 'https://example.invalid/x.js';
    document.head.append(script);
  });
  await expect.poll(() => refused.length).toBeGreaterThan(0);
});

const PHONE = { width: 390, height: 844 } as const;

/** @returns the address that the customer's phone opens */
async function chooseCard(page: Page, totemUrl: string): Promise<string> {
  await freeTotem(totemUrl);
  await page.goto(totemUrl);
  await page.getByRole('button', { name: 'Toque para começar' }).click();
  await page.getByRole('button', { name: /Vacina/ }).click();
  await page.getByRole('button', { name: /Cartão internacional/ }).click();
  await expect(page.getByRole('heading', { name: 'Pague no celular' })).toBeVisible();
  const checkout = await checkoutAt(totemUrl, 'awaiting_card');
  return checkout.step === 'awaiting_card' ? checkout.checkoutUrl : '';
}

async function openOnPhone(context: BrowserContext, url: string): Promise<Page> {
  const phone = await context.newPage();
  await phone.setViewportSize(PHONE);
  await phone.goto(url);
  return phone;
}

function payButton(phone: Page): Locator {
  return phone.getByRole('button', { name: /^Pagar US\$/ });
}

async function typeCard(phone: Page, number: string): Promise<void> {
  const form = phone.frameLocator('iframe');
  await form.getByLabel('Número do cartão').fill(number);
  await form.getByLabel('Validade').fill('12 / 34');
  await form.getByLabel('Código de segurança').fill('123');
}
