import { MAX_ATTEMPTS, retryDelayMs } from '../callback-delivery.ts';
import { type DueLoop, startDueLoop } from '../due-loop.ts';
import { postWebhook } from '../post-webhook.ts';
import type { PspContext } from './psp-context.ts';
import type { Delivery } from './psp-store.ts';

/** Sent at once, in no order that anybody promised. */
const MAX_AT_ONCE = 20;
/** Between a webhook and its copy under the fault `duplicate`, so that they travel as two requests. */
const DUPLICATE_AFTER_MS = 250;

export interface WebhookTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How one company addresses and signs a body at the moment of its sending; null where it has no webhook. */
export type Addressing = (body: string) => WebhookTarget | null;

/** Owes a webhook with `body`, as the bank's fault switches have it. */
export function oweWebhook({ store, bank, wakeDelivery }: PspContext, sender: string, body: string): void {
  const { webhook: fault, webhookDelayMs } = bank.store.faults.get();
  if (fault === 'lost') return;
  const dueAt = bank.clock.nowMs() + (fault === 'delayed' ? webhookDelayMs : 0);
  store.owe(sender, body, dueAt);
  if (fault === 'duplicate') store.owe(sender, body, dueAt + DUPLICATE_AFTER_MS);
  wakeDelivery();
}

/** Posts what is owed until it is answered with 2xx or given up. */
export function startWebhookDelivery(
  context: PspContext,
  senders: Readonly<Record<string, Addressing>>,
): DueLoop {
  const { store, bank } = context;
  return startDueLoop(bank.clock, bank.log, {
    nextDueAt: () => store.nextDueAt(),
    run: async (nowMs) => {
      await Promise.all(
        store
          .dueBy(nowMs)
          .slice(0, MAX_AT_ONCE)
          .map((delivery) => deliver(context, senders, delivery)),
      );
    },
  });
}

async function deliver(
  { store, bank }: PspContext,
  senders: Readonly<Record<string, Addressing>>,
  { id, sender, body, attempts }: Delivery,
): Promise<void> {
  const target = senders[sender]?.(body) ?? null;
  const failure = target === null ? 'the webhook was removed' : await post(target, body);
  if (failure === null) {
    store.delivered(id);
    bank.log.info({ sender }, 'webhook delivered');
    return;
  }
  bank.log.warn({ sender, failure, attempts }, 'webhook not delivered');
  if (target === null || attempts + 1 >= MAX_ATTEMPTS) store.giveUp(id, failure);
  else store.retryAt(id, bank.clock.nowMs() + retryDelayMs(attempts + 1), failure);
}

/** @returns null when it was accepted, otherwise why not */
async function post({ url, headers }: WebhookTarget, body: string): Promise<string | null> {
  return postWebhook(url, { 'content-type': 'application/json', ...headers }, body);
}
