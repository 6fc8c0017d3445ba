import type { FastifyInstance } from 'fastify';
import { newReturnId } from '../pix-ids.ts';
import type { ProviderContext } from '../provider-context.ts';
import type { Refund } from '../store/refunds.ts';
import { toRfc3339, toWirePix, toWireRefund } from './documents.ts';
import { sendProblem, violationsOf } from './problem.ts';
import { centsOf, IN_PORTUGUESE, PixQuery, pageOf, RefundBody, RefundId } from './requests.ts';

/** A Pix can be sent back within 90 days of its receipt. */
const REFUND_WINDOW_MS = 90 * 86_400_000;

type ByE2eId = { Params: { e2eid: string } };
type ByRefundId = { Params: { e2eid: string; id: string } };

/** `pix`: what was received, and sending it back. */
export function registerReceiptRoutes(app: FastifyInstance, context: ProviderContext): void {
  const { store, clock, randomBytes } = context;

  app.get<ByE2eId>('/pix/:e2eid', { config: { scope: 'pix.read' } }, (request, reply) => {
    const pix = store.pix.settled(request.params.e2eid);
    if (pix === undefined) return sendProblem(reply, 'PixNaoEncontrado', 'Pix não encontrado.');
    return reply.send(toWirePix(pix, store.refunds.of(pix.endToEndId)));
  });

  app.get('/pix', { config: { scope: 'pix.read' } }, (request, reply) => {
    const query = PixQuery.safeParse(request.query, IN_PORTUGUESE);
    if (!query.success) {
      const violations = violationsOf('query', query.error);
      return sendProblem(reply, 'PixConsultaInvalida', 'A consulta não respeita o schema.', violations);
    }
    const { inicio, fim, txid, txIdPresente, devolucaoPresente } = query.data;
    const found = store.pix
      .settledBetween(inicio, fim)
      .map((pix) => toWirePix(pix, store.refunds.of(pix.endToEndId)))
      .filter(
        (pix) =>
          (txid === undefined || pix.txid === txid) &&
          (txIdPresente === undefined || (pix.txid !== undefined) === txIdPresente) &&
          (devolucaoPresente === undefined || (pix.devolucoes !== undefined) === devolucaoPresente),
      );
    const page = pageOf(found, query.data);
    return reply.send({
      parametros: {
        inicio: toRfc3339(inicio),
        fim: toRfc3339(fim),
        ...(txid === undefined ? {} : { txid }),
        ...(txIdPresente === undefined ? {} : { txIdPresente }),
        ...(devolucaoPresente === undefined ? {} : { devolucaoPresente }),
        paginacao: page.paginacao,
      },
      pix: page.items,
    });
  });

  app.put<ByRefundId>('/pix/:e2eid/devolucao/:id', { config: { scope: 'pix.write' } }, (request, reply) => {
    const pix = store.pix.settled(request.params.e2eid);
    if (pix === undefined) return sendProblem(reply, 'PixNaoEncontrado', 'Pix não encontrado.');
    const id = RefundId.safeParse(request.params.id);
    const body = RefundBody.safeParse(request.body, IN_PORTUGUESE);
    if (!id.success || !body.success) {
      const violations = [
        ...(id.success ? [] : violationsOf('devolucao.id', id.error)),
        ...(body.success ? [] : violationsOf('devolucao', body.error)),
      ];
      return sendProblem(reply, 'PixDevolucaoInvalida', 'A devolução não respeita o schema.', violations);
    }
    const earlier = store.refunds.of(pix.endToEndId);
    const amountCents = centsOf(body.data.valor);
    const refundedCents = earlier
      .filter(({ refusedAt }) => refusedAt == null)
      .reduce((sum, refund) => sum + refund.amountCents, 0);
    if (earlier.some((refund) => refund.id === id.data)) {
      return sendProblem(reply, 'PixDevolucaoInvalida', 'Já existe uma devolução com este id.');
    }
    if (refundedCents + amountCents > pix.amountCents) {
      return sendProblem(reply, 'PixDevolucaoInvalida', 'A soma das devoluções supera o valor do Pix.');
    }
    if (clock.nowMs() > pix.settledAt + REFUND_WINDOW_MS) {
      return sendProblem(reply, 'PixDevolucaoInvalida', 'O prazo de 90 dias para devolução terminou.');
    }
    const refund: Refund = {
      endToEndId: pix.endToEndId,
      id: id.data,
      rtrId: newReturnId(clock.nowMs(), randomBytes),
      amountCents,
      nature: body.data.natureza,
      description: body.data.descricao ?? null,
      requestedAt: clock.nowMs(),
      settledAt: null,
    };
    store.transaction(() => store.refunds.insert(refund));
    context.wake();
    return reply.code(201).send(toWireRefund(refund));
  });

  app.get<ByRefundId>('/pix/:e2eid/devolucao/:id', { config: { scope: 'pix.read' } }, (request, reply) => {
    const refund = store.refunds.byId(request.params.e2eid, request.params.id);
    if (refund === undefined) {
      return sendProblem(reply, 'PixDevolucaoNaoEncontrada', 'Devolução não encontrada.');
    }
    return reply.send(toWireRefund(refund));
  });
}
