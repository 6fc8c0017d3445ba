import { describe, expect, it } from 'vitest';
import { CHARGE_GIVES_UP_MS, LAST_SCREEN_MS } from './checkout/deadlines.ts';
import { KioskHarness } from './testing/kiosk-harness.ts';
import { FREE, LOCAL_CATALOG } from './testing/local-services.ts';

const HOURS_MS = 3 * 60 * 60_000;
const CHARGE_MS = 300_000;

function secondsLeft(totem: KioskHarness): number {
  const { at } = totem.totem();
  return (totem.checkout('awaiting_payment').expiresAt - at) / 1_000;
}

/** The first attempt at a paper has failed; the second is put off for a second. */
async function totemWithoutPaper(): Promise<KioskHarness> {
  const totem = await KioskHarness.start();
  totem.server.publish('catalog.changed', { catalog: LOCAL_CATALOG });
  await totem.until(
    () => totem.query('SELECT 1 FROM number_leases WHERE first_number IS NOT NULL').length > 0,
  );
  totem.printer.mood = 'paper_out';
  await totem.execute({ kind: 'checkout.start', serviceId: FREE.serviceId });
  await totem.until(() => totem.technician().recentJobs[0]?.attempts === 1);
  await totem.until(() => totem.technician().recentJobs[0]?.status === 'queued');
  return totem;
}

describe.each([
  ['back', -HOURS_MS],
  ['forward', HOURS_MS],
])('a clock that is set %s by hours', (_where, jumpMs) => {
  it('neither ends a QR code nor lengthens it, and the countdown shown goes on', async () => {
    const totem = await KioskHarness.start();
    await totem.chooseAndSeeQr();
    totem.clock.advance(100_000);
    totem.wallClock.offsetMs = jumpMs;
    expect(secondsLeft(totem)).toBe(200);
    totem.clock.advance(CHARGE_MS - 100_000 - 1);
    expect(totem.totem().checkout.step).toBe('awaiting_payment');
    totem.clock.advance(1);
    expect(totem.totem().checkout.step).toBe('expired');
  });

  it('leaves the sale after it its own time', async () => {
    const totem = await KioskHarness.start();
    totem.wallClock.offsetMs = jumpMs;
    await totem.chooseAndSeeQr();
    expect(secondsLeft(totem)).toBe(CHARGE_MS / 1_000);
    totem.clock.advance(CHARGE_MS);
    expect(totem.totem().checkout.step).toBe('expired');
    totem.clock.advance(LAST_SCREEN_MS);
    expect(totem.totem().checkout.step).toBe('idle');
  });

  it('does not keep a customer before a charge that never comes', async () => {
    const totem = await KioskHarness.start();
    await totem.server.stop();
    await totem.choose();
    totem.wallClock.offsetMs = jumpMs;
    totem.clock.advance(CHARGE_GIVES_UP_MS - 1);
    expect(totem.totem().checkout.step).toBe('creating_charge');
    totem.clock.advance(1);
    expect(totem.totem().checkout.step).toBe('failed');
  });

  it('neither loses nor holds up a paper that waits for its next attempt', async () => {
    const totem = await totemWithoutPaper();
    totem.wallClock.offsetMs = jumpMs;
    totem.printer.mood = 'ready';
    await totem.untilWithTime(() => totem.totem().checkout.step === 'ticket');
    expect(totem.checkout('ticket').delivery).toBe('printed');
  });

  it('does not blind the totem for the state of its printer', async () => {
    const totem = await KioskHarness.start();
    await totem.until(() => totem.totem().printer.status === 'ready');
    totem.wallClock.offsetMs = jumpMs;
    totem.printer.mood = 'paper_out';
    await totem.untilWithTime(() => totem.totem().printer.status === 'paper_out');
  });
});

it('a totem that starts with its clock set back by hours gives a sale no more than the time it had', async () => {
  const totem = await KioskHarness.start();
  await totem.chooseAndSeeQr();
  await totem.powerCut(() => {
    totem.wallClock.offsetMs = -HOURS_MS;
  });
  totem.clock.advance(CHARGE_MS);
  expect(totem.totem().checkout.step).toBe('expired');
});

it('a paper that was queued before the clock was set back and the power went is printed', async () => {
  const totem = await totemWithoutPaper();
  await totem.powerCut(() => {
    totem.wallClock.offsetMs = -HOURS_MS;
    totem.printer.mood = 'ready';
  });
  // The paper waits for the server's time. The line to it is real, and the time of the test runs faster.
  await totem.until(() => totem.totem().server === 'online');
  await totem.untilWithTime(() => totem.totem().checkout.step === 'ticket');
  expect(totem.checkout('ticket').delivery).toBe('printed');
});
