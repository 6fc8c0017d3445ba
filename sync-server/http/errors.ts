import type { FastifyError, FastifyInstance } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ErrorBody } from '../../domain/protocol/primitives.ts';
import type { Log } from '../../platform/log.ts';
import { isDatabaseUnavailable } from '../db/unavailable.ts';

/** For the `response` of every route's schema. */
export const errorResponses = { '4xx': ErrorBody, '5xx': ErrorBody } as const;

export function errorBody(code: string, message: string, details?: unknown): ErrorBody {
  return { error: { code, message, ...(details === undefined ? {} : { details }) } };
}

interface Problem {
  readonly status: number;
  readonly body: ErrorBody;
}

/** What fastify itself refuses before a handler runs. */
const REFUSALS: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, body: errorBody('body_too_large', 'the body is too large') },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    body: errorBody('unsupported_media_type', 'send the body as application/json'),
  },
};

/** One shape for every error answer; the cause goes to the log, never to the caller. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(errorBody('not_found', `no such route: ${request.method} ${pathOf(request.url)}`)),
  );
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error);
    // The route and not the path: that of a webhook holds a secret.
    const facts = { error, requestId: request.id, method: request.method, route: request.routeOptions.url };
    if (problem.status === 503) log.warn(facts, 'the database is away');
    else if (problem.status >= 500) log.error(facts, 'request failed');
    if (problem.status === 503) reply.header('retry-after', '1');
    return reply.code(problem.status).send(problem.body);
  });
}

function problemOf(error: FastifyError): Problem {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const details = error.validation.map((issue) => ({
      path: issue.instancePath,
      message: issue.message ?? 'invalid',
    }));
    const where = error.validationContext ?? 'request';
    const summary = details.map((detail) => `${detail.path || '/'}: ${detail.message}`).join('; ');
    return { status: 400, body: errorBody('invalid_request', `${where}: ${summary}`, details) };
  }
  if (isDatabaseUnavailable(error)) {
    return {
      status: 503,
      body: errorBody('database_unavailable', 'the database is away: try again shortly'),
    };
  }
  const refusal = REFUSALS[error.code];
  if (refusal !== undefined) return refusal;
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return { status: error.statusCode, body: errorBody('invalid_request', error.message) };
  }
  return { status: 500, body: errorBody('internal_error', 'the server failed; its log has the request id') };
}

/** The query is left out of the answer: it is the caller's. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
