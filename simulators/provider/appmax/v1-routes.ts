import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { isValidCpf } from '../../../domain/cpf.ts';
import { applyApiFaults } from '../psp/api-faults.ts';
import type { PspContext } from '../psp/psp-context.ts';
import { dashboardOf, newOrder, type Order, orderById, putCustomer, stateOf, wallTime } from './orders.ts';
import { openPix, refund } from './payments.ts';

/** What the simulator takes at its token endpoint. */
export const APPMAX_CLIENT = { clientId: 'appmax_simulated', clientSecret: 'appmax secret: simulated' };
const TOKEN_SECONDS = 3600;
const LIE_CENTS = 100;
/** v1 takes no expiry: this is the account's. */
const PIX_SECONDS = 300;

const Cents = z.int().min(0);
const CustomerBody = z.object({
  first_name: z.string().min(1),
  last_name: z.string().min(1),
  email: z.email(),
  phone: z.string().min(10),
  document_number: z.string().optional(),
});
const OrderBody = z.object({
  customer_id: z.int(),
  products_value: Cents,
  discount_value: Cents,
  shipping_value: Cents,
  products: z
    .array(
      z.object({
        sku: z.string().min(1),
        name: z.string().min(1),
        quantity: z.int().min(1),
        unit_value: Cents,
        type: z.enum(['physical', 'digital']),
      }),
    )
    .min(1),
});
const PixBody = z.object({
  order_id: z.int(),
  payment_data: z.object({ pix: z.object({ document_number: z.string() }) }),
});
const RefundBody = z.object({
  order_id: z.int(),
  type: z.enum(['total', 'partial']),
  value: Cents.optional(),
});

/** Appmax v1: the token at `/appmax/auth/oauth2/token`, the rest under `/appmax/api/v1`; cents. */
export function registerV1(app: FastifyInstance, context: PspContext): void {
  app.register(async (scope) => registerToken(scope, context));
  app.register(async (scope) => registerApi(scope, context), { prefix: '/appmax/api/v1' });
}

function registerToken(app: FastifyInstance, { bank }: PspContext): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(body.toString())),
  );
  app.post('/appmax/auth/oauth2/token', (request, reply) => {
    if (!bank.store.faults.get().online) return reply.code(503).send({ error: 'temporarily_unavailable' });
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const isKnown =
      form.get('client_id') === APPMAX_CLIENT.clientId &&
      isSame(form.get('client_secret') ?? '', APPMAX_CLIENT.clientSecret);
    if (!isKnown || form.get('grant_type') !== 'client_credentials')
      return reply.code(401).send({ error: 'invalid_client' });
    return reply.send({ access_token: tokenOfToday(), token_type: 'Bearer', expires_in: TOKEN_SECONDS });
  });
}

/** One for all: how long it lives is for the client to keep. */
function tokenOfToday(): string {
  return createHash('sha256').update(APPMAX_CLIENT.clientSecret).digest('base64url');
}

function registerApi(app: FastifyInstance, context: PspContext): void {
  const lie = (): string => dashboardOf(context).lie;
  applyApiFaults(app, context.bank, () => lie() === 'error_after_write');
  app.addHook('onRequest', async (request, reply) => {
    if (!isSame(request.headers.authorization ?? '', `Bearer ${tokenOfToday()}`))
      return reply.code(401).send({ message: 'Unauthenticated.' });
  });

  app.post('/customers', (request, reply) => {
    const body = CustomerBody.safeParse(request.body);
    if (!body.success) return refuse(reply, 422, 'The given data was invalid.');
    const { first_name, last_name, email, phone, document_number: cpf } = body.data;
    if (cpf !== undefined && !isValidCpf(cpf)) return refuse(reply, 422, 'O CPF informado é inválido.');
    const customer = putCustomer(context, { firstname: first_name, lastname: last_name, email, phone });
    return reply.code(201).send({ data: { customer: { id: customer.id } } });
  });

  app.post('/orders', (request, reply) => {
    const body = OrderBody.safeParse(request.body);
    if (!body.success) return refuse(reply, 422, 'The given data was invalid.');
    const { customer_id, products_value, discount_value, shipping_value } = body.data;
    const order = newOrder(context, customer_id, products_value + shipping_value - discount_value);
    if (lie() === 'empty_data') return reply.code(200).send({ data: [] });
    return reply.code(201).send({ data: { order: { id: order.id, status: 'pendente' } } });
  });

  app.get<{ Params: { id: string } }>('/orders/:id', (request, reply) => {
    const order = orderById(context, request.params.id);
    if (order === undefined) return refuse(reply, 404, 'Order not found.');
    return reply.send({ data: orderDocument(context, order, lie()) });
  });

  app.post('/payments/pix', (request, reply) => {
    const body = PixBody.safeParse(request.body);
    const order = body.success ? orderById(context, String(body.data.order_id)) : undefined;
    if (!body.success || order === undefined) return refuse(reply, 422, 'The given data was invalid.');
    const pix = openPix(context, order, body.data.payment_data.pix.document_number, PIX_SECONDS);
    if (pix === 'invalid_cpf') return refuse(reply, 422, 'O CPF informado é inválido.');
    return reply.code(201).send({ data: { payment: pix } });
  });

  app.post('/orders/refund-request', (request, reply) => {
    const body = RefundBody.safeParse(request.body);
    const order = body.success ? orderById(context, String(body.data.order_id)) : undefined;
    if (!body.success || order === undefined) return refuse(reply, 422, 'The given data was invalid.');
    const { type, value } = body.data;
    if (type === 'partial' && value === undefined) return refuse(reply, 422, 'The value is required.');
    const taken = refund(context, order, type === 'total' ? null : (value ?? 0));
    if (!taken) return refuse(reply, 422, 'The order can not be refunded.');
    return reply.code(201).send({ data: { message: 'Refund requested' } });
  });
}

function orderDocument(context: PspContext, order: Order, lie: string): unknown {
  const { status, paidCents, paidAt } = stateOf(context, order);
  const told = paidCents + (lie === 'total_paid' && paidCents > 0 ? LIE_CENTS : 0);
  return {
    order: {
      id: order.id,
      status,
      ...(lie === 'no_total_paid' ? {} : { total_paid: told }),
      amounts: {
        sub_total: order.amountCents + (lie === 'amount' ? LIE_CENTS : 0),
        shipping_value: 0,
        discount: 0,
        installment_fee: 0,
      },
      created_at: wallTime(order.createdAt),
      updated_at: wallTime(order.updatedAt),
    },
    customer: { id: order.customerId },
    payment: { method: 'pix', installments: 1, ...(paidAt === null ? {} : { paid_at: wallTime(paidAt) }) },
  };
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ data: [], errors: { message } });
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
