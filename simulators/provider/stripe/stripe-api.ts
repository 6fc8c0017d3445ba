import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { registerBilling } from './billing.ts';
import { amountOf, type FormTree, parseForm, recordOf, textOf, textsOf } from './form.ts';
import { createIntent, expandIntent, list, searchIntents } from './intents.ts';
import {
  API_VERSION,
  type Charge,
  type Dispute,
  type Intent,
  type Refund,
  refuse,
  type StripeAnswer,
} from './objects.ts';
import { cancelIntent, confirmIntent, refundIntent } from './payments.ts';
import { newStripeId, type StripeContext } from './stripe-context.ts';

/** Stripe may forget a key after that; this one always does. */
export const KEY_KEPT_MS = 24 * 3_600_000;
const DEFAULT_PAGE = 10;
const LONGEST_PAGE = 100;

interface ApiRequest {
  /** Body or query. */
  readonly form: FormTree;
  readonly id: string;
  readonly expand: readonly string[];
}
type Handler = (request: ApiRequest) => StripeAnswer;

/** The part of Stripe's API that a card payment needs, under `/stripe/v1`. */
export async function registerStripeApi(app: FastifyInstance, context: StripeContext): Promise<void> {
  await app.register(async (scope) => registerRoutes(scope, context), { prefix: '/stripe/v1' });
}

function registerRoutes(app: FastifyInstance, context: StripeContext): void {
  const { store } = context;
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(body.toString())),
  );
  applyFaults(app, context);
  app.setNotFoundHandler((request, reply) =>
    send(reply, refuse(404, `Unrecognized request URL (${request.method}: ${request.url}).`)),
  );

  const write = (path: string, handler: Handler): void => {
    app.post(path, (request, reply) => {
      const answer = authorized(context, request) ?? keyed(context, request, () => handler(read(request)));
      context.wakeDelivery();
      return send(reply, answer);
    });
  };
  const get = (path: string, handler: Handler): void => {
    app.get(path, (request, reply) => send(reply, authorized(context, request) ?? handler(read(request))));
  };
  const withIntent =
    (handler: (intent: Intent, request: ApiRequest) => StripeAnswer): Handler =>
    (request) => {
      const intent = store.get<Intent>('payment_intent', request.id);
      if (intent === undefined) return missing('payment_intent', request.id);
      return expanded(handler(intent, request), request);
    };
  const expanded = (answer: StripeAnswer, { expand }: ApiRequest): StripeAnswer =>
    answer.status === 200 && isIntent(answer.body)
      ? { status: 200, body: expandIntent(context, answer.body, expand) }
      : answer;

  write('/payment_intents', (request) => expanded(createIntent(context, request.form), request));
  get('/payment_intents/search', ({ form }) => searchIntents(context, textOf(form, 'query') ?? ''));
  get(
    '/payment_intents/:id',
    withIntent((intent) => ({ status: 200, body: intent })),
  );
  write(
    '/payment_intents/:id/cancel',
    withIntent((intent, { form }) =>
      cancelIntent(context, intent, textOf(form, 'cancellation_reason') ?? null),
    ),
  );
  write(
    '/payment_intents/:id/confirm',
    withIntent((intent, { form }) => confirmIntent(context, intent, cardOf(form))),
  );
  get('/charges/:id', ({ id }) => found(store.get<Charge>('charge', id), 'charge', id));
  write('/refunds', ({ form }) => {
    const id = intentOf(context, form);
    const intent = store.get<Intent>('payment_intent', id);
    if (intent === undefined) return missing('payment_intent', id);
    return refundIntent(context, intent, {
      amount: amountOf(form, 'amount'),
      metadata: recordOf(form, 'metadata'),
    });
  });
  get('/refunds', ({ form }) =>
    pageOf(store.of<Refund>('refund', intentOf(context, form)), form, '/v1/refunds'),
  );
  get('/refunds/:id', ({ id }) => found(store.get<Refund>('refund', id), 'refund', id));
  registerBilling(get, context, missing);
  get('/disputes', ({ form }) =>
    pageOf(store.of<Dispute>('dispute', intentOf(context, form)), form, '/v1/disputes'),
  );
}

