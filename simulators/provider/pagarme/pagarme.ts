import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { applyApiFaults } from '../psp/api-faults.ts';
import { moneyOf, openBankCharge, refundBankCharge, withdrawBankCharge } from '../psp/bank-charge.ts';
import type { PspContext } from '../psp/psp-context.ts';
import { addPeriod, invoiceDocument, Period, subscriptionDocument } from './billing.ts';
import { Dashboard, dashboardOf, keySet, putDashboard, rotateHubKey } from './dashboard.ts';
import { tell, tellOfCharge, tellOfOrder } from './events.ts';
import { chargeDocument, ORDER, Order, orderDocument } from './orders.ts';
import { CancelBody, OrderBody, total } from './requests.ts';

/** What the simulator takes for a secret key. */
export const PAGARME_SECRET_KEY = 'sk_test_simulated';
/** Pagar.me's own Pix key at the bank: it receives in its own name. */
const PIX_KEY = '3b1c9a52-8f0e-4f6a-9d8e-2a7c5b1d4e60';
const ANSWER = 'pagarme.answer';
const KEY_LIFE_MS = 24 * 60 * 60_000;
const Answer = z.object({ status: z.int(), body: z.unknown(), at: z.int() });
const OfferedEvent = z.object({ type: z.string(), data: z.unknown() });

type ById = { Params: { id: string } };

/** Pagar.me's API v5 under `/pagarme/core/v5`, the Hub's keys, and `/pagarme/dashboard` for what is set by hand. */
export function registerPagarme(app: FastifyInstance, context: PspContext): void {
  app.get('/pagarme/.well-known/jwks.json', (_request, reply) => reply.send(keySet(context)));
  app.get('/pagarme/dashboard', (_request, reply) => reply.send(dashboardOf(context)));
  app.put('/pagarme/dashboard', (request, reply) => {
    const parsed = Dashboard.partial().safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ message: z.prettifyError(parsed.error) });
    putDashboard(context, Dashboard.parse({ ...dashboardOf(context), ...parsed.data }));
    return reply.send(dashboardOf(context));
  });
  app.post('/pagarme/dashboard/rotate-key', (_request, reply) => {
    rotateHubKey(context);
    return reply.send(keySet(context));
  });
  /** One period of a subscription, charged by the order of this code. */
  app.post('/pagarme/dashboard/invoices', (request, reply) => {
    const period = Period.safeParse(request.body);
    if (!period.success) return reply.code(400).send({ message: z.prettifyError(period.error) });
    const made = addPeriod(context, period.data);
    return made === null ? notFound(reply) : reply.send(made);
  });
  /** Whatever comes next: told as given. */
  app.post('/pagarme/dashboard/events', (request, reply) => {
    const event = OfferedEvent.safeParse(request.body);
    if (!event.success) return reply.code(400).send({ message: z.prettifyError(event.error) });
    tell(context, event.data.type, event.data.data);
    return reply.send({});
  });
  app.post<{ Params: { code: string } }>('/pagarme/dashboard/chargebacks/:code', (request, reply) => {
    const order = context.store.all(ORDER, Order).find(({ code }) => code === request.params.code);
    if (order === undefined) return notFound(reply);
    if (order.txid === null || moneyOf(context.bank, order.txid).refundingCents > 0)
      return reply.code(409).send({ message: 'Nothing was paid, or a refund is under way.' });
    const changed = { ...order, chargedback: true, updatedAt: context.bank.clock.nowMs() };
    context.store.put(ORDER, order.id, changed);
    tellOfCharge(context, 'charge.chargedback', changed);
    return reply.send({});
  });
  app.register(async (scope) => registerApi(scope, context), { prefix: '/pagarme/core/v5' });
}

function registerApi(app: FastifyInstance, context: PspContext): void {
  const { store } = context;
  applyApiFaults(app, context.bank, () => dashboardOf(context).lie === 'error_after_write');
  app.addHook('onRequest', async (request, reply) => {
    const expected = `Basic ${Buffer.from(`${PAGARME_SECRET_KEY}:`).toString('base64')}`;
    if (!isSame(request.headers.authorization ?? '', expected))
      return reply.code(401).send({ message: 'Authorization has been denied for this request.' });
  });

  app.post('/orders', (request, reply) =>
    idempotent(context, request, reply, () => createOrder(context, request)),
  );

  app.get('/orders', (request, reply) => {
    const query = z.object({ code: z.string().optional() }).parse(request.query);
    const found = store
      .all(ORDER, Order)
      .filter(({ code }) => query.code === undefined || code === query.code)
      .reverse();
    // A list leaves out the charges.
    const data = found.map((order) => {
      const { charges: _charges, ...rest } = orderDocument(context, order);
      return rest;
    });
    return reply.send({ data, paging: { total: data.length } });
  });

  app.get<ById>('/orders/:id', (request, reply) => {
    const order = store.get(ORDER, request.params.id, Order);
    if (order === undefined) return notFound(reply);
    return reply.send(orderDocument(context, order, dashboardOf(context).lie));
  });

  app.get<ById>('/charges/:id', (request, reply) => {
    const order = byCharge(context, request.params.id);
    if (order === undefined) return notFound(reply);
    return reply.send(chargeDocument(context, order, dashboardOf(context).lie));
  });

  app.get<ById>('/subscriptions/:id', (request, reply) => {
    const subscription = subscriptionDocument(context, request.params.id);
    return subscription === null ? notFound(reply) : reply.send(subscription);
  });
  app.get<ById>('/invoices/:id', (request, reply) => {
    const invoice = invoiceDocument(context, request.params.id);
    return invoice === null ? notFound(reply) : reply.send(invoice);
  });

  app.delete<ById>('/charges/:id', (request, reply) =>
    idempotent(context, request, reply, () => cancelCharge(context, request)),
  );
}

