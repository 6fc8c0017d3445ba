import type { IncomingMessage, ServerResponse } from 'node:http';
import swagger from '@fastify/swagger';
import fastify, { type FastifyBaseLogger, type FastifyInstance, type RawServerDefault } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { newId } from '../../domain/ids.ts';
import { guardRoutes } from '../access/guard.ts';
import { watchKioskStreams } from '../access/kiosk-streams.ts';
import type { ServerContext } from '../context.ts';
import { limitCloseTime } from './close-grace.ts';
import { answerErrors } from './errors.ts';
import { trackEventStreams } from './event-stream.ts';
import { acceptGzipBodies } from './gzip-body.ts';

/** The server's HTTP side; each folder adds its routes with a `registerXRoutes(app, context)`. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** No request of ours comes near; a push of many events has its own limit. */
const BODY_LIMIT_BYTES = 256 * 1024;
/** A client that dribbles its request holds a connection this long at most. */
const REQUEST_TIMEOUT_MS = 30_000;
const REQUEST_ID = /^[\w.-]{1,64}$/;

/** An app without routes of its own but `GET /openapi.json`; not yet listening. */
export async function createApp(context: ServerContext): Promise<App> {
  const app: App = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Keep-alive connections without a request would hold a graceful close.
    forceCloseConnections: 'idle',
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given)
        ? given
        : newId(context.clock, context.randomBytes);
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
  });
  answerErrors(app, context.log);
  guardRoutes(app, context);
  trackEventStreams(app);
  watchKioskStreams(app, context);
  limitCloseTime(app);
  acceptGzipBodies(app);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Totem sync server',
        description: 'Takes PIX payments for totems and feeds every totem and screen.',
        version: '1.0.0',
      },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'A token of the access file; of a totem, a JWT that it signed with its own key.',
          },
        },
      },
    },
    transform: (route) => {
      const transformed = jsonSchemaTransform(route);
      const access = route.route.config?.access;
      return access === 'public'
        ? transformed
        : { ...transformed, schema: { ...transformed.schema, security: [{ bearer: [...(access ?? [])] }] } };
    },
  });
  app.get(
    '/openapi.json',
    {
      config: { access: ['kiosk', 'operator', 'manager'] },
      schema: {
        summary: 'This document',
        tags: ['server'],
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async () => ({ ...app.swagger() }),
  );
  return app;
}
