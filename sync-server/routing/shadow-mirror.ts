import { createHash } from 'node:crypto';
import { WHOLE_BP } from '../../domain/split.ts';
import type { ServerContext } from '../context.ts';
import type { PaymentTransaction } from '../payments/payment-transaction.ts';
import { startWorkerLoop } from '../payments/worker-loop.ts';
import type { NationalProvider, ProviderCharge } from '../providers/provider.ts';
import { cancelLeftOpen, shadowCharge } from './shadow-charge.ts';

/** A provider on trial: only ever called by the code of this folder, never routed to. */
export interface ShadowProvider {
  readonly provider: NationalProvider;
  /** Of its sandbox; null: the merchant's own. */
  readonly pixKey: string | null;
}

/** The charge that the customer was given. */
export interface LiveCharge {
  readonly charge: ProviderCharge;
  readonly provider: string;
  readonly tookMs: number;
}

export interface ShadowMirror {
  readonly names: readonly string[];
  /** Notes the charge down for the providers on trial. Returns at once, and never throws. */
  mirror(payment: PaymentTransaction, live: LiveCharge): void;
  /** Charges that were passed over, since the start. */
  dropped(): number;
  /** Drops what waits, and lets what is under way finish for a moment. */
  stop(): Promise<void>;
}

/** Of a server without providers on trial. */
export const NO_SHADOWS: ShadowMirror = {
  names: [],
  mirror: () => undefined,
  dropped: () => 0,
  stop: async () => undefined,
};

/** Of ten database connections customers keep eight; what hangs keeps its place, so that no more pile up behind it. */
const MAX_AT_ONCE = 2;
/** More than that and the trial lags behind: the rest is passed over, and counted. */
const MAX_WAITING = 50;
const STOP_GRACE_MS = 3_000;
/** What a process left open that died: the sandbox would keep it until it expires. */
const CLEAN_UP_EVERY_MS = 5 * 60_000;

/** Makes a share of the live charges a second time at providers on trial, in their sandboxes, and compares. */
export function startShadowMirror(context: ServerContext, shadows: readonly ShadowProvider[]): ShadowMirror {
  if (shadows.length === 0) return NO_SHADOWS;
  const { clock, log } = context;
  const waiting: (() => Promise<void>)[] = [];
  const running = new Set<Promise<void>>();
  let droppedCount = 0;
  let stopped = false;

  const cleaner = startWorkerLoop({
    name: 'shadow-clean-up',
    clock,
    log,
    task: async (isStopping) => {
      for (const { provider } of shadows) if (!isStopping()) await cancelLeftOpen(context, provider);
      return clock.nowMs() + CLEAN_UP_EVERY_MS;
    },
  });

  function startWaiting(): void {
    while (!stopped && running.size < MAX_AT_ONCE) {
      const next = waiting.shift();
      if (next === undefined) return;
      const run = next()
        .catch((error: unknown) => log.warn({ error }, 'a charge was not mirrored'))
        .finally(() => {
          running.delete(run);
          startWaiting();
        });
      running.add(run);
    }
  }

  async function mirrorTo(payment: PaymentTransaction, live: LiveCharge): Promise<void> {
    const rules = await context.db.query<{ provider: string; shareBp: number }>(
      'SELECT provider, share_bp AS "shareBp" FROM shadow_rules WHERE merchant_id = $1',
      [payment.merchantId],
    );
    for (const shadow of shadows) {
      const rule = rules.find(({ provider }) => provider === shadow.provider.name);
      if (rule !== undefined && isDrawn(payment.transactionId, rule))
        await shadowCharge(context, shadow, payment, live);
    }
  }

  return {
    names: shadows.map(({ provider }) => provider.name),
    mirror(payment, live) {
      if (stopped) return;
      if (waiting.length >= MAX_WAITING) {
        droppedCount += 1;
        return;
      }
      waiting.push(() => mirrorTo(payment, live));
      // Not in the caller's turn: its answer goes out first.
      setImmediate(startWaiting);
    },
    dropped: () => droppedCount,
    async stop() {
      stopped = true;
      waiting.length = 0;
      let endGrace = (): void => undefined;
      const grace = new Promise<void>((resolve) => {
        endGrace = clock.schedule(STOP_GRACE_MS, resolve);
      });
      await Promise.race([Promise.all([...running, cleaner.stop()]), grace]);
      endGrace();
    },
  };
}

/** The same charges for each run: spread evenly by what nobody can choose. */
export function isDrawn(
  transactionId: string,
  { provider, shareBp }: { readonly provider: string; readonly shareBp: number },
): boolean {
  const draw = createHash('sha256').update(`${provider}:${transactionId}`).digest().readUInt32BE(0) / 2 ** 32;
  return draw * WHOLE_BP < shareBp;
}
