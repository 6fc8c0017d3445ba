import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ProviderContext } from '../provider-context.ts';
import { Faults } from '../store/faults.ts';
import { viewCharge, viewPayable } from './charge-view.ts';
import { lookUpCode } from './look-up.ts';
import { PaymentRequest, pay } from './pay.ts';

const ChargesQuery = z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) });
const CodeQuery = z.object({ code: z.string().min(1).max(1000) });

const STATUS_BY_CODE = {
  invalid_request: 400,
  invalid_br_code: 400,
  amount_required: 400,
  unknown_charge: 404,
  recurrence_only: 409,
  charge_already_paid: 409,
  charge_removed: 409,
  charge_expired: 409,
  never_expires: 409,
} as const;

/** The payer's side for machines: what tests and the bank page drive. Not part of API Pix. */
export function registerBankRoutes(app: FastifyInstance, context: ProviderContext): void {
  const { store } = context;

  app.post('/bank/payments', (request, reply) => {
    const parsed = PaymentRequest.safeParse(request.body);
    if (!parsed.success) return refuse(reply, 'invalid_request', z.prettifyError(parsed.error));
    const result = pay(context, parsed.data);
    if (result.ok) return reply.send({ payments: result.payments });
    return refuse(reply, result.code, 'reason' in result ? result.reason.detail : result.code);
  });

  app.get('/bank/charges', (request, reply) => {
    const query = ChargesQuery.safeParse(request.query);
    if (!query.success) return refuse(reply, 'invalid_request', z.prettifyError(query.error));
    const charges = store.charges.newest(query.data.limit).map((charge) => viewCharge(context, charge));
    return reply.send({ charges });
  });

  app.get('/bank/payable', (request, reply) => {
    const query = CodeQuery.safeParse(request.query);
    if (!query.success) return refuse(reply, 'invalid_request', z.prettifyError(query.error));
    const found = lookUpCode(context, query.data.code);
    if (found.ok) return reply.send(viewPayable(context, found.payable));
    return refuse(reply, found.code, 'reason' in found ? found.reason.detail : found.code);
  });

  app.get('/bank/faults', (_request, reply) => reply.send(store.faults.get()));

  /** Takes any of the switches; those left out stay as they are. */
  app.put('/bank/faults', (request, reply) => {
    const parsed = Faults.partial().safeParse(request.body);
    if (!parsed.success) return refuse(reply, 'invalid_request', z.prettifyError(parsed.error));
    store.faults.put(Faults.parse({ ...store.faults.get(), ...parsed.data }));
    context.log.warn({ faults: store.faults.get() }, 'faults changed');
    return reply.send(store.faults.get());
  });
}

function refuse(reply: FastifyReply, code: keyof typeof STATUS_BY_CODE, message: string): FastifyReply {
  return reply.code(STATUS_BY_CODE[code]).send({ error: { code, message } });
}
