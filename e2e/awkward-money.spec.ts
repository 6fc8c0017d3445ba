import { chooseAndReachPayment } from './support/customer.ts';
import { integrationStatus, papers, pay, until } from './support/outside.ts';
import { expect, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop();

test('a wrong amount is never a ticket: it is told and goes back', async ({ shop, page }) => {
  const { addresses } = shop;
  const before = (await papers(addresses.printer)).length;
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Consulta geral/);
  await pay(addresses.provider, brCode, 'other_amount', 4_999);
  await expect(page.getByRole('heading', { name: 'Recebemos um valor diferente' })).toBeVisible();
  await expect(page.getByText('A devolução foi concluída.')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('Pagamento confirmado')).toHaveCount(0);
  expect(await papers(addresses.printer)).toHaveLength(before);
  await page.getByRole('button', { name: 'Entendi' }).click();
  await expect(page.getByRole('button', { name: 'Toque para começar' })).toBeVisible();
});

test('paid twice is one ticket and one refund', async ({ shop, page }) => {
  const { addresses } = shop;
  const before = await integrationStatus(addresses.syncServer, addresses.token);
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Exame de sangue/);
  expect(await pay(addresses.provider, brCode, 'twice')).toHaveLength(2);
  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible();
  const status = await until('one more ticket and no open refund', async () => {
    const now = await integrationStatus(addresses.syncServer, addresses.token);
    return now.tickets === before.tickets + 1 && now.refundsOpen === 0 && now;
  });
  expect(status.paid).toBe(before.paid + 1);
});
