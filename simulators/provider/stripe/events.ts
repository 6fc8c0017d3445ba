import Stripe from 'stripe';
import { MAX_ATTEMPTS, retryDelayMs } from '../callback-delivery.ts';
import { type DueLoop, startDueLoop } from '../due-loop.ts';
import { postWebhook } from '../post-webhook.ts';
import { API_VERSION, type StripeObject } from './objects.ts';
import { newStripeId, nowSeconds, type StripeContext } from './stripe-context.ts';
import type { OwedEvent } from './stripe-store.ts';

/** Sent at once, in no order that anybody promised. */
const MAX_AT_ONCE = 20;
/** Between an event and its copy under the fault `duplicate`, so that they travel as two requests. */
const DUPLICATE_AFTER_MS = 250;
/** Under `outOfOrder`: what is owed first comes this much later than what is owed next. */
const TURN_ROUND_MS = 400;

/**
 * Owes an event, with the object as it is now, in the caller's transaction; nothing where no webhook is set, as with
 * Stripe.
 * @param together its place among the events of one deed, of so many
 */
export function oweEvent(
  context: StripeContext,
  type: string,
  object: StripeObject | Readonly<Record<string, unknown>>,
  together: { readonly place: number; readonly of: number } = { place: 0, of: 1 },
): void {
  const { store, provider } = context;
  const { webhook, outOfOrder } = store.settings();
  const faults = provider.store.faults.get();
  if (webhook === null || faults.webhook === 'lost') return;
  const event = {
    id: newStripeId(context, 'evt'),
    object: 'event',
    api_version: API_VERSION,
    created: nowSeconds(context),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
  const delayMs =
    (faults.webhook === 'delayed' ? faults.webhookDelayMs : 0) +
    (outOfOrder ? (together.of - 1 - together.place) * TURN_ROUND_MS : 0);
  store.oweEvent(
    event.id,
    JSON.stringify(event),
    provider.clock.nowMs() + delayMs,
    faults.webhook === 'duplicate' ? 2 : 1,
  );
}

/** The events of one deed, in the order in which Stripe makes them. */
export function oweEvents(
  context: StripeContext,
  events: readonly (readonly [string, StripeObject])[],
): void {
  for (const [place, [type, object]] of events.entries())
    oweEvent(context, type, object, { place, of: events.length });
}

/** Posts owed events, each signed at the moment of its sending, until they are answered with 2xx or given up. */
export function startEventDelivery(context: StripeContext): DueLoop {
  const { store, provider } = context;
  return startDueLoop(provider.clock, provider.log, {
    nextDueAt: () => store.nextEventDueAt(),
    run: async (nowMs) => {
      await Promise.all(store.eventsDueBy(nowMs, MAX_AT_ONCE).map((event) => deliver(context, event)));
    },
  });
}

async function deliver(context: StripeContext, event: OwedEvent): Promise<void> {
  const { store, provider } = context;
  const { webhook } = store.settings();
  const failure = webhook === null ? 'the webhook was removed' : await post(context, webhook, event.json);
  const nowMs = provider.clock.nowMs();
  if (failure === null) {
    store.eventDelivered(event.id, nowMs + DUPLICATE_AFTER_MS);
    provider.log.info({ event: event.id }, 'event delivered');
    return;
  }
  provider.log.warn({ event: event.id, failure, attempts: event.attempts }, 'event not delivered');
  if (webhook === null || event.attempts + 1 >= MAX_ATTEMPTS) store.eventGivenUp(event.id, failure);
  else store.eventRetryAt(event.id, nowMs + retryDelayMs(event.attempts + 1), failure);
}

/** @returns null when it was accepted, otherwise why not */
async function post(
  context: StripeContext,
  webhook: { readonly url: string; readonly secret: string },
  payload: string,
): Promise<string | null> {
  const signature = Stripe.webhooks.generateTestHeaderString({
    payload,
    secret: webhook.secret,
    timestamp: nowSeconds(context),
  });
  return postWebhook(
    webhook.url,
    { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature },
    payload,
  );
}
