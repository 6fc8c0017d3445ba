import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AmountCents } from '../../../domain/protocol/primitives.ts';
import { toWireRefund } from '../api-pix/documents.ts';
import { newReturnId } from '../pix-ids.ts';
import type { ProviderContext } from '../provider-context.ts';
import { notifyOfRefund } from '../settlement.ts';
import type { Refund } from '../store/refunds.ts';

const ID_BYTES = 8;

const Wanted = z.object({
  endToEndId: z.string(),
  amountCents: AmountCents,
  /** `MED_FRAUDE`: the payer's bank wants it back; else somebody sends it back in the bank's own app. */
  nature: z.enum(['ORIGINAL', 'MED_FRAUDE']).default('ORIGINAL'),
});
const Ending = z.object({ status: z.enum(['DEVOLVIDO', 'NAO_REALIZADO']) });

/** What goes back of a Pix without the receiver's server, and how something that is under way ends. Not part of API Pix. */
export function registerSentBackRoutes(app: FastifyInstance, context: ProviderContext): void {
  const { store, clock, randomBytes } = context;

  app.post('/bank/sent-back', (request, reply) => {
    const wanted = Wanted.safeParse(request.body);
    const pix = wanted.success ? store.pix.settled(wanted.data.endToEndId) : undefined;
    if (!wanted.success || pix === undefined) return refuse(reply);
    const refund: Refund = {
      endToEndId: pix.endToEndId,
      id: Buffer.from(randomBytes(ID_BYTES)).toString('hex'),
      rtrId: newReturnId(clock.nowMs(), randomBytes),
      amountCents: wanted.data.amountCents,
      nature: wanted.data.nature,
      description: null,
      requestedAt: clock.nowMs(),
      settledAt: null,
    };
    const goneCents = store.refunds
      .of(pix.endToEndId)
      .filter(({ refusedAt }) => refusedAt == null)
      .reduce((sum, { amountCents }) => sum + amountCents, 0);
    if (goneCents + refund.amountCents > pix.amountCents) return refuse(reply);
    store.transaction(() => {
      store.refunds.insert(refund);
      if (refund.nature === 'MED_FRAUDE') notifyOfRefund(context, pix, refund.id);
    });
    context.wake();
    return reply.send(toWireRefund(refund));
  });

  /** What no end is known of yet. */
  app.get('/bank/under-way', (_request, reply) => reply.send({ refunds: store.refunds.underWay() }));

  app.post<{ Params: { e2eid: string; id: string } }>('/bank/sent-back/:e2eid/:id', (request, reply) => {
    const { e2eid, id } = request.params;
    const ending = Ending.safeParse(request.body);
    const refund = store.refunds.byId(e2eid, id);
    const pix = store.pix.settled(e2eid);
    const isOpen = refund?.settledAt === null && refund.refusedAt == null;
    if (!ending.success || refund === undefined || pix === undefined || !isOpen) return refuse(reply);
    store.transaction(() => {
      if (ending.data.status === 'DEVOLVIDO') store.refunds.settle(refund, clock.nowMs());
      else store.refunds.refuse(refund, clock.nowMs());
      notifyOfRefund(context, pix, id);
    });
    context.wake();
    return reply.send(toWireRefund(store.refunds.byId(e2eid, id) ?? refund));
  });
}

function refuse(reply: { code(status: number): { send(body: unknown): unknown } }): unknown {
  return reply.code(409).send({ error: { code: 'not_possible', message: 'no such money, or not so much' } });
}
