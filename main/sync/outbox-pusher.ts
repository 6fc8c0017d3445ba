import type { CancelTimer, Clock, RandomBytes } from '../../domain/clock.ts';
import { MAX_PUSH_EVENTS, type OutboxEvent, type PushResponse } from '../../domain/protocol/sync.ts';
import type { Log } from '../../platform/log.ts';
import type { KioskStore } from '../store/store.ts';
import { backoffMs } from './backoff.ts';
import type { ServerClient, ServerFailure } from './server-client.ts';
import type { LinkMonitor } from './server-link.ts';

/** A shop's line is back within seconds or within hours; half a minute is late for neither. */
const BACKOFF = { firstMs: 500, maxMs: 30_000 };
/** The server refuses the request as such, not the moment: sending it again unchanged cannot help. */
const UNSENDABLE = new Set([400, 413, 422]);

export interface OutboxPusher {
  start(): void;
  /** Pushes now, whatever the wait was: the server is back, or a technician asks. */
  wake(): void;
  stop(): void;
}

export interface OutboxPusherOptions {
  readonly store: KioskStore;
  readonly client: ServerClient;
  readonly link: LinkMonitor;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/**
 * Sends the outbox in order, at least once: an event leaves it only by the server's answer for its id. One that the
 * server rejects is set aside and counted, so that it never holds up those behind it.
 */
export function createOutboxPusher(options: OutboxPusherOptions): OutboxPusher {
  const { store, client, link, clock, randomBytes, log } = options;
  let running = false;
  let pushing = false;
  let wokenWhilePushing = false;
  let failures = 0;
  let batchLimit = MAX_PUSH_EVENTS;
  let cancelWait: CancelTimer = () => {};
  let seenPosition = 0;
  let stopListening: () => void = () => {};

  async function push(): Promise<void> {
    if (!running || pushing) {
      wokenWhilePushing = true;
      return;
    }
    pushing = true;
    cancelWait();
    try {
      await pushAll();
    } finally {
      pushing = false;
    }
  }

  async function pushAll(): Promise<void> {
    do {
      wokenWhilePushing = false;
      for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
        const answer = await client.push(batch);
        if (!running) return;
        if (answer.ok) settle(batch, answer.value);
        else if (!setAside(batch, answer.failure)) return waitAfter(answer.failure);
      }
    } while (wokenWhilePushing);
  }

  const nextBatch = (): OutboxEvent[] => store.outbox.pending(batchLimit);

  function settle(batch: readonly OutboxEvent[], response: PushResponse): void {
    failures = 0;
    batchLimit = MAX_PUSH_EVENTS;
    link.heard();
    link.problem('push', null);
    const kindById = new Map(batch.map((event) => [event.id, event.kind]));
    const known = response.results.filter((result) => kindById.has(result.id));
    store.write(() => {
      for (const result of known) store.outbox.settle(result);
      store.outbox.forgetTaken();
    });
    for (const { id, outcome, reason } of known) {
      if (outcome === 'rejected')
        log.error({ eventId: id, kind: kindById.get(id), reason }, 'event rejected');
    }
    if (known.length === 0) throw new Error('the server answered for none of the events that were pushed');
  }

  /** Narrows a batch that the server cannot take down to the one event at fault. @returns whether to go on at once */
  function setAside(batch: readonly OutboxEvent[], failure: ServerFailure): boolean {
    if (failure.kind !== 'refused' || !UNSENDABLE.has(failure.status)) return false;
    const [first] = batch;
    if (batch.length > 1 || first === undefined) {
      batchLimit = Math.ceil(batch.length / 2);
      return true;
    }
    const reason = `HTTP ${failure.status} ${failure.code}`;
    store.write(() => store.outbox.settle({ id: first.id, outcome: 'rejected', reason }));
    log.error({ eventId: first.id, kind: first.kind, reason }, 'event rejected');
    return true;
  }

  function waitAfter(failure: ServerFailure): void {
    failures += 1;
    const delayMs = backoffMs(failures, BACKOFF, randomBytes);
    link.problem('push', `push: ${failure.message}`);
    log.warn({ failure, delayMs, failures }, 'push failed, will try again');
    cancelWait = clock.schedule(delayMs, wake);
  }

  function wake(): void {
    push().catch((error: unknown) => {
      log.error({ err: error }, 'push failed unexpectedly');
      waitAfter({ kind: 'unreachable', message: String(error) });
    });
  }

  /** A new event is pushed at once, even during a wait; other commits are none of our business. */
  function wakeAtNewEvent(): void {
    const newest = store.outbox.newestPosition();
    if (newest === seenPosition) return;
    seenPosition = newest;
    wake();
  }

  return {
    start() {
      running = true;
      seenPosition = store.outbox.newestPosition();
      stopListening = store.onCommit(wakeAtNewEvent);
      wake();
    },
    wake,
    stop() {
      running = false;
      stopListening();
      cancelWait();
    },
  };
}
