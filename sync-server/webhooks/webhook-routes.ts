import { newId } from '../../domain/ids.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody } from '../http/errors.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import type { WebhookRequest } from '../providers/webhook-intake.ts';
import { createInboxWriter } from './inbox-writer.ts';
import { hasClientCertificate } from './mtls-listener.ts';
import type { RefusedWebhooks } from './refused-webhooks.ts';

/** A callback holds a few hundred bytes for each Pix. */
const BODY_LIMIT_BYTES = 256 * 1024;
/** Kept to tell one sender from another; nothing that could be a credential. */
const KEPT_HEADERS = ['content-type', 'user-agent', 'content-length'] as const;

/** A provider, and how its processor is told that something was stored. */
export interface WebhookReceiver {
  readonly provider: Pick<PaymentProvider, 'name' | 'webhooks'>;
  wakeInbox(): void;
}

/**
 * Takes the providers' callbacks: tells theirs from a stranger's, stores the raw body, and answers 200 once the commit
 * is durable. Nothing is understood here; `wakeInbox` starts that.
 */
export function registerWebhookRoutes(
  app: App,
  context: ServerContext,
  receivers: readonly WebhookReceiver[],
  refused: RefusedWebhooks,
): void {
  const inbox = createInboxWriter(context.db, context.log, (stored) => {
    for (const { provider, wakeInbox } of receivers) if (stored.has(provider.name)) wakeInbox();
  });
  app.addHook('onClose', () => inbox.close());
  app.register(async (scope) => {
    // The body is stored as it came, whatever it calls itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const { provider } of receivers)
      for (const url of [`/v1/webhooks/${provider.name}`, `/v1/webhooks/${provider.name}/*`])
        scope.post<{ Params: { '*'?: string } }>(
          url,
          { config: { access: 'public' }, bodyLimit: BODY_LIMIT_BYTES, schema: { hide: true } },
          async (request, reply) => {
            const webhook: WebhookRequest = {
              // PostgreSQL stores no NUL, and one item that cannot be stored would be the end of its whole batch.
              path: (request.params['*'] ?? '').replaceAll('\0', ''),
              headers: Object.fromEntries(
                Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
              ),
              body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
              hasClientCertificate: hasClientCertificate(request.raw.socket),
              receivedAtMs: context.clock.nowMs(),
            };
            const verdict = await provider.webhooks.authenticate(webhook);
            if (verdict.kind === 'refused') {
              refused.count(provider.name, verdict.reason, webhook.receivedAtMs);
              // A stranger learns nothing of what is here; who has the address and not the signature may know why.
              if (verdict.reason === 'secret') return reply.callNotFound();
              return reply.code(401).send(errorBody('webhook_refused', verdict.reason));
            }
            const outcome = await inbox.write({
              inboxId: newId(context.clock, context.randomBytes),
              provider: provider.name,
              dedupeKey: verdict.dedupeKey,
              path: webhook.path,
              receivedAtMs: webhook.receivedAtMs,
              body: Buffer.from(webhook.body),
              headers: Object.fromEntries(
                KEPT_HEADERS.flatMap((name) => {
                  const value = webhook.headers[name];
                  return value === undefined ? [] : [[name, value]];
                }),
              ),
            });
            if (outcome === 'stored') return reply.code(provider.webhooks.acknowledgeWith ?? 200).send({});
            reply.header('retry-after', '1');
            return reply.code(503).send(errorBody(outcome, 'not stored: send it again'));
          },
        );
  });
}
