import { expect, type Page, test } from '@playwright/test';
import type { CustomerExport } from '../domain/protocol/customers.ts';
import { ENROLMENT_CODE_TTL_MS } from '../domain/protocol/identity.ts';
import { auditReport, nothingSold } from './support/audit-scene.ts';
import { inspectScreen, SCREEN_SIZES, watchCsp } from './support/inspect-screen.ts';
import { ADMIN_SCENES, admin, KIOSK_NOW } from './support/screen-scenes.ts';
import { type ScriptedHost, startScriptedHost } from './support/scripted-host.ts';
import { settlementDifferences, settlementReport } from './support/settlement-scene.ts';

/** The manager's fleet on the built page; the routes of the sync server are answered from a script. */
let host: ScriptedHost;
/** What the page sent, in order. */
let sent: { path: string; authorization: string; body: unknown }[];

test.use({ viewport: SCREEN_SIZES.portrait });

test.beforeEach(async ({ page }) => {
  host = await startScriptedHost();
  sent = [];
  await watchCsp(page);
  host.show('admin', admin());
});
test.afterEach(() => host.close());

async function answer(page: Page, path: string, status: number, body: unknown): Promise<void> {
  await page.unroute(`**${path}`);
  await page.route(`**${path}`, async (route) => {
    const request = route.request();
    sent.push({
      path,
      authorization: (await request.headerValue('authorization')) ?? '',
      body: request.postDataJSON(),
    });
    await route.fulfill({ status, json: body });
  });
}

async function enter(page: Page): Promise<void> {
  await page.goto(`${host.url}/admin`);
  await page.getByLabel('Token de acesso').fill(host.adminToken);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Totens' })).toBeVisible();
}

const [unit] = admin().units;
const madeFor = (kioskId: string) => ({
  kioskId,
  code: 'K7MQ2XVB',
  expiresAt: KIOSK_NOW + ENROLMENT_CODE_TTL_MS,
});

test('a code is made with the keyboard alone, stands large with its time, and is done when the totem is enrolled', async ({
  page,
}) => {
  await enter(page);
  await answer(page, '/v1/enrolments', 200, madeFor('totem-5'));
  const name = page.getByLabel('Nome do novo totem');
  await expect(name).toHaveValue('totem-5');
  await name.fill('Totem 5');
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('Enter');
  expect(sent).toEqual([]);
  await name.fill('totem-5');
  await page.keyboard.press('Enter');
  await expect(page.getByText('K7MQ-2XVB')).toBeVisible();
  await expect(page.getByRole('timer')).toContainText(/por mais 1[45]:\d\d/);
  expect(sent).toEqual([
    {
      path: '/v1/enrolments',
      authorization: `Bearer ${host.adminToken}`,
      body: { unitId: unit?.unitId, kioskId: 'totem-5' },
    },
  ]);
  await inspectScreen(page, 'admin: code');

  const enrolled = { ...admin().fleet[0], kioskId: 'totem-5', enrolledAt: KIOSK_NOW + 5_000 };
  host.show('admin', {
    ...admin(),
    at: KIOSK_NOW + 6_000,
    fleet: [...admin().fleet, enrolled as ReturnType<typeof admin>['fleet'][number]],
  });
  await expect(page.getByText('Código usado: totem-5 está cadastrado.')).toBeVisible();
  await expect(page.getByText('K7MQ-2XVB')).toHaveCount(0);
  await inspectScreen(page, 'admin: code used');
});

test('a code that nobody used is said to be over', async ({ page }) => {
  await enter(page);
  await answer(page, '/v1/enrolments', 200, madeFor('totem-2'));
  await page.getByRole('button', { name: 'Novo código para totem-2' }).click();
  await expect(page.getByText('K7MQ-2XVB')).toBeVisible();
  host.show('admin', { ...admin(), at: KIOSK_NOW + ENROLMENT_CODE_TTL_MS });
  await expect(page.getByText('O código venceu')).toBeVisible();
  await inspectScreen(page, 'admin: code over');
});

