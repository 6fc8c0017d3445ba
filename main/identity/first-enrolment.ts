import type { CancelTimer, Clock, RandomBytes } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';
import { backoffMs } from '../sync/backoff.ts';
import type { KioskIdentity } from './kiosk-identity.ts';

/** A shop is often wired before its line is; the code itself is good for a quarter of an hour. */
const BACKOFF = { firstMs: 500, maxMs: 15_000 };

export interface FirstEnrolment {
  start(): void;
  stop(): void;
}

export interface FirstEnrolmentOptions {
  readonly identity: KioskIdentity;
  /** As it was configured. */
  readonly code: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/**
 * Enrols a totem that has no identity yet by the code of its configuration, as soon as the server can be reached. A code
 * that is refused is told in the log, and the totem waits for a technician.
 */
export function createFirstEnrolment(options: FirstEnrolmentOptions): FirstEnrolment {
  const { identity, code, clock, randomBytes, log } = options;
  let running = false;
  let failures = 0;
  let cancelWait: CancelTimer = () => {};

  async function attempt(): Promise<void> {
    if (!running || identity.status() !== 'not_enrolled') return;
    const result = await identity.enrol(code);
    if (!running || result.ok) return;
    if (result.code !== 'server_unreachable') {
      log.warn(
        { refusal: result.code },
        'the configured enrolment code was refused; a technician can type another',
      );
      return;
    }
    failures += 1;
    cancelWait = clock.schedule(backoffMs(failures, BACKOFF, randomBytes), run);
  }

  function run(): void {
    attempt().catch((error: unknown) => log.error({ err: error }, 'the first enrolment failed'));
  }

  return {
    start() {
      running = true;
      run();
    },
    stop() {
      running = false;
      cancelWait();
    },
  };
}
