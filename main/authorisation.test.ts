import { expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import { DEMO_SERVICES } from '../sync-server/catalog/demo-shop.ts';
import {
  SECRET,
  startTestInitiator,
  type TestInitiator,
} from '../sync-server/providers/open-finance/testing/test-initiator.ts';
import { RealShop } from './testing/real-shop.ts';
import type { Totem } from './testing/totem.ts';

const CPF = '529.982.247-25';

/** A totem, the sync server with all its workers, and the simulated initiator, joined by real HTTP. */
async function openShop(webhooks: 'told' | 'lost' = 'told'): Promise<Sale> {
  const clock = new ManualClock();
  const bank = await startTestInitiator(clock);
  onTestFinished(() => bank.close());
  const shop = await RealShop.open(() => bank.open(), clock);
  if (webhooks === 'told') bank.initiator.webhookUrl = `${shop.url}/v1/webhooks/open-finance/${SECRET}`;
  return { shop, bank, totem: await shop.totem('totem-1') };
}

interface Sale {
  readonly shop: RealShop;
  readonly bank: TestInitiator;
  readonly totem: Totem;
}

const checkoutOf = ({ totem }: Sale) => totem.engine.snapshot('totem').checkout;

function begin({ totem }: Sale, customerCpf?: string) {
  const [{ serviceId }] = DEMO_SERVICES;
  return totem.engine.execute({
    kind: 'checkout.start',
    serviceId,
    ...(customerCpf === undefined ? {} : { customerCpf }),
  });
}

/** @returns the consent whose page the totem shows */
async function seePage(sale: Sale): Promise<string> {
  await begin(sale, CPF);
  await sale.shop.until(() => checkoutOf(sale).step === 'awaiting_authorisation');
  const checkout = checkoutOf(sale);
  if (checkout.step !== 'awaiting_authorisation') throw new Error(checkout.step);
  return new URL(checkout.authorisationUrl).searchParams.get('consent') ?? '';
}

/** Faster than `until`: without webhooks the server asks by its own, slower pace. */
async function passUntil(shop: RealShop, condition: () => boolean): Promise<void> {
  for (let seconds = 0; seconds < 120 && !condition(); seconds += 1) {
    await shop.pass(1_000, 250);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(condition()).toBe(true);
}

it.each([['told'], ['lost']] as const)(
  'a customer authorises at the bank, pays, and has one ticket: webhooks %s',
  async (webhooks) => {
    const sale = await openShop(webhooks);
    const { shop, bank } = sale;
    const consent = await seePage(sale);

    await bank.initiator.customer(consent, 'authorises');
    await passUntil(shop, () => bank.initiator.paymentCount === 1);
    // The customer said yes, and the bank has not paid: that is not paid.
    await shop.pass(3_000);
    expect(checkoutOf(sale).step).toBe('awaiting_authorisation');
    expect(await shop.tickets()).toEqual([]);

    await bank.initiator.bank(consent, 'ACSC');
    await passUntil(shop, () => checkoutOf(sale).step === 'ticket');
    await shop.until(async () => (await shop.tickets()).length > 0);
    await shop.pass(30_000);
    expect(await shop.tickets()).toHaveLength(1);
    expect(bank.initiator.paymentCount).toBe(1);
  },
);

it('a consent that the customer gave after cancelling here moves no money', async () => {
  const sale = await openShop();
  const { shop, bank, totem } = sale;
  const consent = await seePage(sale);
  const checkout = checkoutOf(sale);
  if (checkout.step === 'idle') throw new Error('no session');
  await totem.engine.execute({ kind: 'checkout.cancel', sessionId: checkout.sessionId });
  // The totem's word is at the server before the bank's.
  await shop.until(() => totem.query('SELECT 1 FROM outbox WHERE outcome IS NULL').length === 0);
  await bank.initiator.customer(consent, 'authorises');
  await shop.pass(60_000);
  expect(bank.initiator.paymentCount).toBe(0);
  expect(await shop.tickets()).toEqual([]);
});

it('without a CPF nobody is asked for anything, and the customer reads why', async () => {
  const sale = await openShop();
  await begin(sale);
  await sale.shop.until(() => checkoutOf(sale).step === 'failed');
  expect(checkoutOf(sale)).toMatchObject({ step: 'failed', reason: 'cpf_required' });
});

it('a totem that is cut off and started anew still shows the page', async () => {
  const sale = await openShop();
  const consent = await seePage(sale);
  await sale.totem.kill();
  sale.totem.switchOn();
  expect(checkoutOf(sale)).toMatchObject({
    step: 'awaiting_authorisation',
    authorisationUrl: expect.stringContaining(encodeURIComponent(consent)),
  });
});