test('a totem is revoked after a question whose safe answer has the focus', async ({ page }) => {
  await enter(page);
  await answer(page, '/v1/kiosks/totem-1/revoke', 200, { ...admin().fleet[0], revokedAt: KIOSK_NOW });
  await page.getByRole('button', { name: 'Revogar totem-1' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revogar totem-1?' });
  await expect(dialog.getByRole('button', { name: 'Manter' })).toBeFocused();
  await inspectScreen(page, 'admin: revoke?');
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  expect(sent).toEqual([]);
  await page.getByRole('button', { name: 'Revogar totem-1' }).click();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  expect(sent.map(({ path }) => path)).toEqual(['/v1/kiosks/totem-1/revoke']);
  // One that is revoked already cannot be revoked.
  await expect(page.getByRole('button', { name: 'Revogar totem-3' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
});

const service = {
  serviceId: '0198c1a0-0000-7000-8000-000000000013',
  unitId: unit?.unitId,
  name: 'Vacina',
  description: '',
  prefix: 'V',
  payAtCounter: false,
  pix: true,
  estimatedMinutes: 15,
  position: 1,
  active: true,
  amountCents: 12_000,
  currency: 'BRL',
  card: { amountCents: 2_400, currency: 'USD' },
  planned: [],
};
const plan = {
  planId: '0198c1a0-0000-7000-8000-000000000099',
  international: false,
  amountCents: 13_000,
  currency: 'BRL',
  takesEffectAt: KIOSK_NOW + 86_400_000,
  plannedAt: KIOSK_NOW,
  plannedBy: 'manager',
  status: 'planned',
  detail: null,
};

test('a price is changed with the keyboard alone, and what is refused is said', async ({ page }) => {
  await enter(page);
  const catalog = (services: object[]) => ({
    unitId: unit?.unitId,
    unitName: 'Centro',
    version: 2,
    services,
  });
  const off = {
    ...service,
    serviceId: plan.planId,
    name: 'Curativo',
    prefix: 'K',
    active: false,
    card: null,
  };
  const services = [{ ...service, planned: [plan] }, off];
  await answer(page, `/v1/units/${unit?.unitId}/services`, 200, catalog(services));
  await page.getByRole('button', { name: 'Mostrar serviços' }).press('Enter');
  await page.getByRole('button', { name: 'Alterar Vacina' }).press('Enter');
  await expect(page.getByLabel('Nome do serviço')).toBeFocused();
  const price = page.getByLabel('Preço em reais');
  await expect(price).toHaveValue('120,00');
  await inspectScreen(page, 'admin: service');
  await price.fill('cem');
  await expect(price).toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('Enter');
  expect(sent).toHaveLength(1);

  const path = `/v1/services/${service.serviceId}`;
  await answer(page, `${path}/price`, 200, catalog([{ ...service, amountCents: 12_550 }]));
  await answer(page, path, 409, { error: { code: 'name_taken', message: 'taken' } });
  await price.fill('125,50');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('já tem este nome');
  await answer(page, path, 200, catalog([{ ...service, amountCents: 12_550 }]));
  await page.keyboard.press('Enter');
  await expect(page.getByText('Vacina foi alterado.')).toBeVisible();
  await expect(page.getByText('125,50')).toBeVisible();
  expect(sent.filter((each) => each.body !== null).map((each) => each.body)).toEqual([
    { amountCents: 12_550 },
    { name: 'Vacina', active: true },
    { amountCents: 12_550 },
    { name: 'Vacina', active: true },
  ]);
  await inspectScreen(page, 'admin: service changed');
});

test('what goes wrong is said in words, and a token that ended asks for another', async ({ page }) => {
  await enter(page);
  await answer(page, '/v1/enrolments', 503, { error: { code: 'database_unavailable', message: 'away' } });
  await page.getByRole('button', { name: 'Gerar código' }).click();
  await expect(page.getByRole('alert')).toContainText('O servidor não respondeu');
  await inspectScreen(page, 'admin: server away');
  await answer(page, '/v1/enrolments', 401, { error: { code: 'unauthorized', message: 'no' } });
  await page.getByRole('button', { name: 'Gerar código' }).click();
  await expect(page.getByText('Token recusado')).toBeVisible();
});

test('a refund that was sent back by hand is closed after a question that asks who says so', async ({
  page,
}) => {
  host.show('admin', ADMIN_SCENES['money in trouble'] ?? admin());
  await enter(page);
  await answer(page, '/v1/refunds/returned', 200, { refundId: 'RE12345678202603101500abcdef12345' });
  await page.getByRole('button', { name: 'Já devolvido: RE12345678202603101500abcdef12345' }).click();
  const dialog = page.getByRole('dialog', { name: /Marcar R\$\s50,00 como já devolvido\?/ });
  await expect(dialog.getByLabel('Quem confirma')).toBeFocused();
  const confirm = dialog.getByRole('button', { name: 'Confirmar devolução' });
  await expect(confirm).toHaveAttribute('aria-disabled', 'true');
  await confirm.click({ force: true });
  expect(sent).toEqual([]);
  await inspectScreen(page, 'admin: returned by hand?');
  await dialog.getByLabel('Quem confirma').fill('Marta, financeiro');
  await dialog.getByLabel('Como foi devolvido').fill('Pix de volta feito no banco');
  await confirm.click();
  await expect(page.getByText('Devolução registrada.')).toBeVisible();
  expect(sent.map(({ path, body }) => ({ path, body }))).toEqual([
    {
      path: '/v1/refunds/returned',
      body: {
        refundId: 'RE12345678202603101500abcdef12345',
        by: 'Marta, financeiro',
        note: 'Pix de volta feito no banco',
        nothingOwed: false,
      },
    },
  ]);
  await inspectScreen(page, 'admin: returned by hand');
  await answer(page, '/v1/refunds/returned', 409, { error: { code: 'under_way', message: 'x' } });
  await page.getByRole('button', { name: 'Já devolvido: C017' }).click();
  const other = page.getByRole('dialog', { name: /Marcar R\$\s120,00 como já devolvido\?/ });
  await other.getByLabel('Quem confirma').fill('Marta');
  await other.getByLabel('Como foi devolvido').fill('no banco');
  await other.getByRole('button', { name: 'Confirmar devolução' }).click();
  await expect(page.getByText('O provedor ainda pode concluir esta devolução.')).toBeVisible();
});

const customer = {
  customerId: '0198c1a0-0000-7000-8000-0000000000c1',
  status: 'known',
  name: 'Maria Aparecida Souza',
  email: 'maria@example.com',
  document: '52998224725',
  phone: '+5511999990000',
  emails: ['m.souza@example.com', 'maria@example.com'],
  createdAt: KIOSK_NOW - 90 * 86_400_000,
  lastSeenAt: KIOSK_NOW,
  erasedAt: null,
};
const erasedCustomer = {
  ...customer,
  status: 'erased',
  name: null,
  email: null,
  document: null,
  phone: null,
  emails: [],
  erasedAt: KIOSK_NOW,
};

test('a customer is found by what they say, exported to a file, and erased once a word is typed', async ({
  page,
}) => {
  await enter(page);
  const section = page.locator('section', { has: page.getByRole('heading', { name: 'Clientes' }) });
  const search = section.getByLabel('CPF, CNPJ ou e-mail');
  await answer(page, '/v1/customers/find', 404, { error: { code: 'unknown_customer', message: 'x' } });
  await search.fill('111.444.777-35');
  await page.keyboard.press('Enter');
  await expect(section.getByText('Ninguém com este dado')).toBeVisible();
  await inspectScreen(page, 'admin: customer unknown');

  await answer(page, '/v1/customers/find', 200, customer);
  await search.fill('maria@example.com');
  await page.keyboard.press('Enter');
  await expect(section.getByText('Maria Aparecida Souza')).toBeVisible();
  expect(sent.map(({ body }) => body)).toEqual([
    { document: '111.444.777-35' },
    { email: 'maria@example.com' },
  ]);
  await inspectScreen(page, 'admin: customer');

  const path = `/v1/customers/${customer.customerId}`;
  const all = {
    sessions: [],
    transactions: [],
    receipts: [],
    tickets: [],
    refunds: [],
    disputes: [],
    messages: [],
    subscriptions: [],
    paymentMethods: [],
    adopted: [],
    recurringReceipts: [],
    recurringRefunds: [],
    accesses: [],
    addresses: [],
  } satisfies Omit<CustomerExport, 'exportedAt' | 'customer' | 'alsoKnownAs' | 'erasure'>;
  await answer(page, `${path}/export`, 200, {
    exportedAt: KIOSK_NOW,
    customer,
    alsoKnownAs: [],
    erasure: null,
    ...all,
  });
  const download = page.waitForEvent('download');
  await section.getByRole('button', { name: 'Exportar dados' }).click();
  expect((await download).suggestedFilename()).toBe(`cliente-${customer.customerId}.json`);
  await expect(section.getByText('O arquivo com tudo')).toBeVisible();

  await answer(page, `${path}/erase`, 409, { error: { code: 'reason_is_personal', message: 'x' } });
  await answer(page, path, 200, erasedCustomer);
  sent = [];
  const erase = async (reason: string) => {
    await section.getByRole('button', { name: 'Apagar dados' }).click();
    const dialog = page.getByRole('dialog', { name: 'Apagar os dados desta pessoa?' });
    await expect(dialog.getByLabel('Motivo')).toBeFocused();
    await dialog.getByLabel('Motivo').fill(reason);
    await dialog.getByLabel('Quem apaga').fill('Ana');
    const confirm = dialog.getByRole('button', { name: 'Apagar para sempre' });
    await dialog.getByLabel('Digite APAGAR').fill('apaga');
    await expect(confirm).toHaveAttribute('aria-disabled', 'true');
    await confirm.click({ force: true });
    await dialog.getByLabel('Digite APAGAR').fill('apagar');
    if (sent.length === 0) await inspectScreen(page, 'admin: erase?');
    await confirm.click();
    await expect(dialog).toHaveCount(0);
  };
  await erase('Maria Aparecida Souza pediu');
  await expect(section.getByRole('alert')).toContainText('sem o nome');
  await answer(page, `${path}/erase`, 200, {
    customerId: customer.customerId,
    requestedAt: KIOSK_NOW,
    requestedBy: 'Ana',
    reason: 'pedido por e-mail',
    finishedAt: KIOSK_NOW,
  });
  await erase('pedido por e-mail');
  await expect(section.getByText('Os dados pessoais foram apagados.')).toBeVisible();
  await expect(section.getByText('Maria Aparecida Souza')).toHaveCount(0);
  await expect(section.getByRole('button', { name: 'Apagar dados' })).toHaveCount(0);
  expect(sent.map((each) => each.body)).toEqual([
    { reason: 'Maria Aparecida Souza pediu', by: 'Ana' },
    { reason: 'pedido por e-mail', by: 'Ana' },
    null,
  ]);
  await inspectScreen(page, 'admin: customer erased');

  await answer(page, '/v1/customers/find', 503, { error: { code: 'database_unavailable', message: 'away' } });
  await search.fill('52998224725');
  await page.keyboard.press('Enter');
  await expect(section.getByRole('alert')).toContainText('O servidor não respondeu');
});

test('the audit is read by hand, says the worst first, and is saved as a file', async ({ page }) => {
  await enter(page);
  const section = page.locator('section', { has: page.getByRole('heading', { name: 'Auditoria' }) });
  await answer(page, '/v1/ledger/audit', 503, { error: { code: 'database_unavailable', message: 'away' } });
  await section.getByRole('button', { name: 'Gerar relatório' }).click();
  await expect(section.getByRole('alert')).toContainText('O servidor não respondeu');

  await answer(page, '/v1/ledger/audit', 200, auditReport());
  await section.getByRole('button', { name: 'Gerar relatório' }).click();
  await expect(section.getByText('Aja agora').first()).toBeVisible();
  await expect(section.getByRole('row').nth(1)).toContainText(/há mais tempo\s*41 dias/);
  await expect(section.getByRole('row', { name: /^bacen-pix 11\.200/ })).toContainText(
    /92,52\s%\s*7 dias: 92,78\s%\s*R\$\s962\.110,50\s*840 ms \/ 3,2 s/,
  );
  await expect(section.getByRole('row', { name: /^stripe 1\.280/ })).toContainText(
    /US\$\s12\.100,00 \+ €\s980,00/,
  );
  await expect(section.getByRole('row', { name: /^Contestação aberta \(MED\)/ })).toContainText('4');
  await expect(section.getByText('Livro-razão íntegro: 25.702 lançamentos conferidos.')).toBeVisible();
  for (const size of Object.values(SCREEN_SIZES)) {
    await page.setViewportSize(size);
    await inspectScreen(page, 'admin: audit');
  }

  const download = page.waitForEvent('download');
  await section.getByRole('button', { name: 'Salvar como arquivo' }).click();
  expect((await download).suggestedFilename()).toMatch(/^auditoria-\d{4}-\d\d-\d\d\.json$/);
  const sheet = page.waitForEvent('download');
  await section.getByRole('button', { name: 'Salvar planilha' }).click();
  expect((await sheet).suggestedFilename()).toMatch(/^auditoria-\d{4}-\d\d-\d\d\.csv$/);

  const quiet = auditReport({
    ...nothingSold,
    providers: [],
    unwantedMoney: [],
    refunds: [],
    disputes: [],
    paidWithoutTicket: { count: 0, cents: [], oldestAt: null, listed: [] },
    suspense: { open: { count: 0, cents: [], oldestAt: null }, ages: [], owners: [] },
  });
  await answer(page, '/v1/ledger/audit', 200, quiet);
  await section.getByRole('button', { name: 'Gerar de novo' }).click();
  await expect(section.getByText('Nada a identificar.')).toBeVisible();
  await expect(section.getByText('Nenhuma transação ainda.')).toBeVisible();
  await expect(section.getByRole('heading', { name: 'Ainda não há vendas' })).toBeVisible();
  await inspectScreen(page, 'admin: audit, nothing to see');
});

test('what providers settled is compared day by day, and what differs stands below with its transaction', async ({
  page,
}) => {
  await enter(page);
  const section = page.locator('section', {
    has: page.getByRole('heading', { name: 'Repasses dos provedores' }),
  });
  const [from, to] = [section.getByLabel('De', { exact: true }), section.getByLabel('Até')];
  await expect(to).toHaveValue('2031-05-07');
  await expect(from).toHaveValue('2031-04-24');
  await from.fill('2031-05-08');
  await expect(section.getByText('A primeira data vem antes da última.')).toBeVisible();
  await expect(section.getByRole('button', { name: 'Comparar' })).toHaveAttribute('aria-disabled', 'true');
  await from.fill('2031-05-05');

  await page.route('**/v1/settlement?*', (route) => route.fulfill({ json: settlementReport }));
  await page.route('**/v1/settlement/differences?*', (route) =>
    route.fulfill({ json: settlementDifferences }),
  );
  await to.press('Enter');
  await expect(section.getByRole('row', { name: /^07\/05\/2031/ })).toContainText(/Aguarda extrato/);
  await expect(section.getByRole('row', { name: /^05\/05\/2031/ }).first()).toContainText(
    /Difere\s*2 diferenças\s*R\$\s1\.000,00\s*R\$\s885,00\s*tarifas R\$\s2,20, líquido R\$\s882,80/,
  );
  await expect(section.getByRole('row', { name: /Falta no extrato/ })).toContainText(/R\$\s100,00\s*—/);
  for (const size of Object.values(SCREEN_SIZES)) {
    await page.setViewportSize(size);
    await inspectScreen(page, 'admin: settlement');
  }

  await page.route('**/v1/settlement?*', (route) =>
    route.fulfill({ json: { ...settlementReport, days: [] } }),
  );
  await page.route('**/v1/settlement/differences?*', (route) =>
    route.fulfill({ json: { total: 0, differences: [] } }),
  );
  await section.getByRole('button', { name: 'Comparar' }).click();
  await expect(section.getByText('Nenhum dinheiro nesses dias.')).toBeVisible();
  await page.route('**/v1/settlement?*', (route) =>
    route.fulfill({ status: 503, json: { error: { code: 'database_unavailable', message: 'away' } } }),
  );
  await section.getByRole('button', { name: 'Comparar' }).click();
  await expect(section.getByRole('alert')).toContainText('O servidor não respondeu');
});

test('a delivery that stands still is tried again by a press, and what the server refuses is said', async ({
  page,
}) => {
  const troubled = ADMIN_SCENES['deliveries in trouble'];
  const [stuck] = troubled?.fulfilment.fulfilments ?? [];
  if (troubled === undefined || stuck === undefined)
    throw new Error('the scene has a delivery that stands still');
  host.show('admin', troubled);
  await enter(page);
  const path = `/v1/fulfilments/${stuck.transactionId}/resync`;
  await answer(page, path, 200, { ...stuck, status: 'notifying', sends: [] });
  const again = page.getByRole('button', { name: `Tentar de novo: senha ${stuck.ticketLabel}` });
  await again.click();
  await expect(page.getByText(`A entrega da senha ${stuck.ticketLabel} recomeçou.`)).toBeVisible();
  expect(sent).toEqual([{ path, authorization: `Bearer ${host.adminToken}`, body: {} }]);
  await answer(page, path, 409, { error: { code: 'nothing_failed', message: '' } });
  await again.click();
  await expect(page.getByRole('alert')).toContainText('Esta entrega não está mais parada.');
});
