import type { Clock, RandomBytes } from '../domain/clock.ts';
import type { Log } from '../platform/log.ts';
import type { PersonalDataBox } from '../platform/personal-data.ts';
import type { ServerConfig } from './config.ts';
import type { LeaseWatch } from './confirmations/lease-watch.ts';
import type { Database } from './db/database.ts';
import type { Jobs } from './fulfilment/jobs.ts';
import type { WorkDue } from './payments/work-due.ts';
import type { FeedWake } from './sync/feed-wake.ts';

/** What every part of the server is given. Made once, by server.ts. */
export interface ServerContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly config: ServerConfig;
  readonly personalData: PersonalDataBox;
  readonly feedWake: FeedWake;
  readonly workDue: WorkDue;
  readonly leaseWatch: LeaseWatch;
  /** What follows a payment, to be done in the background. */
  readonly jobs: Jobs;
}
