import type { FastifyInstance } from 'fastify';
import type { ProviderContext } from '../provider-context.ts';
import { toRfc3339, toWireWebhook } from './documents.ts';
import { sendProblem, violationsOf } from './problem.ts';
import { IN_PORTUGUESE, PixKey, pageOf, WebhookBody, WebhooksQuery } from './requests.ts';

type ByKey = { Params: { chave: string } };

/** `webhook`: one address a key, to which receipts and refunds are told. */
export function registerWebhookRoutes(app: FastifyInstance, { store, clock }: ProviderContext): void {
  app.put<ByKey>('/webhook/:chave', { config: { scope: 'webhook.write' } }, (request, reply) => {
    const key = PixKey.safeParse(request.params.chave);
    const body = WebhookBody.safeParse(request.body, IN_PORTUGUESE);
    if (!key.success || !body.success) {
      const violations = [
        ...(key.success ? [] : violationsOf('webhook.chave', key.error)),
        ...(body.success ? [] : violationsOf('webhook', body.error)),
      ];
      return sendProblem(reply, 'WebhookOperacaoInvalida', 'O webhook não respeita o schema.', violations);
    }
    store.webhooks.put({ key: key.data, url: body.data.webhookUrl, createdAt: clock.nowMs() });
    return reply.code(200).send();
  });

  app.get<ByKey>('/webhook/:chave', { config: { scope: 'webhook.read' } }, (request, reply) => {
    const webhook = store.webhooks.byKey(request.params.chave);
    return webhook === undefined ? notFound(reply) : reply.send(toWireWebhook(webhook));
  });

  app.delete<ByKey>('/webhook/:chave', { config: { scope: 'webhook.write' } }, (request, reply) =>
    store.webhooks.remove(request.params.chave) ? reply.code(204).send() : notFound(reply),
  );

  app.get('/webhook', { config: { scope: 'webhook.read' } }, (request, reply) => {
    const query = WebhooksQuery.safeParse(request.query, IN_PORTUGUESE);
    if (!query.success) {
      const violations = violationsOf('query', query.error);
      return sendProblem(reply, 'WebhookConsultaInvalida', 'A consulta não respeita o schema.', violations);
    }
    const { inicio = 0, fim = clock.nowMs() } = query.data;
    const page = pageOf(store.webhooks.createdBetween(inicio, fim), query.data);
    return reply.send({
      parametros: { inicio: toRfc3339(inicio), fim: toRfc3339(fim), paginacao: page.paginacao },
      webhooks: page.items.map(toWireWebhook),
    });
  });
}

function notFound(reply: Parameters<typeof sendProblem>[0]): ReturnType<typeof sendProblem> {
  return sendProblem(reply, 'WebhookNaoEncontrado', 'Não há webhook para a chave informada.');
}
