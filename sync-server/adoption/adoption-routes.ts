import {
  AdoptionStatus,
  AdoptionSwitch,
  MirroredRow,
  MirrorOutcome,
} from '../../domain/protocol/adoption.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { createMirror } from './mirror.ts';

const config = { access: ['manager'] as const };
const tags = ['adoption'];
/** An old row with a provider's answer in it. */
const BODY_LIMIT = 2 * 1024 * 1024;

/** For an old system that still lives, with a manager's token of the merchant whose rows they are. */
export function registerAdoptionRoutes(app: App, context: ServerContext): void {
  const mirror = createMirror(context);
  app.post(
    '/v1/adoption/mirror',
    {
      config,
      bodyLimit: BODY_LIMIT,
      schema: {
        summary: 'Adopts one row of the old system; always 202, with what became of it',
        tags,
        body: MirroredRow,
        response: { 202: MirrorOutcome, ...errorResponses },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await mirror.take(principalOf(request, 'manager').merchantId, request.body)),
  );
  app.get(
    '/v1/adoption',
    {
      config,
      schema: {
        summary: 'Whether rows are mirrored, and what became of them',
        tags,
        response: { 200: AdoptionStatus, ...errorResponses },
      },
    },
    (request) => mirror.status(principalOf(request, 'manager').merchantId),
  );
  app.post(
    '/v1/adoption/switch',
    {
      config,
      schema: {
        summary: 'Turns the mirror off, on, or to judging alone',
        tags,
        body: AdoptionSwitch,
        response: { 200: AdoptionStatus, ...errorResponses },
      },
    },
    (request) => mirror.switchTo(principalOf(request, 'manager').merchantId, request.body.mode),
  );
}
