import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { askEnrolmentCode } from '../scripts/manager-api.ts';
import { DEMO_UNIT_ID } from '../sync-server/catalog/demo-shop.ts';
import { auditShop } from './support/audit.ts';
import { command, papers, snapshot, until } from './support/outside.ts';
import { beginSale, payOnce } from './support/sales.ts';
import { expect } from './support/shop.ts';
import { openShopOnLines, type ShopOnLines } from './support/shop-on-lines.ts';

let shop: ShopOnLines;

base.beforeAll(async () => {
  base.setTimeout(90_000);
  shop = await openShopOnLines({ totems: 2 });
});
base.afterAll(async () => {
  await shop.close();
});

// The lease alone is a minute.
base.setTimeout(180_000);

base(
  'an operator rescues what a dead totem owes; neither its waking, its start nor its empty folder makes it twice',
  async ({ browser }) => {
    const { addresses } = shop;
    const [dead, alive] = addresses.totems;
    if (dead === undefined || alive === undefined) throw new Error('two totems were asked for');
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(alive.queue);
    await page.getByRole('button', { name: 'Guichê 2' }).click();

    const { brCode } = await beginSale(dead.totem);
    // Nobody starts a frozen totem again, as the supervisor does with a dead one.
    shop.signal('totem-1', 'SIGSTOP');
    await payOnce(addresses.provider, brCode);
    await until(
      'the payment to be offered for rescue',
      async () => (await snapshot(alive.queue, 'queue')).rescuable.length === 1,
      90_000,
    );
    await page.getByRole('button', { name: /^Emitir a senha C\d+$/ }).click();
    await page.screenshot({ path: base.info().outputPath('rescue-list.png') });
    await page.getByRole('dialog').getByRole('button', { name: 'Emitir senha' }).click();
    await expect(page.getByText(/^Senha C\d+ impressa\.$/)).toBeVisible();
    const [paper] = await papers(alive.printer);
    expect(paper?.text).toContain('2ª VIA');

    // It wakes as if no time had passed, with the lease long over.
    shop.signal('totem-1', 'SIGCONT');
    await totemIsBack(dead.totem, 'enrolled');
    await nothingDoubled(dead.printer);

    // Back with its old folder.
    shop.signal('totem-1', 'SIGKILL');
    await totemIsBack(dead.totem, 'enrolled');
    await nothingDoubled(dead.printer);

    // And with nothing at all, under its old name.
    shop.signal('totem-1', 'SIGSTOP');
    rmSync(join(shop.dataDir, 'totem-1'), { recursive: true });
    shop.signal('totem-1', 'SIGKILL');
    await totemIsBack(dead.totem, 'not_enrolled');
    const code = await askEnrolmentCode(
      { server: addresses.syncServer, token: addresses.token },
      DEMO_UNIT_ID,
      'totem-1',
    );
    if (!code.ok) throw new Error(code.message);
    const pin = addresses.technicianPin;
    const enrolled = await command(dead.technician, { kind: 'technician.enrol', pin, code: code.value.code });
    expect(enrolled).toEqual({ ok: true });
    await totemIsBack(dead.totem, 'enrolled');
    await nothingDoubled(dead.printer);
  },
);

async function totemIsBack(totemUrl: string, enrolment: 'enrolled' | 'not_enrolled'): Promise<void> {
  await until(
    `the totem to be back, ${enrolment}`,
    async () => {
      const totem = await snapshot(totemUrl, 'totem');
      return totem.enrolment === enrolment && (enrolment === 'not_enrolled' || totem.server === 'online');
    },
    30_000,
  );
}

async function nothingDoubled(printer: string): Promise<void> {
  const audit = await until(
    'all stores to agree',
    async () => {
      const now = await auditShop(shop.addresses);
      return now.violations.length === 0 && now;
    },
    20_000,
  );
  expect(audit).toMatchObject({ settledPix: 1, tickets: 1, refunds: 0, papers: 1 });
  expect(await papers(printer)).toEqual([]);
}
