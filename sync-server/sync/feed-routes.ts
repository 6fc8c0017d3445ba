import { z } from 'zod';
import { FEED_BEAT_MS, type FeedBeat, FeedPage, MAX_FEED_PAGE } from '../../domain/protocol/feed.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { openEventStream } from '../http/event-stream.ts';
import type { ProviderHealth } from '../providers/provider-health.ts';
import { readFeedPage } from './feed-page.ts';
import { streamFeed } from './feed-stream.ts';

const Cursor = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** `GET /v1/feed`, as domain/protocol/feed.ts describes it. */
export function registerFeedRoutes(
  app: App,
  context: ServerContext,
  provider: Pick<ProviderHealth, 'report' | 'onChange'>,
): void {
  const beat = {
    everyMs: FEED_BEAT_MS,
    event: () => ({
      name: 'beat',
      data: { serverTime: context.clock.nowMs(), provider: provider.report().status } satisfies FeedBeat,
    }),
  };
  app.get(
    '/v1/feed',
    {
      config: { access: ['kiosk', 'operator'] },
      schema: {
        summary: "The unit's feed after a cursor, as a page or as server-sent events",
        tags: ['sync'],
        querystring: z.object({
          after: Cursor.default(0),
          limit: z.coerce.number().int().min(1).max(MAX_FEED_PAGE).default(MAX_FEED_PAGE),
        }),
        headers: z.object({ 'last-event-id': Cursor.optional() }),
        response: { 200: FeedPage, ...errorResponses },
      },
    },
    async (request, reply) => {
      const unit = principalOf(request, 'kiosk', 'operator');
      const { limit } = request.query;
      const after = request.headers['last-event-id'] ?? request.query.after;
      if (!request.headers.accept?.includes('text/event-stream')) {
        const page = await readFeedPage(context.db, unit, after, limit);
        return { ...page, entries: [...page.entries], serverTime: context.clock.nowMs() };
      }
      const first = await readFeedPage(context.db, unit, after, MAX_FEED_PAGE);
      const stream = openEventStream(request, reply, context.clock, beat);
      const stopListening = provider.onChange(stream.beat);
      try {
        await streamFeed(context, stream, unit, after, first, provider.report().status);
      } catch (error) {
        // The reader comes back with its cursor, and is told 503 while the database is away.
        context.log.warn({ error, requestId: request.id }, 'a feed stream was cut');
      } finally {
        stopListening();
        stream.end();
      }
      return reply;
    },
  );
}
