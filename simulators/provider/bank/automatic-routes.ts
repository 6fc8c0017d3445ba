import type { FastifyInstance } from 'fastify';
import { toWireAgreement, toWireRecurringCharge } from '../api-pix/automatic-documents.ts';
import { AgreementAct, actOnAgreement, actOnCharge, ChargeAct } from '../automatic-life.ts';
import type { ProviderContext } from '../provider-context.ts';

/** The payer's side of Pix Automático, for tests and demonstrations. Not part of API Pix. */
export function registerBankAutomaticRoutes(app: FastifyInstance, context: ProviderContext): void {
  app.post<{ Params: { id: string } }>('/bank/agreements/:id', (request, reply) => {
    const act = AgreementAct.safeParse(request.body);
    const after = act.success ? actOnAgreement(context, request.params.id, act.data) : undefined;
    return after === undefined
      ? reply
          .code(409)
          .send({ error: { code: 'not_possible', message: 'no such agreement in such a state' } })
      : reply.send(toWireAgreement(context, after));
  });
  app.post<{ Params: { txid: string } }>('/bank/recurring-charges/:txid', (request, reply) => {
    const act = ChargeAct.safeParse(request.body);
    const after = act.success ? actOnCharge(context, request.params.txid, act.data) : undefined;
    return after === undefined
      ? reply.code(409).send({ error: { code: 'not_possible', message: 'no such charge in such a state' } })
      : reply.send(toWireRecurringCharge(context, after));
  });
}
