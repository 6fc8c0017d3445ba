/** The receipt by e-mail: asked for on the customer's own phone, by the code on the paper or on the page of the card. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { chooseAndReachPayment } from './support/customer.ts';
import { papers, pay, until } from './support/outside.ts';
import { expect, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop();

const PHONE = { width: 390, height: 844 } as const;

test('from the code on the paper to both mails; a mistyped address is mended', async ({
  shop,
  page,
  context,
}, info) => {
  const { addresses } = shop;
  await pay(addresses.provider, await chooseAndReachPayment(page, addresses.totem, /Consulta geral/));
  const url = await until('the code on the paper', async () =>
    (await papers(addresses.printer))[0]?.qrCodes.find((code) => code.includes('/receipt/')),
  );
  const phone = await context.newPage();
  await phone.setViewportSize(PHONE);
  await phone.goto(url);
  await expect(phone.getByRole('heading', { name: 'Clínica Aurora' })).toBeVisible();
  await expect(phone.getByText(/Consulta geral · Senha C\d{3}/)).toBeVisible();
  await expectReadable(phone);
  await phone.screenshot({ path: info.outputPath('ask.png') });

  await phone.getByLabel('Seu e-mail').fill('ana.exemplo');
  await phone.getByRole('button', { name: 'Enviar o comprovante' }).click();
  await expect(phone.getByRole('alert')).toContainText('não parece certo');
  await expectReadable(phone);
  await phone.screenshot({ path: info.outputPath('wrong.png') });

  await leave(phone, 'anna@example.com');
  await expect(phone.getByText('Vai para anna@example.com.')).toBeVisible();
  await expectReadable(phone);
  await phone.screenshot({ path: info.outputPath('sent.png') });
  await phone.getByRole('button', { name: 'Corrigir o e-mail' }).click();
  await leave(phone, 'ana@example.com');
  await expect(phone.getByText('Vai para ana@example.com.')).toBeVisible();
  await expectMails(addresses.mail, 'ana@example.com');

  // Nobody who opens the page later is told which address it was.
  await phone.reload();
  await expect(phone.getByRole('heading', { name: 'Pedido anotado' })).toBeVisible();
  await expect(phone.getByText('ana@example.com')).toHaveCount(0);

  const mails = await context.newPage();
  await mails.goto(addresses.mail ?? '');
  await expect(mails.getByText('ana@example.com').first()).toBeVisible();
  await expect(mails.getByRole('heading', { name: /^Comprovante: senha C\d{3}/ }).first()).toBeVisible();
  await expectReadable(mails);
  await mails.screenshot({ path: info.outputPath('mails.png') });
});

test('a page that is none says so in the phone’s language, and holds no form', async ({ shop, browser }) => {
  for (const [locale, title] of [
    ['pt-BR', 'Página não encontrada'],
    ['en-US', 'Page not found'],
    ['es-AR', 'Página no encontrada'],
  ] as const) {
    const context = await browser.newContext({ locale, viewport: PHONE });
    const phone = await context.newPage();
    await phone.goto(new URL(`/receipt/${'A'.repeat(22)}`, shop.addresses.syncServer).href);
    await expect(phone.getByRole('heading', { name: title })).toBeVisible();
    await expect(phone.getByRole('textbox')).toHaveCount(0);
    if (locale === 'pt-BR') await expectReadable(phone);
    await context.close();
  }
});

async function leave(phone: Page, email: string): Promise<void> {
  await phone.getByLabel('Seu e-mail').fill(email);
  await phone.getByRole('button', { name: 'Enviar o comprovante' }).click();
}

/** The confirmation and the receipt, each once. */
async function expectMails(mailPage: string | null, to: string): Promise<void> {
  await expect
    .poll(async () => {
      const mails = (await (await fetch(new URL('/api/mails', mailPage ?? ''))).json()) as {
        to: string[];
        messageId: string;
      }[];
      return mails
        .filter((mail) => mail.to.includes(to))
        .map(({ messageId }) => messageId.split('.')[0])
        .toSorted();
    })
    .toEqual(['<payment_received', '<receipt']);
}

async function expectReadable(page: Page): Promise<void> {
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
}
