import { test as base } from '@playwright/test';
import { auditShop } from './support/audit.ts';
import { command, snapshot, until } from './support/outside.ts';
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

base(
  'without the server: tickets paid at the counter, local calls, no PIX; with it again, one queue',
  async ({ browser }) => {
    const [first, second] = shop.addresses.totems;
    if (first === undefined || second === undefined) throw new Error('two totems were asked for');
    const customer = await browser.newPage({ viewport: { width: 1080, height: 1920 } });
    const desk = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await desk.goto(first.queue);
    await desk.getByRole('button', { name: 'Guichê 1' }).click();
    await until('both totems to have numbers', async () => {
      const totems = await Promise.all([first, second].map(({ totem }) => snapshot(totem, 'totem')));
      return totems.every(({ services, server }) => services.length > 0 && server === 'online');
    });

    for (const { kioskId } of [first, second]) shop.line(kioskId, 'sync-server').set('refused');
    await customer.goto(first.totem);
    await expect(customer.getByText('PIX indisponível agora: sem conexão com o servidor.')).toBeVisible();
    await expect(desk.getByText('Sem conexão com o servidor: modo local.')).toBeVisible();
    await customer.screenshot({ path: base.info().outputPath('totem-offline.png') });
    await customer.getByRole('button', { name: 'Toque para começar' }).click();
    await customer.screenshot({ path: base.info().outputPath('totem-offline-services.png') });
    await customer.getByRole('button', { name: /Curativo/ }).click();
    await customer.screenshot({ path: base.info().outputPath('totem-offline-confirm.png') });
    await customer.getByRole('button', { name: 'Pagar no guichê' }).click();
    await expect(customer.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible();
    const refused = await takeTicket(second.totem, 'pix');
    expect(refused).toEqual({ ok: false, code: 'payment_unavailable' });
    expect(await takeTicket(second.totem, 'at_counter')).toMatchObject({ ok: true });

    await desk.getByRole('button', { name: 'Chamar próxima' }).click();
    await expect(desk.getByRole('button', { name: 'Iniciar atendimento' })).toBeVisible();
    await desk.screenshot({ path: base.info().outputPath('queue-local.png') });
    const called = (await snapshot(first.queue, 'queue')).atCounters.map(({ label }) => label);
    expect(called).toHaveLength(1);
    await expect(customer.getByText(called[0] ?? '').first()).toBeVisible();

    for (const { kioskId } of [first, second]) shop.line(kioskId, 'sync-server').set('open');
    await expect(desk.getByText('Sem conexão com o servidor: modo local.')).toBeHidden({ timeout: 40_000 });
    await until(
      'both totems to show the one queue',
      async () => {
        const queues = await Promise.all([first, second].map(({ queue }) => snapshot(queue, 'queue')));
        return queues.every(
          ({ waiting, atCounters, conflicts }) =>
            waiting.length === 1 && atCounters[0]?.label === called[0] && conflicts.length === 0,
        );
      },
      20_000,
    );
    const audit = await until('all stores to agree', async () => {
      const now = await auditShop(shop.addresses);
      return now.violations.length === 0 && now;
    });
    expect(audit).toMatchObject({ settledPix: 0, tickets: 2, papers: 2 });
  },
);

async function takeTicket(totemUrl: string, payment: 'pix' | 'at_counter') {
  const { services } = await snapshot(totemUrl, 'totem');
  const service = services.find(({ payAtCounter }) => payAtCounter);
  if (service === undefined)
    throw new Error('the demonstration shop has a service that is paid at the counter');
  return command(totemUrl, { kind: 'checkout.start', serviceId: service.serviceId, payment });
}
