import { expect, type Page, test } from '@playwright/test';
import { inspectScreen, SCREEN_SIZES, watchCsp } from './support/inspect-screen.ts';
import { ADMIN_SCENES, admin, KIOSK_NOW } from './support/screen-scenes.ts';
import { type ScriptedHost, startScriptedHost } from './support/scripted-host.ts';
import { AGREEMENT, PAYMENTS, PAYMENTS_REFUNDING, SUBSCRIPTIONS } from './support/subscription-scene.ts';

/** The manager's subscriptions on the built page; the routes of the sync server are answered from a script. */
let host: ScriptedHost;
/** What the page sent, in order. */
let sent: { path: string; body: unknown }[];

test.use({ viewport: SCREEN_SIZES.landscape });

test.beforeEach(async ({ page }) => {
  host = await startScriptedHost();
  sent = [];
  await watchCsp(page);
  host.show('admin', admin());
});
test.afterEach(() => host.close());

async function answer(page: Page, path: string, status: number, body: unknown): Promise<void> {
  const matches = (url: URL): boolean => `${url.pathname}${url.search}` === path;
  await page.route(matches, async (route) => {
    sent.push({ path, body: route.request().postDataJSON() });
    await route.fulfill({ status, json: body });
  });
}
async function enter(page: Page): Promise<void> {
  await page.goto(`${host.url}/admin`);
  await page.getByLabel('Token de acesso').fill(host.adminToken);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Totens' })).toBeVisible();
}

const LIST = '/v1/recurring/subscriptions?limit=200';
const OF_FIRST = '/v1/recurring?limit=200&agreementId=sub_1';
const away = { error: { code: 'database_unavailable', message: 'away' } };
const views = (page: Page) => ({
  section: page.locator('section', { has: page.getByRole('heading', { name: 'Assinaturas', exact: true }) }),
  dialog: page.getByRole('dialog', { name: /^Devolver o pagamento de R\$\s35,00\?$/ }),
});

