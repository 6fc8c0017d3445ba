import { type FeedBeat, MAX_FEED_PAGE } from '../../domain/protocol/feed.ts';
import type { ServerContext } from '../context.ts';
import type { EventStream } from '../http/event-stream.ts';
import type { UnitKey } from './feed-log.ts';
import { type FeedSlice, readFeedPage } from './feed-page.ts';

/**
 * Sends a unit's feed after `cursor` until the client leaves. One page is read per wake, however many wakes came in
 * the meantime, and none while the client is slow to take the last.
 * @param first the page after `cursor`, read before the stream was opened, so that a database that is away is still
 *   told by a status code
 */
export async function streamFeed(
  context: Pick<ServerContext, 'db' | 'feedWake' | 'clock'>,
  stream: EventStream,
  unit: UnitKey,
  cursor: number,
  first: FeedSlice,
  provider: FeedBeat['provider'],
): Promise<void> {
  const wakes = collectWakes(context, unit.unitId, stream.closed);
  await stream.send({
    name: 'hello',
    data: { head: first.head, serverTime: context.clock.nowMs(), provider },
  });
  let sent = cursor;
  let page = first;
  while (!stream.closed.aborted) {
    for (const entry of page.entries) {
      await stream.send({ name: 'entry', id: entry.seq, data: entry });
      sent = entry.seq;
    }
    if (page.entries.length < MAX_FEED_PAGE) await wakes.next();
    if (stream.closed.aborted) break;
    page = await readFeedPage(context.db, unit, sent, MAX_FEED_PAGE);
  }
}

/** Many wakes between two reads count as one. The first read after the listening starts misses nothing. */
function collectWakes(
  { feedWake }: Pick<ServerContext, 'feedWake'>,
  unitId: string,
  closed: AbortSignal,
): { next(): Promise<void> } {
  // The first page was read before the listening began: what came in between is looked for once.
  let woken = true;
  let resume = (): void => undefined;
  const wake = (): void => {
    woken = true;
    resume();
  };
  const stop = feedWake.onWake(unitId, wake);
  closed.addEventListener('abort', () => {
    stop();
    wake();
  });
  if (closed.aborted) stop();
  return {
    async next() {
      if (!woken)
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      woken = false;
    },
  };
}
