import { businessDayOf } from '../../domain/business-day.ts';
import type { CancelTimer, Clock, RandomBytes } from '../../domain/clock.ts';
import { newId } from '../../domain/ids.ts';
import { NUMBER_LEASE_SIZE, type NumberLeaseResponse } from '../../domain/protocol/leases.ts';
import type { Log } from '../../platform/log.ts';
import { businessToday } from '../queue/business-today.ts';
import type { LeaseAsk } from '../store/number-leases.ts';
import type { KioskStore } from '../store/store.ts';
import { backoffMs } from './backoff.ts';
import type { ServerClient } from './server-client.ts';
import type { LinkMonitor } from './server-link.ts';

/** A totem that is cut off for a week goes on giving out numbers: today's, and those of seven days more. */
const DAYS_AHEAD = 7;
/** Half a lease left: a busy hour's worth is fetched before the other half is gone. */
const REFILL_BELOW = NUMBER_LEASE_SIZE / 2;
/** Bound of the request. */
const MAX_ASKS = 50;
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/** Finds out that a new day has begun; and asks again for what the server did not grant, without pestering it. */
const LOOK_AGAIN_MS = 10 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

export interface NumberLeaseKeeper {
  start(): void;
  /** Looks now, whatever the wait was: the server is back. */
  wake(): void;
  stop(): void;
}

export interface NumberLeaseKeeperOptions {
  readonly store: KioskStore;
  readonly client: ServerClient;
  readonly link: LinkMonitor;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/**
 * Keeps enough leased numbers for every service that needs no PIX, today and on each of the days ahead. Selling takes
 * from this supply alone, online and cut off, so there is one path and it is used every day.
 */
export function createNumberLeaseKeeper(options: NumberLeaseKeeperOptions): NumberLeaseKeeper {
  const { store, client, link, clock, randomBytes, log } = options;
  let running = false;
  let asking = false;
  let failures = 0;
  let cancelWait: CancelTimer = () => {};
  let stopListening: () => void = () => {};
  /** What the server did not grant: not asked for again before the next look by the clock. */
  let refused = new Set<string>();

  async function keep(): Promise<void> {
    if (!running || asking) return;
    asking = true;
    cancelWait();
    try {
      await askUntilSupplied();
    } finally {
      asking = false;
    }
  }

  async function askUntilSupplied(): Promise<void> {
    for (;;) {
      thinkOfMissing();
      const asks = store.leases.asked(MAX_ASKS);
      if (asks.length === 0) return waitFor(LOOK_AGAIN_MS);
      const answer = await client.leaseNumbers(asks);
      if (!running) return;
      if (!answer.ok) {
        failures += 1;
        log.warn({ failure: answer.failure, failures }, 'no numbers leased, will ask again');
        return waitFor(backoffMs(failures, BACKOFF, randomBytes));
      }
      failures = 0;
      takeOver(asks, answer.value);
    }
  }

  /** Stores an id for each range that is missing. */
  function thinkOfMissing(): void {
    const missing = missingLeases(store, clock, randomBytes).filter((ask) => !refused.has(supplyKey(ask)));
    if (missing.length === 0) return;
    store.write(() => {
      for (const ask of missing) store.leases.ask(ask, clock.nowMs());
    });
  }

  function takeOver(asks: readonly LeaseAsk[], { leases, serverTime }: NumberLeaseResponse): void {
    const timeZone = store.sync.catalog()?.unit.timeZone;
    // With another prefix or day than was asked for it is not taken over, and so not granted.
    const granted = new Set(leases.map((lease) => `${lease.leaseId}/${supplyKey(lease)}`));
    const left = asks.filter((ask) => !granted.has(`${ask.leaseId}/${supplyKey(ask)}`));
    for (const ask of left) refused.add(supplyKey(ask));
    if (left.length > 0) log.warn({ leases: left }, 'the server did not grant these numbers');
    link.heard();
    store.write(() => {
      for (const lease of leases) store.leases.grant(lease);
      for (const { leaseId } of asks) store.leases.refuse(leaseId);
      // By the server's word alone: a totem whose clock jumps ahead must not throw away what it needs tomorrow.
      if (timeZone !== undefined) store.leases.dropBefore(businessDayOf(serverTime, timeZone));
    });
  }

  function waitFor(delayMs: number): void {
    cancelWait = clock.schedule(delayMs, () => {
      refused = new Set();
      wake();
    });
  }

  function wake(): void {
    keep().catch((error: unknown) => {
      log.error({ err: error }, 'keeping numbers failed unexpectedly');
      failures += 1;
      waitFor(backoffMs(failures, BACKOFF, randomBytes));
    });
  }

  /** A sale or a new catalogue: looks without a request, and leaves a wait after a failure alone. */
  function lookAfterCommit(): void {
    if (asking || failures > 0) return;
    const missing = missingLeases(store, clock, randomBytes).some((ask) => !refused.has(supplyKey(ask)));
    if (missing) wake();
  }

  return {
    start() {
      running = true;
      stopListening = store.onCommit(lookAfterCommit);
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

function supplyKey({ prefix, businessDay }: Pick<LeaseAsk, 'prefix' | 'businessDay'>): string {
  return `${businessDay}/${prefix}`;
}

/** One range for each prefix and day of which less than half a lease is left and none is on its way. */
function missingLeases(store: KioskStore, clock: Pick<Clock, 'nowMs'>, randomBytes: RandomBytes): LeaseAsk[] {
  const catalog = store.sync.catalog();
  const today = businessToday(store, clock.nowMs());
  if (catalog === null || today === null) return [];
  const prefixes = new Set(
    catalog.services
      .filter(({ amountCents, payAtCounter }) => amountCents === 0 || payAtCounter)
      .map(({ prefix }) => prefix),
  );
  if (prefixes.size === 0) return [];
  const supplied = new Set(
    store.leases
      .supplyFrom(today.businessDay)
      .filter(({ free, asked }) => asked > 0 || free >= REFILL_BELOW)
      .map(supplyKey),
  );
  const { timeZone } = catalog.unit;
  // A set: on the day on which clocks go back, two instants a day apart are one civil day.
  const days = new Set(
    Array.from({ length: DAYS_AHEAD + 1 }, (_, ahead) =>
      businessDayOf(today.serverNowMs + ahead * DAY_MS, timeZone),
    ),
  );
  return [...days].flatMap((businessDay) =>
    [...prefixes]
      .filter((prefix) => !supplied.has(supplyKey({ prefix, businessDay })))
      .map((prefix) => ({ leaseId: newId(clock, randomBytes), prefix, businessDay })),
  );
}