test('subscriptions are listed, filtered, opened, and money is sent back once with the keyboard alone', async ({
  page,
}) => {
  await enter(page);
  const { section, dialog } = views(page);
  await answer(page, LIST, 503, away);
  await section.getByRole('button', { name: 'Mostrar assinaturas' }).click();
  await expect(section.getByRole('alert')).toContainText('O servidor não respondeu');
  await inspectScreen(page, 'admin: subscriptions, server away');

  await answer(page, LIST, 200, SUBSCRIPTIONS);
  await section.getByRole('button', { name: 'Mostrar assinaturas' }).click();
  await expect(section.getByRole('row')).toHaveCount(5);
  await expect(section.getByRole('alert')).toHaveCount(0);
  await expect(section.getByRole('row').nth(1)).toContainText(/M\*\*\* A\*\*\* S\*\*\*.*Clube da saúde/);
  await expect(section.getByRole('row').nth(3)).toContainText('em teste até');
  await expect(section.getByRole('row').nth(4)).toContainText('de outro sistema, só registrada');
  await answer(page, `${LIST}&status=canceled`, 200, { subscriptions: [], total: 0, loose: 0 });
  await section.getByLabel('Situação').selectOption('Cancelada');
  await expect(section.getByText('Nenhuma assinatura nesta situação.')).toBeVisible();
  await inspectScreen(page, 'admin: no subscriptions of a filter');
  await section.getByLabel('Situação').selectOption('Todas');
  await expect(section.getByRole('row')).toHaveCount(5);

  await answer(page, OF_FIRST, 200, { recurrences: [AGREEMENT, ...PAYMENTS] });
  const open = section.getByRole('button', { name: /^Ver pagamentos: Clube da saúde/ }).first();
  await open.focus();
  await page.keyboard.press('Enter');
  await expect(section.getByRole('heading', { name: /^Pagamentos: Clube da saúde/ })).toBeFocused();
  await expect(section.getByText('Contestado: o banco do pagador já reteve')).toBeVisible();
  await expect(section.getByText('nova tentativa às')).toBeVisible();
  for (const size of Object.values(SCREEN_SIZES)) {
    await page.setViewportSize(size);
    await inspectScreen(page, 'admin: payments of a subscription');
  }

  sent = [];
  await section
    .getByRole('button', { name: /^Devolver R\$\s35,00/ })
    .first()
    .focus();
  await page.keyboard.press('Enter');
  await expect(dialog.getByLabel('Quanto devolver')).toBeFocused();
  await expect(dialog.getByLabel('Quanto devolver')).toHaveValue('35,00');
  await dialog.getByLabel('Motivo').fill('Cliente cancelou o plano');
  await dialog.getByLabel('Quanto devolver').fill('35,01');
  await expect(dialog.getByLabel('Quanto devolver')).toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('Enter');
  expect(sent).toEqual([]);
  // At this size axe reads it, too.
  await page.setViewportSize(SCREEN_SIZES.portrait);
  await inspectScreen(page, 'admin: refund, too much');
  await page.setViewportSize(SCREEN_SIZES.landscape);
  await dialog.getByLabel('Quanto devolver').fill('10,00');
  await answer(page, '/v1/recurring/refunds', 503, away);
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('O servidor não respondeu');
  await answer(page, '/v1/recurring/refunds', 200, { refundId: 'M1' });
  await answer(page, OF_FIRST, 200, { recurrences: [AGREEMENT, ...PAYMENTS_REFUNDING] });
  await dialog.getByLabel('Quanto devolver').press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(section.getByText('Devolução pedida.')).toBeVisible();
  await expect(section.getByText('Pedida', { exact: true }).first()).toBeVisible();
  // The same refund both times: its answer may have been lost.
  const asked = sent.filter(({ path }) => path === '/v1/recurring/refunds').map(({ body }) => body);
  expect(asked).toHaveLength(2);
  expect(asked[1]).toEqual(asked[0]);
  expect(asked[0]).toMatchObject({
    receiptId: 'pagarme:ch_1',
    amountCents: 1_000,
    note: 'Cliente cancelou o plano',
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  await inspectScreen(page, 'admin: refund asked for');
});

test('nothing is sent back by Escape, what is refused is told, and one that failed is asked for again', async ({
  page,
}) => {
  await enter(page);
  const { section, dialog } = views(page);
  await answer(page, LIST, 200, SUBSCRIPTIONS);
  await answer(page, OF_FIRST, 200, { recurrences: [AGREEMENT, ...PAYMENTS] });
  await section.getByRole('button', { name: 'Mostrar assinaturas' }).click();
  await section
    .getByRole('button', { name: /^Ver pagamentos: Clube da saúde/ })
    .first()
    .click();
  const refund = section.getByRole('button', { name: /^Devolver R\$\s35,00/ }).first();
  await refund.click();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(refund).toBeFocused();
  await refund.click();
  await answer(page, '/v1/recurring/refunds', 409, { error: { code: 'too_late', message: 'x' } });
  await dialog.getByLabel('Motivo').fill('Cliente cancelou o plano');
  await dialog.getByRole('button', { name: 'Devolver', exact: true }).click();
  await expect(dialog.getByRole('alert')).toContainText('mais de 90 dias');
  await dialog.getByRole('button', { name: 'Não devolver' }).click();
  sent = [];
  await answer(page, '/v1/recurring/refunds/retry', 200, { refundIds: ['M2'] });
  await section.getByRole('button', { name: 'Tentar de novo' }).click();
  await expect(section.getByText('A devolução recomeçou.')).toBeVisible();
  expect(sent[0]).toMatchObject({ body: { refundIds: [PAYMENTS[2]?.refunds[1]?.refundId] } });
  await answer(page, '/v1/recurring?limit=200&loose=true', 200, { recurrences: [] });
  await section.getByRole('button', { name: 'Ver 2 cobranças sem assinatura conhecida' }).click();
  await expect(section.getByText('Nenhuma cobrança ainda')).toBeVisible();
  await section.getByRole('button', { name: 'Fechar pagamentos' }).click();
  await expect(section.getByText('Nenhuma cobrança ainda')).toHaveCount(0);
});

test('money that did not arrive is asked for again or closed by a person, whatever it is of', async ({
  page,
}) => {
  host.show('admin', { ...admin(), money: ADMIN_SCENES['money in trouble']?.money ?? admin().money });
  await enter(page);
  const section = page.locator('section', {
    has: page.getByRole('heading', { name: 'Dinheiro que pede atenção' }),
  });
  await expect(section.getByText('3 cobranças e devoluções esperam por pagarme')).toBeVisible();
  await expect(section.getByRole('row', { name: /C022/ })).toContainText('voltou ao provedor');
  await answer(page, '/v1/refunds/retry', 200, { refundIds: ['M3'] });
  await section.getByRole('button', { name: 'Tentar de novo: C017' }).click();
  await expect(section.getByText('A devolução recomeçou.')).toBeVisible();
  await answer(page, '/v1/refunds/returned', 200, { refundId: 're_3Rk2byhand' });
  await section.getByRole('button', { name: 'Nada a devolver: C021' }).click();
  const dialog = page.getByRole('dialog', { name: /^Encerrar: nada a devolver/ });
  await dialog.getByLabel('Quem confirma').fill('Ana');
  await dialog.getByLabel('Por que nada é devido').fill('devolvido por engano');
  await inspectScreen(page, 'admin: nothing owed?');
  await dialog.getByRole('button', { name: 'Nada a devolver' }).click();
  await expect(dialog).toHaveCount(0);
  await answer(page, '/v1/recurring/returns/close', 200, { returnId: 're_3Rk2' });
  await section.getByRole('button', { name: 'Já devolvido: re_3Rk2', exact: true }).click();
  const back = page.getByRole('dialog', { name: /como já devolvido\?$/ });
  await back.getByLabel('Quem confirma').fill('Ana');
  await back.getByLabel('Como foi devolvido').fill('Pix por fora');
  await back.getByRole('button', { name: 'Confirmar devolução' }).click();
  await expect(back).toHaveCount(0);
  expect(sent).toEqual([
    { path: '/v1/refunds/retry', body: { refundIds: ['M0198c1a0000070008000000000000001'] } },
    {
      path: '/v1/refunds/returned',
      body: { refundId: 're_3Rk2byhand', by: 'Ana', note: 'devolvido por engano', nothingOwed: true },
    },
    {
      path: '/v1/recurring/returns/close',
      body: { receiptId: 'ch_3Rk2', returnId: 're_3Rk2', by: 'Ana', note: 'Pix por fora', sentBack: true },
    },
  ]);
});

test('who was shown people’s data is told, of everybody', async ({ page }) => {
  await enter(page);
  const section = page.locator('section', {
    has: page.getByRole('heading', { name: 'Clientes', exact: true }),
  });
  await answer(page, '/v1/customers/accesses?limit=50', 200, {
    accesses: [
      {
        customerId: '0198c1a0-0000-7000-8000-000000090050',
        action: 'exported',
        role: 'manager',
        tokenMark: '9f86d081884c',
        at: KIOSK_NOW - 60_000,
      },
    ],
    total: 2,
  });
  await section.getByRole('button', { name: 'Acessos a dados pessoais' }).click();
  await expect(section.getByRole('row', { name: /Exportou/ })).toContainText('gestor 9f86d081884c');
  await expect(section.getByText('Mostrando os 1 últimos de 2')).toBeVisible();
  await inspectScreen(page, 'admin: accesses');
  await section.getByRole('button', { name: 'Fechar' }).click();
  await expect(section.getByRole('row', { name: /Exportou/ })).toHaveCount(0);
});
