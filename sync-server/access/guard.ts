import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServerContext } from '../context.ts';
import { errorBody } from '../http/errors.ts';
import { createAttemptLimit } from './attempt-limit.ts';
import { createKioskTokenCheck } from './kiosk-token.ts';
import type { Principal, PrincipalOf, Role } from './principal.ts';
import { findPrincipal } from './tokens.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. Every route says it; one that does not stops the server at its start. */
    access?: readonly Role[] | 'public';
  }
  interface FastifyRequest {
    principal: Principal | null;
    /** The key that the totem's token was signed with; null for everyone else. */
    keyId: string | null;
  }
}

const BEARER = /^Bearer ([\x21-\x7e]{1,1024})$/i;
/** Three parts in base64url: a totem's. The tokens of the access file are never of that shape. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
/** Unknown tokens of operators and managers. A browser with an old one asks a few times a minute. */
const TOKEN_ATTEMPTS = { perAddress: 60, total: 1_000, windowMs: 60_000 } as const;

const UNAUTHORIZED = {
  unauthorized:
    'a valid bearer token is required; a totem with a fixed token is of the first release: update and enrol it',
  token_expired: 'the token is not of this time: sign a new one by the server’s time',
  revoked: 'this totem was revoked: it has to be enrolled again',
} as const;

/** Lets a request through to a route only when its bearer token has one of the route's roles. */
export function guardRoutes(
  app: FastifyInstance,
  context: Pick<ServerContext, 'db' | 'clock' | 'config'>,
): void {
  const checkKioskToken = createKioskTokenCheck(context);
  const failures = createAttemptLimit(context.clock, TOKEN_ATTEMPTS);
  app.decorateRequest('principal', null);
  app.decorateRequest('keyId', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined)
      throw new Error(`route ${route.url} does not say who may call it`);
  });
  // Before the body is read: a stranger's megabytes are not taken in.
  app.addHook('onRequest', async (request, reply) => {
    const allowed = request.routeOptions.config?.access;
    // Undefined only where no route was found; the answer is 404.
    if (allowed === undefined || allowed === 'public') return;
    const refuse = (code: keyof typeof UNAUTHORIZED): FastifyReply => {
      reply.header('www-authenticate', 'Bearer');
      const details = { serverTime: context.clock.nowMs() };
      return reply.code(401).send(errorBody(code, UNAUTHORIZED[code], details));
    };
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return refuse('unauthorized');
    if (JWT.test(token)) {
      const verdict = await checkKioskToken(token);
      if (verdict.kind === 'refused') return refuse(verdict.code);
      request.principal = verdict.principal;
      request.keyId = verdict.keyId;
    } else {
      const retryAfterMs = failures.take(request.ip);
      if (retryAfterMs !== null) return refuseForNow(reply, retryAfterMs);
      const principal = findPrincipal(context.config.access, token);
      if (principal === null) return refuse('unauthorized');
      failures.giveBack(request.ip);
      request.principal = principal;
    }
    if (!allowed.includes(request.principal.role)) {
      return reply.code(403).send(errorBody('forbidden', `this route is for: ${allowed.join(', ')}`));
    }
  });
}

/** 429: too many failed attempts, from there or from everywhere. */
export function refuseForNow(reply: FastifyReply, retryAfterMs: number): FastifyReply {
  return reply
    .code(429)
    .header('retry-after', String(Math.ceil(retryAfterMs / 1000)))
    .send(errorBody('too_many_attempts', 'too many failed attempts: wait before the next'));
}

/** Who sent the request. `roles` are those of the route's `config.access`. */
export function principalOf<R extends Role>(request: FastifyRequest, ...roles: R[]): PrincipalOf<R> {
  const { principal } = request;
  if (principal === null || !(roles as Role[]).includes(principal.role)) {
    throw new Error(
      `the route let in ${principal?.role ?? 'a stranger'}, its handler expects ${roles.join(', ')}`,
    );
  }
  return principal as PrincipalOf<R>;
}
