import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { KIOSK_ID, KioskHarness } from '../testing/kiosk-harness.ts';
import { STUB_CATALOG } from '../testing/stub-catalog.ts';

const [SERVICE] = STUB_CATALOG.services;

it('sells what it can read of a newer server’s catalogue, at its price, and says what it leaves out', async () => {
  const totem = await KioskHarness.start();
  const services = [
    { ...SERVICE, amountCents: 7_700, loyaltyPoints: 3 },
    { ...SERVICE, serviceId: randomUUID(), currency: 'USD' },
    { ...SERVICE, serviceId: randomUUID(), amountCents: { from: 100 } },
  ];
  totem.server.publishRaw('catalog.changed', {
    catalog: { ...STUB_CATALOG, version: 2, services, theme: 'dark' },
    validFrom: 1,
  });
  await totem.until(() => totem.technician().sync.catalogVersion === 2);
  expect(totem.totem().services).toEqual([{ ...SERVICE, amountCents: 7_700 }]);
  expect(totem.technician().sync.lastError).toMatch(/2 services of catalogue entry \d+ .* update/);
});

it('says nothing of a catalogue that it can read whole, and skips one that is none', async () => {
  const totem = await KioskHarness.start();
  totem.server.publish('catalog.changed', { catalog: { ...STUB_CATALOG, version: 2 } });
  await totem.until(() => totem.technician().sync.catalogVersion === 2);
  expect(totem.technician().sync.lastError).toBeNull();
  totem.server.publishRaw('catalog.changed', { catalog: { version: 3, services: 'all of them' } });
  await totem.until(() => totem.technician().sync.lastError?.includes('was skipped') === true);
  expect(totem.totem().services).toEqual(STUB_CATALOG.services);
});

it('goes on selling behind what it cannot read: unknown kinds, members and fields of a newer server', async () => {
  const totem = await KioskHarness.start();
  const sold = await totem.buy();
  const [ticket] = totem.kiosk.snapshot('queue').waiting;
  expect(ticket?.sessionId).toBe(sold);
  await totem.execute({ kind: 'checkout.dismiss', sessionId: sold });
  totem.server.publishRaw('loyalty.granted', { points: 3 });
  totem.server.publishRaw('ticket.changed', { ticket: { ...ticket, status: 'teleported', revision: 9 } });
  const { seq } = totem.server.feed.at(-1) ?? { seq: 0 };
  totem.server.publishRaw('ticket.changed', { ticket: { ...ticket, delivery: 'drone', revision: 10 } });
  const sessionId = await totem.chooseAndSeeQr();
  const confirmation = totem.server.confirmation(sessionId, KIOSK_ID);
  totem.server.publishRaw('payment.confirmed', {
    ...confirmation,
    cashback: 12,
    ticket: { ...confirmation.ticket, gate: 'B' },
  });
  await totem.untilStep('ticket');
  expect(totem.technician().sync.lastError).toContain(`feed entry ${seq + 1} (ticket.changed) was skipped`);
  expect(totem.technician().sync.feedCursor).toBe(totem.server.feed.length);
});
