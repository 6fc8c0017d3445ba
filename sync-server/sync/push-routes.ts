import { PushRequest, PushResponse } from '../../domain/protocol/sync.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { pushEvents } from './push.ts';

/** MAX_PUSH_EVENTS events of the largest kind (about 1 kB of JSON), with room; counted after decompression. */
const PUSH_BODY_LIMIT_BYTES = 2 * 1024 * 1024;

/** `POST /v1/sync/push`, as domain/protocol/sync.ts describes it; `Content-Encoding: gzip` is welcome. */
export function registerPushRoutes(app: App, context: ServerContext): void {
  app.post(
    '/v1/sync/push',
    {
      bodyLimit: PUSH_BODY_LIMIT_BYTES,
      config: { access: ['kiosk'] },
      schema: {
        summary: "Takes a kiosk's events; one answer for each, in their order",
        tags: ['sync'],
        body: PushRequest,
        response: { 200: PushResponse, ...errorResponses },
      },
    },
    async (request) => {
      const results = await pushEvents(context, principalOf(request, 'kiosk'), request.body.events);
      return { results, serverTime: context.clock.nowMs() };
    },
  );
}
