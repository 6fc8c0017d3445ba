import { expect, test } from 'vitest';
import { KioskHarness } from '../testing/kiosk-harness.ts';

/** A totem and a server that beats, as one of today does. */
async function totemWithBeats(): Promise<KioskHarness> {
  const totem = await KioskHarness.start();
  totem.server.greeting = { provider: 'ok' };
  totem.server.dropStreams();
  await totem.untilWithTime(() => totem.totem().layers.provider.status === 'ok', 20);
  return totem;
}

test('Toast (40 s until a banner names the layer): the bank that goes away is named by the next beat, and so is its return', async () => {
  const totem = await totemWithBeats();
  expect(totem.totem()).toMatchObject({ pixAvailable: true, layers: { server: { status: 'ok' } } });
  totem.server.beat('down');
  await totem.until(() => totem.totem().layers.provider.status === 'down');
  expect(totem.totem()).toMatchObject({ pixAvailable: false, layers: { server: { status: 'ok' } } });
  totem.server.beat('ok');
  await totem.until(() => totem.totem().pixAvailable);
});

test('Toast: a server that stops answering is named within a dozen seconds', async () => {
  const totem = await totemWithBeats();
  const wentAt = totem.clock.nowMs();
  totem.server.hangs = true;
  await totem.untilWithTime(() => totem.totem().layers.server.status === 'down', 50);
  expect(totem.clock.nowMs() - wentAt).toBeLessThanOrEqual(13_000);
  expect(totem.totem()).toMatchObject({ pixAvailable: false, layers: { provider: { status: 'unknown' } } });
  expect(totem.kiosk.snapshot('queue').mode).toBe('local');
  totem.server.hangs = false;
  totem.server.dropStreams();
  await totem.untilWithTime(() => totem.totem().layers.server.status === 'ok', 250);
});

test('two beats that are missing are a dead line; a server that never beat is given longer', async () => {
  const totem = await totemWithBeats();
  totem.clock.advance(7_999);
  expect(totem.totem().server).toBe('online');
  totem.clock.advance(1);
  await totem.until(() => totem.totem().server === 'connecting');
  expect(totem.technician().sync.lastError).toMatch(/nothing heard for 8000 ms/);
});
