import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ProviderContext } from '../provider-context.ts';
import { type Access, createAccess, type Scope } from './access.ts';
import { registerAutomaticRoutes } from './automatic-routes.ts';
import { registerChargeRoutes } from './charge-routes.ts';
import { sendProblem } from './problem.ts';
import { registerReceiptRoutes } from './receipt-routes.ts';
import { registerWebhookRoutes } from './webhook-routes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a token must allow for this route. */
    scope?: Scope;
  }
}

export interface ApiCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** BACEN's API Pix 2.9.0 under `/api/v2`, and the bank's token endpoint `/oauth/token`. */
export async function registerApiPix(
  app: FastifyInstance,
  context: ProviderContext,
  credentials: ApiCredentials,
): Promise<void> {
  const access = createAccess(credentials.clientId, credentials.clientSecret, context.clock);
  await app.register(async (scope) => registerTokenRoute(scope, context, access));
  await app.register(
    async (scope) => {
      applyFaults(scope, context);
      requireToken(scope, access);
      scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
        const status = error.statusCode ?? 500;
        if (status < 500) return sendProblem(reply, 'RequisicaoInvalida', error.message, [], status);
        context.log.error(
          { err: error, method: request.method, route: request.routeOptions.url },
          'API failed',
        );
        return sendProblem(reply, 'ErroInternoDoServidor', 'Erro inesperado.');
      });
      scope.setNotFoundHandler((_request, reply) =>
        sendProblem(reply, 'NaoEncontrado', 'Este provedor não oferece este recurso.'),
      );
      registerChargeRoutes(scope, context);
      registerReceiptRoutes(scope, context);
      registerWebhookRoutes(scope, context);
      registerAutomaticRoutes(scope, context);
    },
    { prefix: '/api/v2' },
  );
}

function registerTokenRoute(app: FastifyInstance, { store }: ProviderContext, access: Access): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(body.toString())),
  );
  app.post('/oauth/token', (request, reply) => {
    if (!store.faults.get().online) return reply.code(503).send({ error: 'temporarily_unavailable' });
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const query = new URL(request.url, 'http://provider.invalid').searchParams;
    const result = access.grant(request.headers.authorization, new URLSearchParams([...form, ...query]));
    if (result.ok) return reply.header('cache-control', 'no-store').send(result.body);
    if (result.error === 'invalid_client') reply.code(401).header('www-authenticate', 'Basic realm="pix"');
    else reply.code(400);
    return reply.send({ error: result.error });
  });
}

function requireToken(app: FastifyInstance, access: Access): void {
  app.addHook('onRequest', async (request, reply) => {
    const scope = request.routeOptions.config.scope;
    if (scope === undefined) return;
    const check = access.check(request.headers.authorization, scope);
    if (check.ok) return;
    if (check.reason === 'insufficient_scope') {
      return sendProblem(reply, 'AcessoNegado', `O token não permite ${scope}.`);
    }
    // The specification names 403 only; gateways in front of real banks answer a stale token with 401 (RFC 6750).
    reply.header('www-authenticate', 'Bearer error="invalid_token"');
    return sendProblem(reply, 'AcessoNegado', 'Token ausente, inválido ou expirado.', [], 401);
  });
}

/** The switches of `/bank/faults` that concern the API. */
function applyFaults(app: FastifyInstance, { store, clock }: ProviderContext): void {
  app.addHook('onRequest', async (_request, reply) => {
    const { online, apiDelayMs } = store.faults.get();
    if (apiDelayMs > 0) await new Promise<void>((resolve) => void clock.schedule(apiDelayMs, resolve));
    if (!online) return sendProblem(reply, 'ServicoIndisponivel', 'Serviço em manutenção.');
  });
  app.addHook('onSend', async (request, reply) => {
    const isWrite = request.method !== 'GET';
    if (isWrite && reply.statusCode < 300 && store.faults.get().timeoutAfterSuccess) {
      await clientHangsUp(request, reply);
    }
  });
}

function clientHangsUp(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  return new Promise((resolve) => {
    if (request.raw.socket.destroyed) resolve();
    else reply.raw.once('close', () => resolve());
  });
}
