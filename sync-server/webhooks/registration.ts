import type { ServerContext } from '../context.ts';
import { backoffMs } from '../payments/backoff.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import { webhookUrl } from './webhook-url.ts';

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** Registered again now and then: it costs one request, and heals a provider that forgot. */
const RENEW_MS = 60 * 60_000;

/**
 * Tells the provider where to send its callbacks, for each receiving key, until it agrees. Until then the poller
 * finds the money.
 * @param serverUrl where the provider reaches this server
 */
export function startWebhookRegistration(
  context: ServerContext,
  provider: PaymentProvider,
  serverUrl: string,
): { stop(): Promise<void> } {
  if (provider.registerWebhook === undefined) return { stop: async () => undefined };
  const url = webhookUrl(serverUrl, provider);
  let failures = 0;
  let stopped = false;
  let cancelTimer = (): void => undefined;

  async function run(): Promise<void> {
    const registered = await registerAll(context, provider, url);
    failures = registered ? 0 : failures + 1;
    const delayMs = registered ? RENEW_MS : backoffMs(failures, FIRST_RETRY_MS, MAX_RETRY_MS);
    if (!stopped) cancelTimer = context.clock.schedule(delayMs, start);
  }

  function start(): void {
    running = run();
  }

  let running = run();
  return {
    async stop() {
      stopped = true;
      cancelTimer();
      await running;
    },
  };
}

async function registerAll(context: ServerContext, provider: PaymentProvider, url: string): Promise<boolean> {
  try {
    const keys = await context.db.query<{ pixKey: string }>(
      'SELECT DISTINCT pix_key AS "pixKey" FROM merchants',
    );
    let all = true;
    for (const { pixKey } of keys) {
      const outcome = await provider.registerWebhook?.(pixKey, url);
      if (outcome === undefined || outcome.kind === 'registered') continue;
      all = false;
      // The address holds the secret, so that only what went wrong is logged.
      context.log.warn(
        { outcome: outcome.kind, detail: outcome.detail },
        'the webhook is not registered yet',
      );
    }
    return all;
  } catch (error) {
    context.log.error({ error }, 'the webhook could not be registered; it is tried again');
    return false;
  }
}
