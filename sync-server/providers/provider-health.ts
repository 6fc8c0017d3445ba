import type { Clock } from '../../domain/clock.ts';
import { backoffMs } from '../payments/backoff.ts';
import type { InternationalProvider, NationalProvider, PaymentProvider } from './provider.ts';

export interface ProviderHealthReport {
  readonly name: string;
  readonly status: 'ok' | 'down';
  /** Epoch milliseconds of the first failure in a row; null while it answers. */
  readonly downSince: number | null;
  readonly lastError: string | null;
}

export interface ProviderHealth {
  report(): ProviderHealthReport;
  /** Background reads wait until then; customers' own requests do not. */
  pausedUntilMs(): number;
  /** Epoch milliseconds of the provider's last answer of any kind; null before the first. */
  lastAnswerAt(): number | null;
  /** The provider went down, or came back. @returns ends the listening */
  onChange(listener: () => void): () => void;
}

/** The pause doubles with each failure in a row: half a minute is soon enough to find a bank that came back. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/** The calls that go out to the provider, each with an outcome that says whether it answered. */
const WATCHED: ReadonlySet<PropertyKey> = new Set<keyof NationalProvider | keyof InternationalProvider>([
  'createCharge',
  'createCheckout',
  'fetchCharge',
  'captureCharge',
  'cancelCharge',
  'requestRefund',
  'fetchRefund',
  'registerWebhook',
  'listReceipts',
]);

/** The same provider, watched: whether its last answer was one. */
export function watchProvider<P extends PaymentProvider>(
  provider: P,
  clock: Clock,
): { readonly provider: P; readonly health: ProviderHealth } {
  let failures = 0;
  let downSince: number | null = null;
  let lastError: string | null = null;
  let pausedUntil = 0;
  let lastAnswerAt: number | null = null;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  /** No pause is so far ahead but one from before the clock was set back: it would last as long as that step. */
  function pausedUntilMs(): number {
    return pausedUntil > clock.nowMs() + MAX_PAUSE_MS ? 0 : pausedUntil;
  }

  async function watch<T extends { kind: string; detail?: string }>(call: Promise<T>): Promise<T> {
    const outcome = await call;
    if (outcome.kind === 'unavailable' || outcome.kind === 'unknown') {
      const wasDown = downSince !== null;
      downSince ??= clock.nowMs();
      lastError = outcome.detail ?? null;
      if (!wasDown) changed();
      // Calls that fail side by side are one failure, or the first one would already make the longest pause.
      if (clock.nowMs() >= pausedUntilMs()) {
        failures += 1;
        pausedUntil = clock.nowMs() + backoffMs(failures, FIRST_PAUSE_MS, MAX_PAUSE_MS);
      }
    } else {
      const wasDown = downSince !== null;
      failures = 0;
      downSince = null;
      pausedUntil = 0;
      lastAnswerAt = clock.nowMs();
      if (wasDown) changed();
    }
    return outcome;
  }

  return {
    // A proxy, so that a provider keeps whatever else its flow asks of it.
    provider: new Proxy(provider, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        if (!WATCHED.has(key)) return value.bind(target);
        return (...args: unknown[]) => watch(value.apply(target, args));
      },
    }),
    health: {
      report: () => ({
        name: provider.name,
        status: downSince === null ? 'ok' : 'down',
        downSince,
        lastError: downSince === null ? null : lastError,
      }),
      pausedUntilMs,
      lastAnswerAt: () => lastAnswerAt,
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}

/**
 * The health of several providers that can stand in for one another: what the totems are told. Down when all are.
 * @param healths at least one
 */
export function healthOfAny(healths: readonly [ProviderHealth, ...ProviderHealth[]]): ProviderHealth {
  const [first] = healths;
  const best = (): ProviderHealth => healths.find((health) => health.report().status === 'ok') ?? first;
  return {
    report: () => best().report(),
    pausedUntilMs: () => Math.min(...healths.map((health) => health.pausedUntilMs())),
    lastAnswerAt: () => best().lastAnswerAt(),
    onChange(listener) {
      const ends = healths.map((health) => health.onChange(listener));
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
