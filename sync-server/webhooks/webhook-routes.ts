import { newId } from '../../domain/ids.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody } from '../http/errors.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import { createInboxWriter } from './inbox-writer.ts';
import { isWebhookSecret, webhookSecret } from './webhook-path.ts';

/** A callback holds a few hundred bytes for each Pix. */
const BODY_LIMIT_BYTES = 256 * 1024;
/** Kept to tell one sender from another; nothing that could be a credential. */
const KEPT_HEADERS = ['content-type', 'user-agent', 'content-length'] as const;

/**
 * Takes the provider's callbacks: stores the raw body, and answers 200 once the commit is durable. Nothing is
 * understood here; `wakeInbox` starts that.
 */
export function registerWebhookRoutes(
  app: App,
  context: ServerContext,
  provider: Pick<PaymentProvider, 'name'>,
  wakeInbox: () => void,
): void {
  const secret = webhookSecret(context.config.pix);
  const inbox = createInboxWriter(context.db, context.log, wakeInbox);
  app.addHook('onClose', () => inbox.close());
  app.register(async (scope) => {
    // The body is stored as it came, whatever it calls itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const url of ['/v1/webhooks/bacen-pix/:secret', '/v1/webhooks/bacen-pix/:secret/pix'])
      scope.post<{ Params: { secret: string } }>(
        url,
        {
          config: { access: 'public' },
          bodyLimit: BODY_LIMIT_BYTES,
          schema: { hide: true },
          // Before the body is read; a stranger learns nothing of what is here.
          onRequest: async (request, reply) => {
            if (!isWebhookSecret(secret, request.params.secret)) reply.callNotFound();
          },
        },
        async (request, reply) => {
          const outcome = await inbox.write({
            inboxId: newId(context.clock, context.randomBytes),
            provider: provider.name,
            receivedAtMs: context.clock.nowMs(),
            body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
            headers: Object.fromEntries(
              KEPT_HEADERS.flatMap((name) => {
                const value = request.headers[name];
                return value === undefined ? [] : [[name, value]];
              }),
            ),
          });
          if (outcome === 'stored') return reply.code(200).send({});
          reply.header('retry-after', '1');
          return reply.code(503).send(errorBody(outcome, 'not stored: send it again'));
        },
      );
  });
}
