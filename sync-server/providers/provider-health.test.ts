import { expect, onTestFinished, test, vi } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { watchProvider } from './provider-health.ts';
import { startProviderProbe } from './provider-probe.ts';

const TXID = 'a'.repeat(32);

test('the pause doubles with each failure in a row, up to half a minute, and ends with the first answer', async () => {
  const clock = new ManualClock();
  const bank = new ModelBank(clock);
  const { provider, health } = watchProvider(bank, clock);
  bank.reachable = false;
  const downSince = clock.nowMs();
  const pauses: number[] = [];
  for (let failure = 0; failure < 7; failure += 1) {
    await provider.fetchCharge({ txid: TXID });
    pauses.push(health.pausedUntilMs() - clock.nowMs());
    clock.advance(health.pausedUntilMs() - clock.nowMs());
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(health.report()).toMatchObject({ status: 'down', downSince, lastError: 'the model bank is away' });

  bank.reachable = true;
  await provider.fetchCharge({ txid: TXID });
  expect(health.report()).toEqual({ name: 'bacen-pix', status: 'ok', downSince: null, lastError: null });
  expect(health.pausedUntilMs()).toBe(0);
});

test('a pause from before the clock was set back is over', async () => {
  let nowMs = Date.UTC(2026, 2, 10);
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, schedule: () => () => undefined };
  const bank = new ModelBank(clock);
  const { provider, health } = watchProvider(bank, clock);
  bank.reachable = false;
  await provider.fetchCharge({ txid: TXID });
  nowMs -= 24 * 60 * 60_000;
  expect(health.pausedUntilMs()).toBeLessThanOrEqual(nowMs);
  await provider.fetchCharge({ txid: TXID });
  expect(health.pausedUntilMs()).toBe(nowMs + 2_000);
});

test('calls that fail side by side are one failure', async () => {
  const clock = new ManualClock();
  const bank = new ModelBank(clock);
  const { provider, health } = watchProvider(bank, clock);
  bank.reachable = false;
  await Promise.all(Array.from({ length: 8 }, () => provider.fetchCharge({ txid: TXID })));
  expect(health.pausedUntilMs()).toBe(clock.nowMs() + 1_000);
});

test('says when the provider goes, and when it comes back, each once', async () => {
  const clock = new ManualClock();
  const bank = new ModelBank(clock);
  const { provider, health } = watchProvider(bank, clock);
  const told: string[] = [];
  health.onChange(() => told.push(health.report().status));
  for (const reachable of [true, false, false, true, true]) {
    bank.reachable = reachable;
    await provider.fetchCharge({ txid: TXID });
  }
  expect(told).toEqual(['down', 'ok']);
});

test('a provider that went away while nobody pays is found, and found again when it is back', async () => {
  const clock = new ManualClock();
  const bank = new ModelBank(clock);
  const { provider, health } = watchProvider(bank, clock);
  const probe = startProviderProbe({ clock, log: silentLog }, provider, health);
  onTestFinished(() => probe.stop());
  const becomes = async (status: 'ok' | 'down'): Promise<void> => {
    const since = clock.nowMs();
    await vi.waitFor(
      () => {
        if (health.report().status !== status) clock.advance(250);
        expect(health.report().status).toBe(status);
      },
      { timeout: 60_000, interval: 2 },
    );
    expect(clock.nowMs() - since).toBeLessThanOrEqual(20_000);
  };
  await vi.waitFor(() => expect(health.lastAnswerAt()).not.toBeNull());
  bank.reachable = false;
  await becomes('down');
  bank.reachable = true;
  await becomes('ok');
});
