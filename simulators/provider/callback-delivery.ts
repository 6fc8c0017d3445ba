import { toWirePix, type WirePix } from './api-pix/documents.ts';
import { type DueLoop, startDueLoop } from './due-loop.ts';
import { postWebhook } from './post-webhook.ts';
import type { ProviderContext } from './provider-context.ts';
import type { Callback } from './store/callbacks.ts';

/** The first retry comes after a second, each next after twice the time, at most a minute. */
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** About an hour and a half in all: a server that is away longer learns by reconciliation. */
export const MAX_ATTEMPTS = 100;
/** Notifications of one key that are due together travel in one request, as banks do. */
const MAX_BATCH = 100;

/** Sends owed notifications, `POST {webhookUrl}/pix`, until they are answered with 2xx or given up. */
export function startCallbackDelivery(context: ProviderContext): DueLoop {
  const { store, clock, log } = context;
  return startDueLoop(clock, log, {
    nextDueAt: () => store.callbacks.nextDueAt(),
    run: async (nowMs) => {
      const dueByKey = Map.groupBy(store.callbacks.dueBy(nowMs), (callback) => callback.key);
      await Promise.all(
        Array.from(dueByKey, ([key, due]) => deliverBatch(context, key, due.slice(0, MAX_BATCH))),
      );
    },
  });
}

/** Before attempt `attempts + 1`, in ms. */
export function retryDelayMs(attempts: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 16));
}

async function deliverBatch(
  context: ProviderContext,
  key: string,
  batch: readonly Callback[],
): Promise<void> {
  const { store, clock, log } = context;
  const webhook = store.webhooks.byKey(key);
  const failure =
    webhook === undefined
      ? 'the webhook was removed'
      : await post(
          webhook.url,
          batch.map((callback) => toNotification(context, callback)),
        );
  if (failure === null) {
    store.transaction(() => store.callbacks.delivered(batch.map(({ id }) => id)));
    log.info({ count: batch.length }, 'notification delivered');
    return;
  }
  log.warn({ count: batch.length, failure, attempts: batch[0]?.attempts }, 'notification not delivered');
  store.transaction(() => {
    for (const { id, attempts } of batch) {
      const last = webhook === undefined || attempts + 1 >= MAX_ATTEMPTS;
      if (last) store.callbacks.giveUp(id, failure);
      else store.callbacks.retryAt(id, clock.nowMs() + retryDelayMs(attempts + 1), failure);
    }
  });
}

/** A receipt is told without its later refunds; a refund is told with itself alone. */
function toNotification({ store }: ProviderContext, callback: Callback): WirePix {
  const pix = store.pix.settled(callback.endToEndId);
  if (pix === undefined) throw new Error(`a notification of an unknown Pix ${callback.endToEndId}`);
  const refund =
    callback.refundId === null ? undefined : store.refunds.byId(callback.endToEndId, callback.refundId);
  return toWirePix(pix, refund === undefined ? [] : [refund]);
}

/** @returns null when it was accepted, otherwise why not */
async function post(webhookUrl: string, items: readonly WirePix[]): Promise<string | null> {
  const url = `${webhookUrl.replace(/\/$/, '')}/pix`;
  return postWebhook(url, { 'content-type': 'application/json' }, JSON.stringify({ pix: items }));
}
