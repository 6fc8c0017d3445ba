import { chooseAndReachPayment } from './support/customer.ts';
import { papers, pay, snapshot, until } from './support/outside.ts';
import { expect, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop(['--pix-expires', '15']);

test('a code that runs out says so, and money that comes late still becomes a ticket', async ({
  shop,
  page,
}) => {
  const { addresses } = shop;
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Consulta geral/);
  const [late] = await pay(addresses.provider, brCode, 'late');
  expect(late).toBeDefined();
  await expect(page.getByRole('heading', { name: 'O tempo para pagar acabou' })).toBeVisible({
    timeout: 30_000,
  });
  await expect(page.getByText('não pague de novo').first()).toBeVisible();

  await expect(page.getByText('Seu pagamento chegou depois do prazo e foi aceito.')).toBeVisible({
    timeout: 30_000,
  });
  const queue = await snapshot(addresses.queue, 'queue');
  expect(queue.waiting).toHaveLength(1);
  await until('the paper of the late ticket', async () => (await papers(addresses.printer)).length === 1);
});

test('late money does not disturb the next customer, it is told beside', async ({ shop, page }) => {
  const { addresses } = shop;
  const first = await chooseAndReachPayment(page, addresses.totem, /Vacina/);
  // Under way at the bank already when the customer cancels: it arrives when the charge has run out.
  await pay(addresses.provider, first, 'late');
  await page.getByRole('button', { name: 'Cancelar' }).click();
  await page.getByRole('button', { name: 'Sim, cancelar' }).click();
  await expect(page.getByRole('heading', { name: 'Pagamento cancelado' })).toBeVisible();
  await page.getByRole('button', { name: 'Voltar ao início' }).click();

  await chooseAndReachPayment(page, addresses.totem, /Curativo/);
  await expect(page.getByText('Pagamento recebido após o prazo. Senha V001 emitida.')).toBeVisible({
    timeout: 30_000,
  });
  const { checkout } = await snapshot(addresses.totem, 'totem');
  expect(checkout).toMatchObject({ service: { name: 'Curativo' } });
});
