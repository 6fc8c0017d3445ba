import type { CancelTimer, Clock, RandomBytes } from '../../domain/clock.ts';
import {
  isNotYetUnderstood,
  type OutboxEvent,
  type PushResponse,
  type PushResult,
} from '../../domain/protocol/sync.ts';
import type { Log } from '../../platform/log.ts';
import type { KioskStore } from '../store/store.ts';
import { backoffMs } from './backoff.ts';
import { ticketOfEvent } from './event-ticket.ts';
import { createPushPace } from './push-pace.ts';
import type { ServerClient, ServerFailure } from './server-client.ts';
import type { LinkMonitor } from './server-link.ts';

/** A shop's line is back within seconds or within hours; half a minute is late for neither. */
const BACKOFF = { firstMs: 500, maxMs: 30_000 };
/** The server refuses the request as such, not the moment: sending it again unchanged cannot help. */
const UNSENDABLE = new Set([400, 413, 422]);
/** The server says that it cannot now (its database is away, it is overrun): no event is to blame. */
const BUSY = new Set([502, 503, 504]);
/** How often the server fails over one event, while it takes others, before that one is set aside. */
const MAX_FAILURES = 3;
/** Events over which the server fails, each alone and none taken in between: then it is the server. */
const FIRST_STRIKES = 3;
/** Doubled each time, so that many bad events at the front cannot block the others for ever. */
const MAX_STRIKES = 64;
/** A server that did not understand an event, or failed over it, may have been brought up to date since. */
const RETRY_SET_ASIDE_MS = 60 * 60_000;

export interface OutboxPusher {
  start(): void;
  /** Pushes now, whatever the wait was: the server is back, or a technician asks. */
  wake(): void;
  /** Sends what was set aside once more. */
  retrySetAside(): void;
  stop(): void;
}

export interface OutboxPusherOptions {
  readonly store: KioskStore;
  readonly client: Pick<ServerClient, 'push'>;
  readonly link: LinkMonitor;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** What the answers mean beyond the outbox. Called inside the transaction that settles them. */
  readonly onAnswered: (event: OutboxEvent, result: PushResult) => void;
  /** The event is not sent for now. Called inside the transaction that sets it aside. */
  readonly onSetAside: (event: OutboxEvent) => void;
}

/**
 * Sends the outbox in order, at least once: an event leaves it only by the server's answer for its id. One that the
 * server rejects, fails over time and again, or does not understand yet is set aside, with those of its ticket behind
 * it, and never holds up the others.
 */