interface Made {
  readonly status: number;
  readonly body: unknown;
}

function createOrder(context: PspContext, request: FastifyRequest): Made {
  const body = OrderBody.safeParse(request.body);
  if (!body.success)
    return {
      status: 422,
      body: { message: 'The request is invalid.', errors: z.flattenError(body.error).fieldErrors },
    };
  const { bank, store } = context;
  const { lie } = dashboardOf(context);
  const amountCents = total(body.data.items);
  const [payment] = body.data.payments;
  const charge =
    lie === 'failed' || payment === undefined
      ? null
      : openBankCharge(bank, {
          key: PIX_KEY,
          amountCents,
          expiresSeconds: payment.pix.expires_in,
          messageToPayer: body.data.items[0]?.description ?? '',
          merchantName: 'PAGARME TOTEM',
        });
  const order: Order = {
    id: newId(context, 'or'),
    code: body.data.code,
    chargeId: newId(context, 'ch'),
    transactionId: newId(context, 'tran'),
    txid: charge?.txid ?? null,
    amountCents,
    createdAt: bank.clock.nowMs(),
    updatedAt: bank.clock.nowMs(),
    customer: body.data.customer,
    items: body.data.items,
    split: payment?.split ?? [],
    chargedback: false,
  };
  store.put(ORDER, order.id, order);
  tellOfOrder(context, 'order.created', order);
  tellOfCharge(context, charge === null ? 'charge.payment_failed' : 'charge.pending', order);
  return { status: 200, body: orderDocument(context, order, lie) };
}

/** Withdraws what is not paid; refunds what is, all of it or `amount`. */
function cancelCharge(context: PspContext, request: FastifyRequest): Made {
  const { id } = request.params as ById['Params'];
  const order = byCharge(context, id);
  if (order === undefined || order.txid === null)
    return { status: 404, body: { message: 'Charge not found.' } };
  const body = CancelBody.safeParse(request.body);
  if (!body.success) return { status: 422, body: { message: 'The request is invalid.' } };
  const { bank } = context;
  const money = moneyOf(bank, order.txid);
  if (money.paidCents === 0) {
    if (money.isWithdrawn || money.hasExpired)
      return { status: 412, body: { message: 'This charge can not be canceled.' } };
    withdrawBankCharge(bank, order.txid);
    tellOfOrder(context, 'order.canceled', order);
  } else {
    const left = money.paidCents - money.refundedCents - money.refundingCents;
    const amountCents = body.data.amount ?? left;
    const isGone = left === 0 || order.chargedback;
    if (isGone || !refundBankCharge(bank, order.txid, body.data.operation_reference, amountCents))
      return { status: 412, body: { message: 'The amount is more than what can be canceled.' } };
  }
  return { status: 200, body: chargeDocument(context, order, dashboardOf(context).lie) };
}

/** The same key is answered as the first time, for 24 hours; the key is case-sensitive. */
function idempotent(
  { store, bank }: PspContext,
  request: FastifyRequest,
  reply: FastifyReply,
  make: () => Made,
): FastifyReply {
  const key = request.headers['idempotency-key'];
  const name = typeof key === 'string' ? `${request.method} ${key}` : null;
  const earlier = name === null ? undefined : store.get(ANSWER, name, Answer);
  if (earlier !== undefined && bank.clock.nowMs() - earlier.at < KEY_LIFE_MS)
    return reply.code(earlier.status).send(earlier.body);
  const made = make();
  if (name !== null && made.status < 300) store.put(ANSWER, name, { ...made, at: bank.clock.nowMs() });
  return reply.code(made.status).send(made.body);
}

function byCharge({ store }: PspContext, chargeId: string): Order | undefined {
  return store.all(ORDER, Order).find((order) => order.chargeId === chargeId);
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ message: 'Not found.' });
}

/** `or_` and 16 characters, as Pagar.me's ids are. */
function newId({ bank }: PspContext, prefix: string): string {
  return `${prefix}_${Buffer.from(bank.randomBytes(8)).toString('hex')}`;
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
