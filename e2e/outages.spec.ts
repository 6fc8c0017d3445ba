import { awaitedBrCode, chooseAndReachPayment, freeTotem } from './support/customer.ts';
import { bankCharges, papers, pay, setBankFaults, snapshot, until } from './support/outside.ts';
import { expect, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop();

test('the totem is killed while it waits for the payment, and goes on from there', async ({ shop, page }) => {
  const { addresses } = shop;
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Consulta geral/);
  shop.kill('totem-1');
  await expect(page.getByText('sem contato').or(page.getByText('Reconectando')).first()).toBeVisible();
  await until('the totem to be back', async () => (await snapshot(addresses.totem, 'totem')).checkout.step);
  expect(await awaitedBrCode(addresses.totem)).toBe(brCode);
  await expect(page.getByRole('heading', { name: 'Pague com PIX' })).toBeVisible();
  await pay(addresses.provider, brCode);
  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible();
  expect(await papers(addresses.printer)).toHaveLength(1);
});

test('paid while the totem is dead: the ticket comes when it is back', async ({ shop, page }) => {
  const { addresses } = shop;
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Consulta geral/);
  shop.kill('totem-1');
  await pay(addresses.provider, brCode);
  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible({ timeout: 20_000 });
  await until('two papers', async () => (await papers(addresses.printer)).length === 2);
});

test('paid while the server is dead: the ticket comes when it is back', async ({ shop, page }) => {
  const { addresses } = shop;
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Consulta geral/);
  shop.kill('sync-server');
  await pay(addresses.provider, brCode);
  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible({ timeout: 30_000 });
});

test('the bank is away: the totem says that it goes on trying, and does when it is back', async ({
  shop,
  page,
}) => {
  const { addresses } = shop;
  await freeTotem(addresses.totem);
  await page.goto(addresses.totem);
  await setBankFaults(addresses.provider, { online: false });
  await page.getByRole('button', { name: 'Toque para começar' }).click();
  await page.getByRole('button', { name: /Consulta geral/ }).click();
  await page.getByRole('button', { name: /^Pagar R\$/ }).click();
  await expect(page.getByText('O banco não está respondendo. Continuamos tentando.')).toBeVisible({
    timeout: 20_000,
  });
  await setBankFaults(addresses.provider, { online: true });
  await expect(page.getByRole('heading', { name: 'Pague com PIX' })).toBeVisible({ timeout: 20_000 });
  await page.getByRole('button', { name: 'Cancelar' }).click();
  await page.getByRole('button', { name: 'Sim, cancelar' }).click();
  await expect(page.getByRole('heading', { name: 'Pagamento cancelado' })).toBeVisible();
  await page.getByRole('button', { name: 'Voltar ao início' }).click();
});

test('the bank takes the charge but its answer is lost: one charge, one code', async ({ shop, page }) => {
  const { addresses } = shop;
  await setBankFaults(addresses.provider, { timeoutAfterSuccess: true });
  const chargesBefore = await bankCharges(addresses.provider);
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Curativo/, 40_000);
  await setBankFaults(addresses.provider, { timeoutAfterSuccess: false });
  expect(await bankCharges(addresses.provider)).toBe(chargesBefore + 1);
  await pay(addresses.provider, brCode);
  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible();
});

test('the webhook is lost: the server asks by itself', async ({ shop, page }) => {
  const { addresses } = shop;
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Vacina/);
  await setBankFaults(addresses.provider, { webhook: 'lost' });
  await pay(addresses.provider, brCode);
  await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible({ timeout: 30_000 });
  await setBankFaults(addresses.provider, { webhook: 'normal' });
});