export function createOutboxPusher(options: OutboxPusherOptions): OutboxPusher {
  const { store, client, link, clock, randomBytes, log, onAnswered, onSetAside } = options;
  const pace = createPushPace(randomBytes);
  let running = false;
  let pushing = false;
  let wokenWhilePushing = false;
  let failures = 0;
  let strikesAllowed = FIRST_STRIKES;
  let cancelWait: CancelTimer = () => {};
  let cancelRetry: CancelTimer = () => {};
  let endRest: () => void = () => {};
  let seenPosition = 0;
  let stopListening: () => void = () => {};
  /** Tickets of which an event was set aside: the later ones wait for it. */
  let ticketsAside = new Set<string>();

  async function push(): Promise<void> {
    if (!running || pushing) {
      wokenWhilePushing = true;
      return;
    }
    pushing = true;
    cancelWait();
    try {
      do {
        wokenWhilePushing = false;
        const failure = await pushAll();
        if (!running) return;
        if (failure !== null) return waitAfter(failure);
      } while (wokenWhilePushing);
    } finally {
      pushing = false;
    }
  }

  /** @returns why it has to wait; null when nothing is left to be sent */
  async function pushAll(): Promise<ServerFailure | null> {
    const suspects: OutboxEvent[] = [];
    let proven = false;
    let lastFailure: ServerFailure | null = null;
    for (let batch = nextBatch(suspects); batch.length > 0; batch = nextBatch(suspects)) {
      const { limit } = pace;
      const startedAt = clock.monotonicMs();
      const answer = await client.push(batch);
      if (!running) return null;
      if (answer.ok) {
        settle(batch, answer.value);
        proven = true;
        const restMs = pace.answered(clock.monotonicMs() - startedAt);
        if (batch.length === limit && restMs > 0) await rest(restMs);
        if (!running) return null;
        continue;
      }
      const { failure } = answer;
      const [first] = batch;
      if (failure.kind === 'unreachable' || BUSY.has(failure.status) || first === undefined) {
        pace.unanswered();
        return failure;
      }
      const isUnsendable = UNSENDABLE.has(failure.status);
      if (!isUnsendable && failure.status < 500) return failure;
      lastFailure = failure;
      if (batch.length > 1) {
        pace.halve(batch.length);
      } else if (isUnsendable) {
        reject(first, failure);
      } else {
        suspects.push(first);
        proven ||= await takesWhatItTook();
        if (!running) return null;
        if (!proven && suspects.length >= strikesAllowed) break;
      }
    }
    if (suspects.length === 0) return null;
    if (proven) convict(suspects, lastFailure);
    strikesAllowed = proven ? FIRST_STRIKES : Math.min(MAX_STRIKES, strikesAllowed * 2);
    return store.outbox.pending(1).length === 0 ? null : lastFailure;
  }

  /** The proof that the server works: it is sent an event once more that it has taken, and must answer for it. */
  async function takesWhatItTook(): Promise<boolean> {
    const taken = store.outbox.newestTaken();
    return taken !== undefined && (await client.push([taken])).ok;
  }

  /** The next to be sent; those of a suspect's ticket wait with it, those of a ticket set aside are set aside. */
  function nextBatch(suspects: readonly OutboxEvent[]): OutboxEvent[] {
    const suspectIds = new Set(suspects.map(({ id }) => id));
    const waiting = new Set(suspects.map(ticketOfEvent));
    const behind: OutboxEvent[] = [];
    const batch = store.outbox.pending(pace.limit, (event) => {
      const ticketId = ticketOfEvent(event);
      const isAside = ticketId !== null && ticketsAside.has(ticketId);
      if (isAside) behind.push(event);
      return isAside || suspectIds.has(event.id) || (ticketId !== null && waiting.has(ticketId));
    });
    if (behind.length > 0) {
      store.write(() => {
        for (const event of behind) {
          store.outbox.setAside(event.id, 'waits for an earlier event of its ticket');
          onSetAside(event);
        }
      });
    }
    return batch;
  }

  function settle(batch: readonly OutboxEvent[], response: PushResponse): void {
    failures = 0;
    link.heard();
    link.problem('push', null);
    const resultById = new Map(response.results.map((result) => [result.id, result]));
    let answered = 0;
    store.write(() => {
      for (const event of batch) {
        const result = resultById.get(event.id);
        if (result === undefined) continue;
        answered += 1;
        settleOne(event, result);
      }
      store.outbox.forgetTaken();
    });
    if (answered === 0) throw new Error('the server answered for none of the events that were pushed');
  }

  function settleOne(event: OutboxEvent, result: PushResult): void {
    const ticketId = ticketOfEvent(event);
    const isBehind = ticketId !== null && ticketsAside.has(ticketId);
    const { outcome, reason } = result;
    if (outcome === 'rejected' && (isNotYetUnderstood(reason) || isBehind)) {
      setAside(event, reason ?? 'rejected');
      return;
    }
    store.outbox.settle(result);
    if (outcome === 'rejected') {
      log.error({ eventId: event.id, kind: event.kind, reason }, 'event rejected');
    }
    onAnswered(event, result);
  }

  function reject(event: OutboxEvent, failure: ServerFailure): void {
    const reason = describe(failure);
    store.write(() => {
      const result: PushResult = { id: event.id, outcome: 'rejected', reason, current: null };
      store.outbox.settle(result);
      onAnswered(event, result);
    });
    log.error({ eventId: event.id, kind: event.kind, reason }, 'event rejected');
  }

  /** The server takes others and fails over these: after the third time they are set aside. */
  function convict(suspects: readonly OutboxEvent[], failure: ServerFailure | null): void {
    store.write(() => {
      for (const event of suspects) {
        const count = store.outbox.countFailure(event.id);
        if (count >= MAX_FAILURES) setAside(event, `${count} times ${describe(failure)}`);
      }
    });
  }

  function setAside(event: OutboxEvent, reason: string): void {
    store.outbox.setAside(event.id, reason);
    onSetAside(event);
    const ticketId = ticketOfEvent(event);
    if (ticketId !== null) ticketsAside.add(ticketId);
    log.error({ eventId: event.id, kind: event.kind, reason }, 'event set aside');
  }

  function retrySetAside(): void {
    store.write(() => store.outbox.retrySetAside());
    ticketsAside = new Set();
    cancelRetry();
    cancelRetry = clock.schedule(RETRY_SET_ASIDE_MS, () => {
      retrySetAside();
      wake();
    });
  }

  /** Leaves the server to the others for a moment. */
  function rest(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.schedule(durationMs, resolve);
      endRest = () => {
        cancel();
        resolve();
      };
    });
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
      retrySetAside();
      seenPosition = store.outbox.newestPosition();
      stopListening = store.onCommit(wakeAtNewEvent);
      wake();
    },
    wake,
    retrySetAside() {
      retrySetAside();
      wake();
    },
    stop() {
      running = false;
      stopListening();
      cancelWait();
      cancelRetry();
      endRest();
    },
  };
}

function describe(failure: ServerFailure | null): string {
  if (failure === null) return 'failed';
  return failure.kind === 'refused' ? `HTTP ${failure.status} ${failure.code}` : failure.message;
}
