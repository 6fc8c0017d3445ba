import type { CancelTimer, Clock, RandomBytes } from '../../domain/clock.ts';
import type { ClaimResponse } from '../../domain/protocol/leases.ts';
import type { Log } from '../../platform/log.ts';
import { type ConfirmationOptions, issueClaimed, ticketArrived } from '../checkout/confirmations.ts';
import { backoffMs } from './backoff.ts';
import type { ServerClient } from './server-client.ts';
import type { LinkMonitor } from './server-link.ts';
import { applyServerTicket } from './ticket-merge.ts';

/** A customer who has paid stands before the totem. */
const BACKOFF = { firstMs: 500, maxMs: 10_000 };

export interface Claimer {
  start(): void;
  stop(): void;
}

export interface ClaimerOptions extends ConfirmationOptions {
  readonly client: Pick<ServerClient, 'claimConfirmation'>;
  readonly link: Pick<LinkMonitor, 'state' | 'onChange'>;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/**
 * Asks the server, one after the other, about our own confirmations whose lease does not surely run. Only while the
 * feed is level with the server's: what it still brings may answer by itself.
 */
export function createClaimer(options: ClaimerOptions): Claimer {
  const { store, kioskId, client, link, clock, randomBytes, log } = options;
  let running = false;
  let busy = false;
  let calledWhileBusy = false;
  let failures = 0;
  let cancelWait: CancelTimer | null = null;
  let stopListening: () => void = () => {};

  async function claimAll(): Promise<void> {
    for (;;) {
      const next = running && link.state === 'online' ? store.confirmations.nextToClaim() : undefined;
      if (next === undefined) return;
      const { sessionId } = next.confirmation;
      const answer = await client.claimConfirmation(sessionId);
      if (!running) return;
      store.write(() => store.confirmations.countClaim(sessionId));
      if (answer.ok && settle(sessionId, answer.value)) {
        failures = 0;
        continue;
      }
      if (!answer.ok) log.warn({ sessionId, failure: answer.failure }, 'claim failed, will try again');
      return wait();
    }
  }

  /** @returns whether the confirmation is done with */
  function settle(sessionId: string, answer: ClaimResponse): boolean {
    const nowMs = clock.nowMs();
    switch (answer.outcome) {
      case 'granted': {
        const outcome = issueClaimed(options, sessionId, answer.actBefore, nowMs);
        log.info({ sessionId, outcome }, 'claim granted');
        return outcome !== 'lapsed';
      }
      case 'ticketed':
        store.write(() => {
          applyServerTicket(store, answer.ticket, kioskId());
          ticketArrived(options, sessionId, nowMs);
        });
        log.warn({ sessionId, label: answer.ticket.label }, 'claimed too late: the ticket exists');
        return true;
      case 'unknown':
        store.write(() => store.confirmations.remove(sessionId));
        log.error({ sessionId }, 'the server knows nothing of a payment that it confirmed');
        return true;
    }
  }

  function wait(): void {
    failures += 1;
    cancelWait = clock.schedule(backoffMs(failures, BACKOFF, randomBytes), () => {
      cancelWait = null;
      look();
    });
  }

  function look(): void {
    if (busy) calledWhileBusy = true;
    if (!running || busy || cancelWait !== null) return;
    busy = true;
    calledWhileBusy = false;
    claimAll()
      .catch((error: unknown) => {
        // Our own disk, or a bug: what was not stored is claimed again.
        log.error({ err: error }, 'a claim could not be stored');
        wait();
      })
      .finally(() => {
        busy = false;
        // The line may have come back between the look and here: nobody would call again.
        if (calledWhileBusy) look();
      });
  }

  return {
    start() {
      running = true;
      const stops = [store.onCommit(look), link.onChange(look)];
      stopListening = () => {
        for (const stop of stops) stop();
      };
      look();
    },
    stop() {
      running = false;
      stopListening();
      cancelWait?.();
    },
  };
}
