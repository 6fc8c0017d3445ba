import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { CardOffer, Service } from '../../domain/protocol/catalog.ts';
import { KIOSK_ID, KioskHarness, SERVICE_ID } from '../testing/kiosk-harness.ts';
import { STUB_CATALOG } from '../testing/stub-catalog.ts';

const CARD: CardOffer = { offerId: randomUUID(), amountCents: 1_250, currency: 'USD' };

/** A totem whose only service is sold by card as well. */
async function startTotem(changes: Partial<Service> = {}): Promise<KioskHarness> {
  const totem = await KioskHarness.start();
  const services = STUB_CATALOG.services.map((service) => ({ ...service, card: CARD, ...changes }));
  totem.server.publish('catalog.changed', { catalog: { ...STUB_CATALOG, version: 2, services } });
  await totem.until(() => totem.totem().services[0]?.card !== null || changes.card === null);
  return totem;
}

const byCard = { kind: 'checkout.start', serviceId: SERVICE_ID, payment: 'card' } as const;

async function startByCard(totem: KioskHarness): Promise<string> {
  const result = await totem.execute(byCard);
  if (!result.ok || result.sessionId === undefined) throw new Error(JSON.stringify(result));
  return result.sessionId;
}

function payByCard(totem: KioskHarness, sessionId: string): void {
  const confirmation = totem.server.confirmation(sessionId, KIOSK_ID);
  totem.server.publish('payment.confirmed', {
    ...confirmation,
    amountCents: CARD.amountCents,
    currency: CARD.currency,
    method: 'card',
  });
}

it('asks for a checkout, shows its page, and issues the ticket when the server says paid', async () => {
  const totem = await startTotem();
  const sessionId = await startByCard(totem);
  await totem.untilStep('awaiting_card');
  const [request, ...others] = totem.server.checkoutRequests;
  expect(others).toEqual([]);
  expect(request).toMatchObject({ sessionId, serviceId: SERVICE_ID, ...CARD });
  expect(totem.server.chargeRequests).toEqual([]);
  expect(totem.checkout('awaiting_card')).toMatchObject({
    ...{ sessionId, amountCents: 1_250, currency: 'USD', method: 'card' },
    checkoutUrl: `${totem.server.url}/pay/${request?.txid}`,
  });

  payByCard(totem, sessionId);
  await totem.untilStep('ticket');
  expect(totem.printer.papers).toHaveLength(1);
  expect(totem.printer.papers[0]).toMatch(/Pago com cartão\s+US\$ 12,50/);
  expect(totem.printer.papers[0]).not.toContain('PIX');
  await totem.until(() => totem.technician().sync.outboxPending === 0);
  expect(totem.kindsPushed()).toEqual([
    'session.opened',
    'ticket.issued',
    'ticket.print_finished',
    'ticket.queued',
  ]);
});

it('goes on after a power cut: the same checkout, and the ticket that was paid for meanwhile', async () => {
  const totem = await startTotem();
  const sessionId = await startByCard(totem);
  await totem.untilStep('awaiting_card');
  const before = totem.checkout('awaiting_card');
  await totem.powerCut();
  expect(totem.checkout('awaiting_card')).toEqual(before);
  await totem.powerCut(() => payByCard(totem, sessionId));
  await totem.untilStep('ticket');
  expect(totem.printer.papers[0]).toContain('Pago com cartão');
});

it('is refused for a service that has no international offer, and at once while the server is away', async () => {
  const without = await startTotem({ card: null });
  expect(await without.execute(byCard)).toEqual({ ok: false, code: 'not_allowed' });
  const totem = await startTotem();
  await totem.server.stop();
  await totem.untilWithTime(() => totem.totem().server === 'offline');
  expect(totem.totem().cardAvailable).toBe(false);
  expect(await totem.execute(byCard)).toEqual({ ok: false, code: 'payment_unavailable' });
});

it('does not need the bank of the PIX', async () => {
  const totem = await startTotem();
  totem.server.beat('down');
  await totem.until(() => !totem.totem().pixAvailable);
  expect(totem.totem().cardAvailable).toBe(true);
  expect(await totem.execute({ kind: 'checkout.start', serviceId: SERVICE_ID })).toMatchObject({ ok: false });
  await startByCard(totem);
  await totem.untilStep('awaiting_card');
});

it('a service that is sold by card alone has no PIX', async () => {
  const totem = await startTotem({ pix: false });
  expect(await totem.execute({ kind: 'checkout.start', serviceId: SERVICE_ID })).toEqual({
    ok: false,
    code: 'not_allowed',
  });
  expect(totem.server.chargeRequests).toEqual([]);
});

it.each([
  ['offer_unknown', 404, 'price_changed'],
  ['amount_not_in_catalog', 409, 'price_changed'],
  ['provider_rejected', 502, 'provider_rejected'],
] as const)('%s ends the session as %s', async (code, status, reason) => {
  const totem = await startTotem();
  totem.server.refuseCharges = { status, code };
  await startByCard(totem);
  await totem.untilStep('failed');
  expect(totem.checkout('failed')).toMatchObject({ reason, method: 'card' });
});

it('keeps asking while the provider is away, and tells the server when the customer cancels', async () => {
  const totem = await startTotem();
  totem.server.refuseCharges = { status: 503, code: 'provider_unavailable' };
  const sessionId = await startByCard(totem);
  await totem.until(() => totem.checkout('creating_charge').problem === 'provider_unavailable');
  totem.server.refuseCharges = null;
  await totem.untilWithTime(() => totem.totem().checkout.step === 'awaiting_card');
  const asked = new Set(totem.server.checkoutRequests.map((request) => JSON.stringify(request)));
  expect(asked.size).toBe(1);
  expect(await totem.execute({ kind: 'checkout.cancel', sessionId })).toMatchObject({ ok: true });
  await totem.until(() => totem.kindsPushed().includes('session.ended'));
});

it('a charge of another currency is not shown: the session fails', async () => {
  const totem = await startTotem();
  totem.server.answerCheckout = (answer) => ({ ...answer, currency: 'EUR' });
  await startByCard(totem);
  await totem.untilStep('failed');
});

it('shows what came in another currency as that, prints nothing, and keeps it over a power cut', async () => {
  const totem = await startTotem();
  const sessionId = await startByCard(totem);
  await totem.untilStep('awaiting_card');
  const money = { expectedCents: 1_250, receivedCents: 1_250, refundCents: 1_250 };
  const refund = { refundId: 'D9', sessionId, kioskId: KIOSK_ID, reason: 'wrong_amount', ...money } as const;
  totem.server.publish('refund.changed', { ...refund, status: 'requested', receivedCurrency: 'EUR' });
  await totem.untilStep('refunding');
  expect(totem.checkout('refunding')).toMatchObject({ currency: 'USD', receivedCurrency: 'EUR' });
  await totem.powerCut();
  expect(totem.checkout('refunding')).toMatchObject({ currency: 'USD', receivedCurrency: 'EUR' });
  expect(totem.printer.papers).toEqual([]);
});

it('waits as long as the server says, and no shorter than it would for a PIX', async () => {
  const totem = await startTotem();
  totem.server.expiresAfterMs = 600_000;
  await startByCard(totem);
  await totem.untilStep('awaiting_card');
  totem.clock.advance(590_000);
  expect(totem.totem().checkout.step).toBe('awaiting_card');
  totem.clock.advance(10_000);
  await totem.untilStep('expired');
});
