import Stripe from 'stripe';
import { z } from 'zod';
import type {
  ChargeHint,
  RecurrenceHint,
  WebhookIntake,
  WebhookReading,
  WebhookRequest,
  WebhookVerdict,
} from '../webhook-intake.ts';
import { METADATA } from './to-provider-charge.ts';

/** Stripe's own: older events are replays. A retry by Stripe is signed anew. */
const MAX_AGE_SECONDS = 300;
/** Stripe's clock and ours may differ; the package itself would take any time to come. */
const MAX_AHEAD_SECONDS = 60;

const EventId = z.looseObject({ id: z.string().regex(/^evt_\w{1,250}$/) });

/** Events of the "snapshot" kind, signed in `stripe-signature`, at an address that needs no secret. */
export function stripeWebhooks(secrets: readonly string[]): WebhookIntake {
  return {
    addressPath: '',
    authenticate: (request) => authenticate(request, secrets),
    read: readEvent,
  };
}

function authenticate(request: WebhookRequest, secrets: readonly string[]): WebhookVerdict {
  const header = request.headers['stripe-signature'];
  if (header === undefined) return { kind: 'refused', reason: 'signature' };
  const body = exactText(request.body);
  if (body === null) return { kind: 'refused', reason: 'unreadable' };
  const signed = secrets
    .map((secret) => signedBy(body, header, secret))
    .find((reason) => reason !== 'signature');
  if (signed !== null) return { kind: 'refused', reason: signed ?? 'signature' };
  const ageSeconds = Math.floor(request.receivedAtMs / 1000) - signedAtSeconds(header);
  if (!(ageSeconds <= MAX_AGE_SECONDS && ageSeconds >= -MAX_AHEAD_SECONDS))
    return { kind: 'refused', reason: 'timestamp' };
  const event = EventId.safeParse(parseJson(body));
  return event.success
    ? { kind: 'authentic', dedupeKey: event.data.id }
    : { kind: 'refused', reason: 'unreadable' };
}

/**
 * Whether the package takes the signature; the time is looked at by the caller, so that a replay is told from a
 * forgery.
 * @returns null when it does
 */
function signedBy(body: string, header: string, secret: string): 'signature' | 'unreadable' | null {
  try {
    const TIME_IS_CHECKED_BELOW = 0;
    Stripe.webhooks.constructEvent(body, header, secret, TIME_IS_CHECKED_BELOW);
    return null;
  } catch (error) {
    // Anything else is thrown for what is signed and no event: no JSON, or the notification of another kind.
    return error instanceof Stripe.errors.StripeSignatureVerificationError ? 'signature' : 'unreadable';
  }
}

/** The last `t`, as the package reads it; NaN, which is no time at all, where there is none. */
function signedAtSeconds(header: string): number {
  const times = header.split(',').flatMap((part) => (part.startsWith('t=') ? [part.slice(2)] : []));
  return Number.parseInt(times.at(-1) ?? '', 10);
}

/** Null where the bytes are not UTF-8: a text that stands for other bytes than those that came proves nothing. */
function exactText(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A field that is not what it should be is as good as none: the event is kept, and the poll finds the money. */
const Id = z.string().regex(/^\w{1,255}$/);
const Reference = z.union([Id, z.looseObject({ id: Id }).transform(({ id }) => id)]);
const Txid = z.string().regex(/^[a-zA-Z0-9]{1,35}$/);

const EventObject = z.looseObject({
  id: Id.optional().catch(undefined),
  object: z.string().optional().catch(undefined),
  payment_intent: Reference.optional().catch(undefined),
  charge: Reference.optional().catch(undefined),
  subscription: Reference.optional().catch(undefined),
  metadata: z
    .looseObject({ [METADATA.txid]: Txid.optional().catch(undefined) })
    .optional()
    .catch(undefined),
  parent: z
    .looseObject({
      subscription_details: z
        .looseObject({ subscription: Reference.optional().catch(undefined) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});
type EventObject = z.infer<typeof EventObject>;

const Event = z.looseObject({
  type: z.string().min(1).max(200),
  data: z
    .looseObject({ object: EventObject.optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

function readEvent({ body }: Pick<WebhookRequest, 'body'>): WebhookReading {
  const text = exactText(body);
  const event = Event.safeParse(text === null ? undefined : parseJson(text));
  if (!event.success) return { kind: 'unreadable', reason: 'not an event of Stripe' };
  const subject = event.data.data?.object;
  return {
    kind: 'event',
    type: event.data.type,
    charges: subject === undefined ? [] : chargesOf(subject),
    recurrences: subject === undefined ? [] : recurrencesOf(subject),
    ...(subject === undefined ? {} : receiptIdsOf(subject)),
  };
}

/** Charges, refunds, disputes, invoices and checkout sessions name their PaymentIntent; most carry our metadata too. */
function chargesOf(subject: EventObject): readonly ChargeHint[] {
  const providerChargeId =
    (subject.object === 'payment_intent' ? subject.id : subject.payment_intent) ?? null;
  const txid = subject.metadata?.[METADATA.txid] ?? null;
  return providerChargeId === null && txid === null ? [] : [{ txid, providerChargeId }];
}

/** Of a charge, and of a refund or a dispute of one: of a subscription's money they name nothing else that is ours. */
function receiptIdsOf({
  object,
  id,
  charge,
}: EventObject): Pick<Extract<WebhookReading, { kind: 'event' }>, 'receiptIds'> {
  const receiptId =
    object === 'charge' ? id : object === 'refund' || object === 'dispute' ? charge : undefined;
  return receiptId === undefined ? {} : { receiptIds: [receiptId] };
}

function recurrencesOf(subject: EventObject): readonly RecurrenceHint[] {
  const { id } = subject;
  if (subject.object === 'subscription') return id === undefined ? [] : [{ kind: 'agreement', id }];
  const agreement = subject.subscription ?? subject.parent?.subscription_details?.subscription;
  const agreements: RecurrenceHint[] = agreement === undefined ? [] : [{ kind: 'agreement', id: agreement }];
  if (subject.object !== 'invoice' || id === undefined) return agreements;
  return [{ kind: 'charge', id }, ...agreements];
}
