import { z } from 'zod';
import {
  DeadLetterDetail,
  DeadLetterFilter,
  DeadLetterList,
  DeadLetterRetry,
  MAX_DEAD_LETTERS,
  RetriedCount,
  WebhookReplay,
} from '../../domain/protocol/dead-letters.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { listDeadLetters, readDeadLetter, replayWebhooks, retryDeadLetters } from './dead-letters.ts';

/**
 * Webhooks that were given up. As domain/protocol/dead-letters.ts describes it. A webhook belongs to an account at the
 * provider, not to a merchant of ours: where several merchants share the server, its managers are not shown them.
 * @param wakeInboxes called after items were put back
 */
export function registerDeadLetterRoutes(app: App, context: ServerContext, wakeInboxes: () => void): void {
  const tags = ['payments'];

  app.register(async (scope) => {
    scope.addHook('preHandler', async (_request, reply) => {
      const merchants = await context.db.query('SELECT 1 FROM merchants LIMIT 2');
      if (merchants.length > 1)
        return reply
          .code(403)
          .send(errorBody('several_merchants', 'the webhooks of a shared server are not one merchant’s'));
    });
    const inner = scope as App;

    inner.get(
      '/v1/dead-letters',
      {
        config: { access: ['manager'] },
        schema: {
          summary: 'Webhooks that were given up, oldest first',
          tags,
          querystring: DeadLetterFilter.extend({
            limit: z.coerce.number().int().min(1).max(MAX_DEAD_LETTERS).default(50),
          }),
          response: { 200: DeadLetterList, ...errorResponses },
        },
      },
      ({ query: { limit, ...filter } }) => listDeadLetters(context.db, filter, limit),
    );
    inner.get(
      '/v1/dead-letters/:inboxId',
      {
        config: { access: ['manager'] },
        schema: {
          summary: 'One of them, with its body',
          tags,
          params: z.object({ inboxId: Uuid }),
          response: { 200: DeadLetterDetail, ...errorResponses },
        },
      },
      async (request, reply) =>
        (await readDeadLetter(context.db, request.params.inboxId)) ??
        reply.code(404).send(errorBody('unknown_dead_letter', 'no dead letter has this id')),
    );
    inner.post(
      '/v1/dead-letters/retry',
      {
        config: { access: ['manager'] },
        schema: {
          summary: 'Has dead letters worked off again; dryRun only counts them',
          tags,
          body: DeadLetterRetry,
          response: { 200: RetriedCount, ...errorResponses },
        },
      },
      async ({ body }) => {
        const count = await retryDeadLetters(context, body);
        if (!body.dryRun && count > 0) wakeInboxes();
        return { count };
      },
    );
    inner.post(
      '/v1/webhooks/replay',
      {
        config: { access: ['manager'] },
        schema: {
          summary: 'Has stored webhooks worked off again, whatever became of them',
          tags,
          body: WebhookReplay,
          response: { 200: RetriedCount, ...errorResponses },
        },
      },
      async ({ body }) => {
        const count = await replayWebhooks(context, body.inboxIds);
        if (count > 0) wakeInboxes();
        return { count };
      },
    );
  });
}
