import { awaitedBrCode, chooseAndReachPayment, freeTotem, readQrOnScreen } from './support/customer.ts';
import { integrationStatus, papers, pay, until } from './support/outside.ts';
import { expect, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop();

test('from touch to called: PIX paid, ticket printed, number called and shown on the panel', async ({
  shop,
  page,
  context,
}) => {
  const { addresses } = shop;
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Consulta geral/);

  // What a phone reads off the screen is the code that the server gave, no more and no less.
  expect(await readQrOnScreen(page)).toBe(brCode);
  await expect(page.getByText(/R\$\s50,00/).first()).toBeVisible();
  await expect(page.getByText('Pagamento confirmado')).toHaveCount(0);

  await pay(addresses.provider, brCode);
  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible();
  const label = await page
    .getByText(/^C\d{3}$/)
    .first()
    .innerText();

  const paper = await until('the paper', async () => (await papers(addresses.printer))[0]);
  expect(paper).toMatchObject({ complete: true, errors: [] });
  expect(paper.text).toContain('Clínica Aurora');
  expect(paper.text).toContain(label);
  expect(paper.text).toContain('Consulta geral');
  expect(paper.text).toContain('R$ 50,00');
  // The ticket's own code, and that of the page for the receipt.
  expect(paper.qrCodes).toHaveLength(2);

  const queue = await context.newPage();
  await queue.goto(addresses.queue);
  await queue.getByRole('button', { name: 'Guichê 2' }).click();
  await expect(queue.getByText(label).first()).toBeVisible();
  const panel = await context.newPage();
  await panel.setViewportSize({ width: 1920, height: 1080 });
  await panel.goto(addresses.panel);
  await expect(panel.getByText('Nenhuma senha chamada ainda')).toBeVisible();

  await queue.getByRole('button', { name: 'Chamar próxima' }).click();
  await expect(panel.getByText(label).first()).toBeVisible();
  await expect(panel.getByText('Guichê 2').first()).toBeVisible();
  await queue.getByRole('button', { name: 'Iniciar atendimento' }).click();
  await queue.getByRole('button', { name: 'Concluir' }).click();
  await expect(queue.getByText('1 atendimento concluído hoje')).toBeVisible();

  const status = await integrationStatus(addresses.syncServer, addresses.token);
  expect(status).toMatchObject({
    sessions: 1,
    paid: 1,
    tickets: 1,
    conversionPercent: 100,
    health: 'healthy',
    issues: [],
  });
});

test('the customer’s own bank app pays the code that the QR holds', async ({ shop, page, context }) => {
  const { addresses } = shop;
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Segunda via de laudo/);
  const bank = await context.newPage();
  await bank.setViewportSize({ width: 390, height: 844 });
  await bank.goto(`${addresses.provider}/?code=${encodeURIComponent(brCode)}`);
  await expect(bank.getByText(/R\$\s9,90/).first()).toBeVisible();
  await bank.getByRole('button', { name: /Pagar R\$/ }).click();
  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible();
});

test('a name and a CPF reach the charge and the paper only masked', async ({ shop, page }) => {
  const { addresses } = shop;
  await freeTotem(addresses.totem);
  await page.goto(addresses.totem);
  await page.getByRole('button', { name: 'Toque para começar' }).click();
  await page.getByRole('button', { name: /Curativo/ }).click();
  await page.getByRole('button', { name: 'Informar CPF' }).click();
  for (const digit of '52998224725') await page.getByRole('button', { name: digit, exact: true }).click();
  await page.getByRole('button', { name: 'Confirmar' }).click();
  await page.getByRole('button', { name: /^Pagar R\$/ }).click();
  await expect(page.getByRole('heading', { name: 'Pague com PIX' })).toBeVisible();
  const before = (await papers(addresses.printer)).length;
  await pay(addresses.provider, await awaitedBrCode(addresses.totem));
  const [paper] = await until('the paper', async () => {
    const all = await papers(addresses.printer);
    return all.length > before && all;
  });
  expect(paper?.text).toContain('***.982.247-**');
  expect(paper?.text).not.toContain('529');
});

test('the integration test walks the whole path and leaves no ticket in the queue', async ({ shop }) => {
  const { addresses } = shop;
  const before = await integrationStatus(addresses.syncServer, addresses.token);
  const response = await fetch(new URL('/v1/integration/test', addresses.syncServer), {
    method: 'POST',
    headers: { authorization: `Bearer ${addresses.token}` },
  });
  expect(await response.json()).toMatchObject({ ok: true, failedStep: null });
  const after = await integrationStatus(addresses.syncServer, addresses.token);
  expect(after.paid).toBe(before.paid);
});
