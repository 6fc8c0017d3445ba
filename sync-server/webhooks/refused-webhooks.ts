import type { Log } from '../../platform/log.ts';
import type { WebhookRefusal } from '../providers/webhook-intake.ts';

/** Webhooks that were not the provider's, since this process started. */
export interface RefusedWebhook {
  readonly provider: string;
  readonly reason: WebhookRefusal;
  readonly count: number;
  /** Epoch milliseconds. */
  readonly lastAt: number;
}

export interface RefusedWebhooks {
  count(provider: string, reason: WebhookRefusal, atMs: number): void;
  report(): RefusedWebhook[];
}

/** Counted, and logged with each doubling: whoever guesses does so often. */
export function createRefusedWebhooks(log: Log): RefusedWebhooks {
  const counts = new Map<string, RefusedWebhook>();
  return {
    count(provider, reason, atMs) {
      const key = `${provider} ${reason}`;
      const count = (counts.get(key)?.count ?? 0) + 1;
      counts.set(key, { provider, reason, count, lastAt: atMs });
      if (Number.isInteger(Math.log2(count))) log.warn({ provider, reason, count }, 'webhooks were refused');
    },
    report: () => [...counts.values()],
  };
}
