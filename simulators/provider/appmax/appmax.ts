import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { moneyOf } from '../psp/bank-charge.ts';
import type { PspContext } from '../psp/psp-context.ts';
import { tellOfOrder, tellRaw } from './events.ts';
import { Dashboard, dashboardOf, orderById, putDashboard, putOrder } from './orders.ts';
import { registerV1 } from './v1-routes.ts';
import { registerV3 } from './v3-routes.ts';

const Word = z.object({ word: z.string().min(1), event: z.string().min(1) });

/** Both generations of Appmax's API, and `/appmax/dashboard` for what is set by hand. */
export function registerAppmax(app: FastifyInstance, context: PspContext): void {
  registerV1(app, context);
  registerV3(app, context);
  app.get('/appmax/dashboard', (_request, reply) => reply.send(dashboardOf(context)));
  app.put('/appmax/dashboard', (request, reply) => {
    const parsed = Dashboard.partial().safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ message: z.prettifyError(parsed.error) });
    putDashboard(context, Dashboard.parse({ ...dashboardOf(context), ...parsed.data }));
    return reply.send(dashboardOf(context));
  });
  /** Whatever else Appmax may send: told as given. */
  app.post('/appmax/dashboard/events', (request, reply) => {
    tellRaw(context, request.body);
    return reply.send({});
  });
  /** Gives a paid order a status of Appmax's own, "chargeback_em_disputa", and tells of it. */
  app.post<{ Params: { id: string } }>('/appmax/dashboard/orders/:id', (request, reply) => {
    const order = orderById(context, request.params.id);
    const parsed = Word.safeParse(request.body);
    if (order === undefined || !parsed.success) return reply.code(400).send({ message: 'no such order' });
    const money = order.txid === null ? null : moneyOf(context.bank, order.txid);
    // A bank takes nothing back of what is on its way back already.
    if (
      parsed.data.word.startsWith('chargeback') &&
      (money?.refundingCents ?? 0) + (money?.refundedCents ?? 0) > 0
    )
      return reply.code(409).send({ message: 'a refund is under way' });
    const changed = { ...order, word: parsed.data.word, updatedAt: context.bank.clock.nowMs() };
    putOrder(context, changed);
    tellOfOrder(context, parsed.data.event, changed);
    return reply.send({});
  });
}
