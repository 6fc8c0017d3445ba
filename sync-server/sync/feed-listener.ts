import pg from 'pg';
import type { Clock } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';
import { FEED_CHANNEL, type FeedWake } from './feed-wake.ts';

export interface FeedListener {
  /** Settles when the first connection listens. */
  readonly listening: Promise<void>;
  stop(): Promise<void>;
}

/** PostgreSQL is on the same machine or near: a second is soon, and does not hammer one that is starting. */
const RECONNECT_MS = 1_000;

/**
 * Hears of feed entries that other processes on the same database have written, on a connection of its own. When the
 * connection is lost it is made anew, and then every reader looks once: what was told in between was not heard.
 */
export function startFeedListener(databaseUrl: string, wake: FeedWake, clock: Clock, log: Log): FeedListener {
  let stopped = false;
  let client: pg.Client | undefined;
  let cancelReconnect = (): void => undefined;
  const first = Promise.withResolvers<void>();

  async function connect(): Promise<void> {
    const connection = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
    client = connection;
    let lost = false;
    const onLost = (error?: Error): void => {
      if (lost || stopped) return;
      lost = true;
      log.warn({ error }, 'the feed listener lost its connection');
      connection.end().catch(() => undefined);
      cancelReconnect = clock.schedule(RECONNECT_MS, () => void connect());
    };
    connection.on('error', onLost);
    connection.on('end', () => onLost());
    connection.on('notification', ({ payload }) => {
      if (payload !== undefined) wake.wake(payload);
    });
    try {
      await connection.connect();
      await connection.query(`LISTEN ${FEED_CHANNEL}`);
    } catch (error) {
      return onLost(error as Error);
    }
    first.resolve();
    wake.wakeAll();
  }

  void connect();
  return {
    listening: first.promise,
    async stop() {
      stopped = true;
      cancelReconnect();
      first.resolve();
      await client?.end().catch((error: unknown) => log.debug({ error }, 'the feed listener was cut off'));
    },
  };
}
