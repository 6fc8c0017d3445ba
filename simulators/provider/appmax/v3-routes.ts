import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { isValidCpf } from '../../../domain/cpf.ts';
import { pixAmountToCents } from '../../../domain/money.ts';
import { applyApiFaults } from '../psp/api-faults.ts';
import type { PspContext } from '../psp/psp-context.ts';
import {
  dashboardOf,
  fromWallTime,
  newOrder,
  orderById,
  putCustomer,
  reais,
  stateOf,
  wallTime,
} from './orders.ts';
import { openPix, refund } from './payments.ts';

/** What the simulator takes for an access token. */
export const APPMAX_ACCESS_TOKEN = 'SIMULATED-00000000-00000000-00000000';
const DEFAULT_PIX_SECONDS = 86_400;
const LIE_CENTS = 100;

const CustomerBody = z.object({
  firstname: z.string().min(1),
  lastname: z.string().min(1),
  email: z.email(),
  telephone: z.string().regex(/^\d{10,11}$/),
});
const OrderBody = z.object({
  customer_id: z.int(),
  total: z.number(),
  products: z.array(z.object({ sku: z.string(), name: z.string(), qty: z.int().min(1) })).min(1),
});
const PixBody = z.object({
  cart: z.object({ order_id: z.int() }),
  customer: z.object({ customer_id: z.int() }),
  payment: z.object({
    pix: z.object({ document_number: z.string(), expiration_date: z.string().optional() }),
  }),
});
const RefundBody = z.object({
  order_id: z.int(),
  refund_type: z.enum(['total', 'partial']),
  refund_amount: z.number().optional(),
});

/** Appmax v3 under `/appmax/api/v3`: the token in the body, decimal reais, `{success, text, status, data}`. */
export function registerV3(app: FastifyInstance, context: PspContext): void {
  app.register(async (scope) => registerApi(scope, context), { prefix: '/appmax/api/v3' });
}

function registerApi(app: FastifyInstance, context: PspContext): void {
  const lie = (): string => dashboardOf(context).lie;
  applyApiFaults(app, context.bank, () => lie() === 'error_after_write');
  app.addHook('preHandler', async (request, reply) => {
    const source = z
      .object({ 'access-token': z.string() })
      .safeParse(request.method === 'GET' ? request.query : request.body);
    if (!source.success || source.data['access-token'] !== APPMAX_ACCESS_TOKEN)
      return refuse(reply, 401, 'Invalid access token!');
  });

  app.post('/customer', (request, reply) => {
    const body = CustomerBody.safeParse(request.body);
    if (!body.success) return refuse(reply, 422, 'Validate error');
    const { firstname, lastname, email, telephone: phone } = body.data;
    return accept(reply, { id: putCustomer(context, { firstname, lastname, email, phone }).id });
  });

  app.post('/order', (request, reply) => {
    const body = OrderBody.safeParse(request.body);
    const amount = body.success ? pixAmountToCents(String(body.data.total)) : undefined;
    if (!body.success || amount?.ok !== true) return refuse(reply, 422, 'Validate error');
    const order = newOrder(context, body.data.customer_id, amount.cents);
    return accept(reply, lie() === 'empty_data' ? [] : { id: order.id, customer_id: order.customerId });
  });

  app.get<{ Params: { id: string } }>('/order/:id', (request, reply) => {
    const order = orderById(context, request.params.id);
    if (order === undefined) return refuse(reply, 404, 'Order not found');
    const { status, paidCents, paidAt } = stateOf(context, order);
    return accept(reply, {
      id: order.id,
      customer_id: order.customerId,
      status,
      total: reais(order.amountCents + (lie() === 'amount' ? LIE_CENTS : 0)),
      // As text, as PHP's decimals are.
      total_paid: String(reais(paidCents)),
      created_at: wallTime(order.createdAt),
      updated_at: wallTime(order.updatedAt),
      paid_at: paidAt === null ? null : wallTime(paidAt),
    });
  });

  app.post('/payment/pix', (request, reply) => {
    const body = PixBody.safeParse(request.body);
    const order = body.success ? orderById(context, String(body.data.cart.order_id)) : undefined;
    if (!body.success || order === undefined) return refuse(reply, 422, 'Validate error');
    const { document_number: cpf, expiration_date: until } = body.data.payment.pix;
    if (!isValidCpf(cpf)) return refuse(reply, 403, 'CPF inválido');
    const now = context.bank.clock.nowMs();
    const seconds =
      until === undefined ? DEFAULT_PIX_SECONDS : Math.round((fromWallTime(until) - now) / 1000);
    if (!(seconds > 0)) return refuse(reply, 422, 'The expiration date is over');
    const pix = openPix(context, order, cpf, seconds);
    if (pix === 'invalid_cpf') return refuse(reply, 403, 'CPF inválido');
    return accept(reply, { ...pix, pix_expiration_date: until });
  });

  app.post('/refund', (request, reply) => {
    const body = RefundBody.safeParse(request.body);
    const order = body.success ? orderById(context, String(body.data.order_id)) : undefined;
    if (!body.success || order === undefined) return refuse(reply, 422, 'Validate error');
    const { refund_type: type, refund_amount: amount } = body.data;
    const part = type === 'total' ? undefined : pixAmountToCents(String(amount));
    if (part?.ok === false) return refuse(reply, 422, 'Validate error');
    if (!refund(context, order, part?.cents ?? null)) return refuse(reply, 422, 'Order can not be refunded');
    return accept(reply, {});
  });
}

/** Refusals come with HTTP 200, too: only the envelope tells. */
function refuse(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status === 401 ? 401 : 200).send({ success: false, text, status, data: [] });
}

function accept(reply: FastifyReply, data: unknown): FastifyReply {
  return reply.send({ success: true, text: 'OK', status: 200, data });
}
