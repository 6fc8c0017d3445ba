import type { FastifyInstance } from 'fastify';
import type { ProviderContext } from '../provider-context.ts';
import { toRfc3339 } from './documents.ts';
import { sendProblem, violationsOf } from './problem.ts';
import { IN_PORTUGUESE, WebhookBody } from './requests.ts';

/** `webhookrec` and `webhookcobr`: one address each, for the whole account. */
export function registerAutomaticWebhookRoutes(
  app: FastifyInstance,
  { store, clock }: ProviderContext,
): void {
  const { webhooks } = store.automatic;
  for (const subject of ['rec', 'cobr'] as const) {
    const path = `/webhook${subject}`;
    app.put(path, { config: { scope: `webhook${subject}.write` } }, (request, reply) => {
      const body = WebhookBody.safeParse(request.body, IN_PORTUGUESE);
      if (!body.success) {
        const violations = violationsOf('webhook', body.error);
        return sendProblem(reply, 'WebhookOperacaoInvalida', 'O webhook não respeita o schema.', violations);
      }
      const webhook = { url: body.data.webhookUrl, createdAt: clock.nowMs() };
      store.transaction(() => webhooks.put(subject, webhook));
      return reply.code(200).send();
    });
    app.get(path, { config: { scope: `webhook${subject}.read` } }, (_request, reply) => {
      const webhook = webhooks.get(subject);
      if (webhook === undefined) return sendProblem(reply, 'WebhookNaoEncontrado', 'Não há webhook.');
      return reply.send({ webhookUrl: webhook.url, criacao: toRfc3339(webhook.createdAt) });
    });
    app.delete(path, { config: { scope: `webhook${subject}.write` } }, (_request, reply) => {
      const removed = store.transaction(() => webhooks.remove(subject));
      if (!removed) return sendProblem(reply, 'WebhookNaoEncontrado', 'Não há webhook.');
      return reply.code(204).send();
    });
  }
}
