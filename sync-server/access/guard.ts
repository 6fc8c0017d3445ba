import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessEntry } from '../config.ts';
import { errorBody } from '../http/errors.ts';
import type { Principal, PrincipalOf, Role } from './principal.ts';
import { findPrincipal } from './tokens.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. Every route says it; one that does not stops the server at its start. */
    access?: readonly Role[] | 'public';
  }
  interface FastifyRequest {
    principal: Principal | null;
  }
}

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i;

/** Lets a request through to a route only when its bearer token has one of the route's roles. */
export function guardRoutes(app: FastifyInstance, access: readonly AccessEntry[]): void {
  app.decorateRequest('principal', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined)
      throw new Error(`route ${route.url} does not say who may call it`);
  });
  // Before the body is read: a stranger's megabytes are not taken in.
  app.addHook('onRequest', async (request, reply) => {
    const allowed = request.routeOptions.config?.access;
    // Undefined only where no route was found; the answer is 404.
    if (allowed === undefined || allowed === 'public') return;
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const principal = token === undefined ? null : findPrincipal(access, token);
    if (principal === null) return refuse(reply, 401, 'unauthorized', 'a valid bearer token is required');
    if (!allowed.includes(principal.role)) {
      return refuse(reply, 403, 'forbidden', `this route is for: ${allowed.join(', ')}`);
    }
    request.principal = principal;
  });
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

function refuse(reply: FastifyReply, status: 401 | 403, code: string, message: string): FastifyReply {
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).send(errorBody(code, message));
}
