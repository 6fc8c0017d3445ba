/** "The customer's bank app" of the provider simulator, by itself: no shop is needed to pay at a bank. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect } from '@playwright/test';
import { newId, txidOfSession } from '../domain/ids.ts';
import { silentLog } from '../platform/log.ts';
import { systemClock, systemRandom } from '../platform/system.ts';
import { type ProviderSimulator, startProviderSimulator } from '../simulators/provider/provider.ts';

const CLIENT = { clientId: 'totem', clientSecret: 'secret' };

const test = base.extend<object, { bank: ProviderSimulator; api: Api }>({
  bank: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures asked for from the pattern
    async ({}, use) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'totem-bank-'));
      const bank = await startProviderSimulator({
        ...CLIENT,
        host: '127.0.0.1',
        port: 0,
        dataDir,
        clock: systemClock,
        randomBytes: systemRandom,
        log: silentLog,
      });
      await use(bank);
      await bank.close();
      rmSync(dataDir, { recursive: true });
    },
    { scope: 'worker' },
  ],
  api: [async ({ bank }, use) => use(await openApi(bank)), { scope: 'worker' }],
});

test.use({ viewport: { width: 412, height: 915 } });

test('pasted, paid exactly, with a receipt, and the refund when it comes', async ({ page, bank, api }) => {
  const charge = await api.charge(300);
  await page.goto(bank.bankUrl);
  await page.getByLabel('Pix copia e cola').fill(`${charge.pixCopiaECola}\n`);
  await page.getByRole('button', { name: 'Ler código' }).click();
  await expect(page.getByText('TOTEM DEMONSTRACAO')).toBeVisible();
  await expect(page.getByText(charge.txid)).toBeVisible();
  await expect(page.getByText('Aguardando pagamento')).toBeVisible();
  await page.getByRole('button', { name: 'Pagar R$ 45,90' }).click();
  await expect(page.getByRole('status')).toHaveText('Pix de R$ 45,90 enviado.');
  const endToEndId = await page
    .getByRole('listitem')
    .getByText(/^E\d{20}\w{11}$/)
    .innerText();
  await api.put(`/pix/${endToEndId}/devolucao/r1`, { valor: '45.90' });
  await expect(page.getByText('Devolução de R$ 45,90 em andamento')).toBeVisible();
  await expect(page.getByText('Devolvido: R$ 45,90')).toBeVisible();
});

test('opened from the QR: twice, another amount, never', async ({ page, bank, api }) => {
  const open = async () => {
    const { pixCopiaECola } = await api.charge(300);
    await page.goto(`${bank.bankUrl}/?code=${encodeURIComponent(pixCopiaECola)}`);
  };
  await open();
  await page.getByRole('button', { name: 'Não pagar' }).click();
  await expect(page.getByRole('status')).toHaveText('Nada foi pago.');
  await page.getByRole('button', { name: 'Pagar outro valor' }).click();
  await expect(page.getByRole('status')).toHaveText('Informe o valor, por exemplo 12,34.');
  await page.getByLabel('Outro valor (R$)').fill('1.000,5');
  await page.getByRole('button', { name: 'Pagar outro valor' }).click();
  await expect(page.getByRole('status')).toHaveText('Pix de R$ 1.000,50 enviado.');
  await open();
  await page.getByRole('button', { name: 'Pagar duas vezes' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(2);
});

test('late: says when, and the money goes out after the expiry', async ({ page, bank, api }) => {
  const { pixCopiaECola } = await api.charge(3);
  await page.goto(`${bank.bankUrl}/?code=${encodeURIComponent(pixCopiaECola)}`);
  await page.getByRole('button', { name: 'Pagar depois do vencimento' }).click();
  await expect(page.getByRole('status')).toHaveText(/^Agendado: o Pix sai em .+, depois do vencimento\.$/);
  await expect(page.getByText('Vencida', { exact: true })).toBeVisible();
  await expect(page.getByText(/^Pago em/)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Você pagou' })).toBeVisible();
});

test('a damaged code is refused in words, and another can be read', async ({ page, bank, api }) => {
  const { pixCopiaECola } = await api.charge(300);
  await page.goto(`${bank.bankUrl}/?code=${encodeURIComponent(pixCopiaECola.slice(0, -1))}`);
  await expect(page.getByRole('status')).toContainText('incompleto ou danificado');
  await page.getByLabel('Pix copia e cola').fill(pixCopiaECola);
  await page.getByRole('button', { name: 'Ler código' }).click();
  await expect(page.getByRole('button', { name: 'Pagar R$ 45,90' })).toBeVisible();
  await expect(page.getByRole('status')).toBeHidden();
});

test('can be used by everybody: names, contrast, targets of 60 px', async ({ page, bank, api }) => {
  const { pixCopiaECola } = await api.charge(300);
  for (const address of ['/', `/?code=${encodeURIComponent(pixCopiaECola)}`]) {
    await page.goto(`${bank.bankUrl}${address}`);
    await expect(page.getByRole('button').filter({ visible: true }).first()).toBeVisible();
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    for (const target of await page.locator('button:visible, input:visible, textarea:visible').all()) {
      expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(60);
    }
  }
});

interface Api {
  /** A charge of R$ 45,90. */
  charge(expiresSeconds: number): Promise<{ readonly txid: string; readonly pixCopiaECola: string }>;
  put(path: string, body: unknown): Promise<Record<string, string>>;
}

async function openApi(bank: ProviderSimulator): Promise<Api> {
  const grant = await fetch(bank.tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${CLIENT.clientId}:${CLIENT.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token } = (await grant.json()) as { access_token: string };
  const api: Api = {
    async put(path, body) {
      const answer = await fetch(`${bank.apiBaseUrl}${path}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(201);
      return (await answer.json()) as Record<string, string>;
    },
    async charge(expiresSeconds) {
      const txid = txidOfSession(newId(systemClock, systemRandom));
      const { pixCopiaECola = '' } = await api.put(`/cob/${txid}`, {
        calendario: { expiracao: expiresSeconds },
        valor: { original: '45.90' },
        chave: '7d9f0335-8dcc-4054-9bf9-0dbd61d36906',
        solicitacaoPagador: 'Consulta geral',
      });
      return { txid, pixCopiaECola };
    },
  };
  return api;
}
