import type { ServerContext } from '../context.ts';
import { startWorkerLoop, type WorkerLoop } from '../payments/worker-loop.ts';
import type { PaymentProvider } from './provider.ts';
import type { ProviderHealth } from './provider-health.ts';

/** Totems offer no PIX while the provider is down: nobody but this loop would find out that it is back. */
const PROBE_EVERY_MS = 5_000;
/** A provider that was heard this recently is not asked: customers' own requests tell of it. */
const FRESH_MS = 10_000;
/** Of no charge of ours (theirs are digits and letters of a UUID): "not found" is the answer of a provider that lives. */
const PROBE_TXID = 'TOTEMPROBE0000000000000000000000';

/** Asks the provider for a charge that does not exist, whenever it was not heard for a while. */
export function startProviderProbe(
  context: Pick<ServerContext, 'clock' | 'log'>,
  provider: PaymentProvider,
  health: ProviderHealth,
): WorkerLoop {
  const { clock, log } = context;
  return startWorkerLoop({
    name: 'provider-probe',
    clock,
    log,
    task: async () => {
      const heardAt = health.lastAnswerAt();
      const fresh = heardAt !== null && Math.abs(clock.nowMs() - heardAt) < FRESH_MS;
      if (!fresh || health.report().status === 'down')
        await provider.fetchCharge({ txid: PROBE_TXID, providerChargeId: null });
      return clock.nowMs() + PROBE_EVERY_MS;
    },
  });
}
