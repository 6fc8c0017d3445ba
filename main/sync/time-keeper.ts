import type { CancelTimer, Clock } from '../../domain/clock.ts';
import type { KioskStore } from '../store/store.ts';
import type { ServerClient } from './server-client.ts';
import type { LinkMonitor } from './server-link.ts';

/**
 * How old a measure of the server's clock may get on a quiet line: at five times the drift of cheap quartz that is
 * 60 ms, nothing beside the lease.
 */
export const MEASURE_EVERY_MS = 120_000;

/**
 * Asks for an empty page of the feed now and then: its answer carries the server's time, and it is the age of the
 * request, not of the news, that a measure is judged by. The stream cannot serve, as what it brings may have waited.
 */
export function createTimeKeeper({
  store,
  client,
  link,
  clock,
}: {
  readonly store: KioskStore;
  readonly client: Pick<ServerClient, 'feedPage'>;
  readonly link: Pick<LinkMonitor, 'state'>;
  readonly clock: Clock;
}): { start(): void; stop(): void } {
  let cancel: CancelTimer = () => {};

  function measureLater(): void {
    cancel = clock.schedule(MEASURE_EVERY_MS, () => {
      measureLater();
      // The client notes the time of the answer; what else it holds comes by the stream.
      if (link.state === 'online') void client.feedPage(store.sync.read().feedCursor);
    });
  }

  return { start: measureLater, stop: () => cancel() };
}
