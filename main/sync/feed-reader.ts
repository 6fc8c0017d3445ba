import { setImmediate as nextTick } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import type { CancelTimer, Clock, RandomBytes } from '../../domain/clock.ts';
import { FEED_BEAT_MS, FeedBeat, FeedEntry } from '../../domain/protocol/feed.ts';
import { EpochMs } from '../../domain/protocol/primitives.ts';
import type { Log } from '../../platform/log.ts';
import type { KioskStore } from '../store/store.ts';
import { backoffMs } from './backoff.ts';
import type { FeedEffects } from './feed-effects.ts';
import type { ServerClient } from './server-client.ts';
import type { LinkMonitor } from './server-link.ts';
import type { ServerTime } from './server-time.ts';

/** A customer may be waiting for "paid": come back within seconds of the server's own return. */
const BACKOFF = { firstMs: 250, maxMs: 5_000 };
/** Two beats missed, and time for the third to be late. */
const SILENCE_MS = 2 * FEED_BEAT_MS + 2_000;
/** A server of the first release sends a comment every 10 s, and no beats. */
const SILENCE_WITHOUT_BEATS_MS = 15_000;
/** A page that is not there by then is on a line that is as good as cut; the reading goes on all the same. */
const PATIENCE_MS = 4_000;
/** Entries a transaction: catching up shares the disk's flush, and the screens still get their turn in between. */
const BATCH_ENTRIES = 250;
/** One event of the stream; a catalogue is the largest thing that travels. */
const MAX_EVENT_CHARS = 2_000_000;

const Hello = z.object({
  head: z.int().nonnegative(),
  serverTime: EpochMs,
  /** A server of the first release does not say, and does not beat. */
  provider: FeedBeat.shape.provider.optional(),
});

export interface FeedReader {
  start(): void;
  /** Reads now: ends a wait, or breaks the stream and catches up by page. */
  wake(): void;
  /** Resolves when the last entry that was under way is applied. */
  stop(): Promise<void>;
}

export interface FeedReaderOptions {
  readonly store: KioskStore;
  readonly client: ServerClient;
  readonly serverTime: ServerTime;
  readonly effects: FeedEffects;
  readonly link: LinkMonitor;
  /** The cursor is level with the server's head. */
  readonly onLevel: () => void;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/**
 * Reads the unit's feed from the stored cursor: pages until it is level with the head, then the stream, and both
 * again whenever the stream breaks. Delivery is at least once; the cursor makes the effect once.
 */
export function createFeedReader(options: FeedReaderOptions): FeedReader {
  const { store, client, serverTime, effects, link, onLevel, clock, randomBytes, log } = options;
  let running = false;
  let failures = 0;
  let reached = false;
  let interrupt: () => void = () => {};
  let finished: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    while (running) {
      reached = false;
      const problem = await readUntilBroken().catch((error: unknown) => {
        // Our own disk or a bug: shown to the technician like any other break, and tried again.
        log.error({ err: error }, 'the feed could not be applied');
        return String(error);
      });
      if (!running) return;
      failures += 1;
      // One break is a server that restarts; the second in a row, without a word from it, is a server that is away.
      const isAway = !reached && (failures > 1 || link.state === 'offline');
      link.becomes(isAway ? 'offline' : 'connecting');
      link.problem('feed', `feed: ${problem}`);
      const delayMs = backoffMs(failures, BACKOFF, randomBytes);
      log.warn({ problem, delayMs, failures }, 'feed lost, will connect again');
      await wait(delayMs);
    }
  }

  /** @returns why it ended */
  async function readUntilBroken(): Promise<string> {
    const problem = await catchUp();
    if (problem !== null) return problem;
    reached = true;
    onLevel();
    link.problem('feed', null);
    link.becomes('online');
    return readStream();
  }

  /** @returns null when the cursor is level with the head */
  async function catchUp(): Promise<string | null> {
    while (running) {
      const { feedCursor } = store.sync.read();
      const cancelPatience = clock.schedule(PATIENCE_MS, () => link.becomes('offline'));
      const answer = await client.feedPage(feedCursor).finally(cancelPatience);
      if (!answer.ok) return answer.failure.message;
      const { entries, head } = answer.value;
      link.heard();
      if (head < feedCursor)
        return `the server's feed ends at ${head}, ours at ${feedCursor}: was it replaced?`;
      if (entries.length === 0) return null;
      await applyInBatches(entries);
    }
    return null;
  }

  async function readStream(): Promise<string> {
    const ending = new AbortController();
    let ended = 'the stream ended';
    const end = (why: string): void => {
      ended = why;
      ending.abort();
    };
    interrupt = () => end('reading anew was asked for');
    let cancelWatch: CancelTimer = () => {};
    let silenceMs = SILENCE_WITHOUT_BEATS_MS;
    const watch = (): void => {
      cancelWatch();
      cancelWatch = clock.schedule(silenceMs, () => end(`nothing heard for ${silenceMs} ms`));
    };
    watch();
    const sent = serverTime.mark();
    try {
      const answer = await client.feedStream(store.sync.read().feedCursor, ending.signal);
      if (!answer.ok) return ending.signal.aborted ? ended : answer.failure.message;
      const arrived: FeedEntry[] = [];
      const parser = createParser({
        maxBufferSize: MAX_EVENT_CHARS,
        onEvent: ({ event, data }) => {
          if (event === 'hello') {
            failures = 0;
            const hello = Hello.parse(JSON.parse(data));
            serverTime.heard(hello.serverTime, sent);
            link.heard();
            if (hello.provider !== undefined) {
              silenceMs = SILENCE_MS;
              link.providerIs(hello.provider);
            }
          }
          if (event === 'beat') {
            const beat = FeedBeat.safeParse(JSON.parse(data));
            if (beat.success) link.providerIs(beat.data.provider);
          }
          if (event === 'entry') arrived.push(FeedEntry.parse(JSON.parse(data)));
        },
      });
      const decoder = new TextDecoder();
      for await (const chunk of answer.value) {
        link.heard();
        parser.feed(decoder.decode(chunk, { stream: true }));
        watch();
        const [first] = arrived;
        if (first !== undefined && first.seq > store.sync.read().feedCursor + 1) {
          return `entry ${first.seq} came before those between`;
        }
        await applyInBatches(arrived.splice(0));
        if (ending.signal.aborted) break;
      }
      return ended;
    } catch (error) {
      if (ending.signal.aborted) return ended;
      // A broken line is daily bread; anything else goes up and is logged with its stack.
      if (error instanceof TypeError) return error.message;
      throw error;
    } finally {
      cancelWatch();
      interrupt = () => {};
      ending.abort();
    }
  }

  async function applyInBatches(entries: readonly FeedEntry[]): Promise<void> {
    for (let start = 0; start < entries.length && running; start += BATCH_ENTRIES) {
      effects.apply(entries.slice(start, start + BATCH_ENTRIES));
      if (start + BATCH_ENTRIES < entries.length) await nextTick();
    }
  }

  function wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.schedule(delayMs, resolve);
      interrupt = () => {
        cancel();
        resolve();
      };
    });
  }

  return {
    start() {
      running = true;
      finished = run();
    },
    wake: () => interrupt(),
    stop() {
      running = false;
      interrupt();
      return finished;
    },
  };
}