/** Stripe keeps the first answer of a key, and compares what is asked with it. */
function keyed(context: StripeContext, request: FastifyRequest, work: () => StripeAnswer): StripeAnswer {
  const { store, provider } = context;
  const key = request.headers['idempotency-key'];
  const asked = `${request.url}?${request.body instanceof URLSearchParams ? request.body.toString() : ''}`;
  const nowMs = provider.clock.nowMs();
  return store.transaction(() => {
    if (typeof key !== 'string') return work();
    const known = store.answerOf(key, nowMs - KEY_KEPT_MS);
    if (known !== undefined) {
      if (known.request === asked) return JSON.parse(known.json) as StripeAnswer;
      return refuse(
        400,
        'Keys for idempotent requests can only be used with the same parameters they were first used with.',
        { type: 'idempotency_error' },
      );
    }
    const answer = work();
    store.keepAnswer(key, { request: asked, json: JSON.stringify(answer) }, nowMs);
    return answer;
  });
}

/** @returns null where the caller may go on */
function authorized({ keys, store }: StripeContext, request: FastifyRequest): StripeAnswer | null {
  const { form, id } = read(request);
  const header = request.headers.authorization ?? '';
  const basic = /^Basic (.+)$/.exec(header)?.[1];
  const key =
    basic === undefined
      ? header.replace(/^Bearer /, '')
      : Buffer.from(basic, 'base64').toString().split(':')[0];
  if (key === keys.secretKey) return null;
  // The customer's page: its public key, and the secret of this one PaymentIntent.
  const clientSecret = textOf(form, 'client_secret');
  const isPage = (key === keys.publishableKey || textOf(form, 'key') === keys.publishableKey) && id !== '';
  if (isPage && clientSecret !== undefined) {
    if (store.get<Intent>('payment_intent', id)?.client_secret === clientSecret) return null;
    return missing('payment_intent', id);
  }
  return refuse(401, 'Invalid API Key provided.');
}

/** The switches of `/bank/faults` that concern an API; Stripe is away when the bank is. */
function applyFaults(app: FastifyInstance, context: StripeContext): void {
  const { store, clock } = context.provider;
  app.addHook('onRequest', async (_request, reply) => {
    const { online, apiDelayMs } = store.faults.get();
    if (apiDelayMs > 0) await new Promise<void>((resolve) => void clock.schedule(apiDelayMs, resolve));
    if (!online)
      return reply.code(503).send({ error: { type: 'api_error', message: 'Stripe is not available.' } });
  });
  app.addHook('onSend', async (request, reply) => {
    if (request.method === 'GET' || reply.statusCode >= 300 || !store.faults.get().timeoutAfterSuccess)
      return;
    await new Promise<void>((resolve) => {
      if (request.raw.socket.destroyed) resolve();
      else reply.raw.once('close', () => resolve());
    });
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'stripe-version': API_VERSION, 'request-id': newStripeId(context, 'req') });
  });
}

function read(request: FastifyRequest): ApiRequest {
  const fields =
    request.method === 'GET'
      ? new URL(request.url, 'http://stripe.invalid').searchParams
      : request.body instanceof URLSearchParams
        ? request.body
        : new URLSearchParams();
  const form = parseForm(fields);
  const { id = '' } = request.params as { id?: string };
  return { form, id, expand: textsOf(form, 'expand') };
}

function send(reply: FastifyReply, { status, body }: StripeAnswer): FastifyReply {
  return reply.code(status).send(body);
}

/** A name of Stripe's ("pm_card_visa"), or the number that was typed into the simulator's own form. */
function cardOf(form: FormTree): string {
  const data = form['payment_method_data'];
  const typed = typeof data === 'object' ? recordOf(data, 'card')['number'] : undefined;
  return typed ?? textOf(form, 'payment_method') ?? '';
}

/** By itself, or by a charge of it. */
function intentOf({ store }: StripeContext, form: FormTree): string {
  const charge = textOf(form, 'charge');
  if (charge !== undefined) return store.get<Charge>('charge', charge)?.payment_intent ?? '';
  return textOf(form, 'payment_intent') ?? '';
}

function pageOf(items: readonly { readonly id: string }[], form: FormTree, url: string): StripeAnswer {
  const after = textOf(form, 'starting_after');
  const from = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1;
  const limit = Math.min(LONGEST_PAGE, amountOf(form, 'limit') ?? DEFAULT_PAGE);
  return { status: 200, body: list(items.slice(from), limit, url) };
}

function found(body: unknown, kind: string, id: string): StripeAnswer {
  return body === undefined ? missing(kind, id) : { status: 200, body };
}

function missing(kind: string, id: string): StripeAnswer {
  return refuse(404, `No such ${kind}: '${id}'`, { code: 'resource_missing', param: 'id' });
}

function isIntent(body: unknown): body is Intent {
  return (
    typeof body === 'object' && body !== null && (body as { object?: unknown }).object === 'payment_intent'
  );
}
