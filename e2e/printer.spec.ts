import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chooseAndReachPayment } from './support/customer.ts';
import { papers, pay, setPrinter, snapshot, until } from './support/outside.ts';
import { expect, openShop, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop();

test('out of paper: said before paying, number on the screen, no flood after the refill, reprint as 2ª via', async ({
  shop,
  page,
  context,
}) => {
  const { addresses } = shop;
  await setPrinter(addresses.printer, { mode: 'paper_out' });
  await page.goto(addresses.totem);
  await expect(page.getByText('Estamos sem papel: sua senha aparecerá na tela.')).toBeVisible();
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Consulta geral/);
  await pay(addresses.provider, brCode);
  await expect(page.getByRole('heading', { name: 'Anote ou fotografe sua senha' })).toBeVisible({
    timeout: 20_000,
  });
  await expect(page.getByText('C001').first()).toBeVisible();
  await expect(page.getByText('A impressora está sem papel.')).toBeVisible();
  const queue = await snapshot(addresses.queue, 'queue');
  expect(queue.waiting.map((ticket) => [ticket.label, ticket.delivery])).toEqual([['C001', 'screen']]);

  const technician = await context.newPage();
  await technician.goto(addresses.technician);
  for (const digit of addresses.technicianPin)
    await technician.getByRole('button', { name: digit, exact: true }).click();
  await technician.getByRole('button', { name: 'Entrar' }).click();
  await expect(technician.getByText('Sem papel').first()).toBeVisible();

  await setPrinter(addresses.printer, { mode: 'ready' });
  await expect(technician.getByText('Pronta').first()).toBeVisible();
  expect(await papers(addresses.printer)).toEqual([]);

  await technician.getByRole('button', { name: 'Reimprimir C001 (2ª via)' }).click();
  await technician
    .getByRole('dialog')
    .getByRole('button', { name: /Reimprimir/ })
    .click();
  const [paper] = await until('the 2ª via', async () => {
    const all = await papers(addresses.printer);
    return all.length > 0 && all;
  });
  expect(paper).toMatchObject({ complete: true, errors: [] });
  expect(paper?.text).toContain('2ª VIA');
  expect(paper?.text).toContain('C001');
  await expect(technician.getByText('Nenhuma senha pendente')).toBeVisible();
  expect(await papers(addresses.printer)).toHaveLength(1);
});

test('a printer that dies in the middle: the ticket counts, and no second paper comes by itself', async ({
  shop,
  page,
}) => {
  const { addresses } = shop;
  await setPrinter(addresses.printer, { mode: 'die_mid_ticket' });
  const brCode = await chooseAndReachPayment(page, addresses.totem, /Vacina/);
  await pay(addresses.provider, brCode);
  await expect(page.getByRole('heading', { name: 'Confira se o papel saiu' })).toBeVisible({
    timeout: 30_000,
  });
  await setPrinter(addresses.printer, { mode: 'ready' });
  const technician = await until('the technician to see it', async () => {
    const now = await snapshot(addresses.technician, 'technician');
    return now.needsAttention.length === 1 && now;
  });
  expect(technician.needsAttention[0]).toMatchObject({ label: 'V001', status: 'uncertain', attempts: 1 });
});

test('without a printer the ticket is a picture and a text in the data folder, and the screen says so', async ({
  page,
}) => {
  const shop = await openShop(['--printer', 'mock']);
  const { addresses } = shop;
  try {
    await page.goto(addresses.totem);
    await expect(page.getByText('Este totem não imprime: sua senha aparecerá na tela.')).toBeVisible();
    const brCode = await chooseAndReachPayment(page, addresses.totem, /Consulta geral/);
    await pay(addresses.provider, brCode);
    await expect(page.getByText('Este totem não imprime. Sua senha é válida.')).toBeVisible();
    const files = readdirSync(join(shop.dataDir, 'totem-1', 'papers'));
    expect(files.filter((file) => file.endsWith('.png'))).toHaveLength(1);
    expect(files.filter((file) => file.endsWith('.txt'))).toHaveLength(1);
  } finally {
    await shop.stop();
  }
});
