import { MAX_ATTEMPTS, retryDelayMs } from './callback-delivery.ts';
import { type DueLoop, startDueLoop } from './due-loop.ts';
import type { ProviderContext } from './provider-context.ts';

const ANSWER_TIMEOUT_MS = 5000;

/** Sends what is owed for agreements and recurring charges: `POST {webhookUrl}/rec` and `/cobr`. */
export function startAutomaticDelivery(context: ProviderContext): DueLoop {
  const { store, clock, log } = context;
  const { automatic } = store;
  return startDueLoop(clock, log, {
    nextDueAt: () => automatic.nextDueAt(),
    run: async (nowMs) => {
      for (const { id, path, body, attempts } of automatic.dueBy(nowMs)) {
        const webhook = automatic.webhooks.get(path);
        const taken =
          webhook === undefined || (await post(`${webhook.url.replace(/\/$/, '')}/${path}`, body));
        const isLast = taken || attempts + 1 >= MAX_ATTEMPTS;
        store.transaction(() =>
          automatic.attempted(id, isLast ? null : clock.nowMs() + retryDelayMs(attempts + 1)),
        );
        if (!taken) log.warn({ path, attempts }, 'notification of Pix Automático not delivered');
      }
    },
  });
}

async function post(url: string, body: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return false;
  }
}
