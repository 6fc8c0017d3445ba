import { type ConstructorOptions, type Db, PgBoss } from 'pg-boss';
import type { Log } from '../../platform/log.ts';
import type { Transaction } from '../db/database.ts';
import type { FulfilmentJob, Jobs } from './jobs.ts';

const QUEUE = 'fulfilment';
/** A mail server that hangs holds up as many customers at most; the others go on. */
const WORKERS = 4;
/** Workers, and one for the upkeep. */
const CONNECTIONS = 5;
/**
 * A job of this process wakes its workers; this finds what another process left, and what is planned for later. A worker
 * that had a job looks for the next one at once: what gathered while nobody worked would else be done by four at a poll,
 * and a payment of now, which comes last, wait for minutes behind jobs of which most have nothing to do.
 */
const POLL_SECONDS = 10;
/** A handler's sends end within two claims; a job of a process that died goes to another one after this. */
const EXPIRE_SECONDS = 180;
/**
 * Handlers throw when the database is away or has no connection left. No delay that grows: a fulfilment would wait for it
 * long after the database is back. What fails all the same is overdue soon, and gets a new job.
 */
const RETRIES = { retryLimit: 3, retryDelay: 5, retryBackoff: false } as const;
/** What is done is told by the fulfilments themselves. */
const KEEP_DONE_SECONDS = 24 * 3600;
/** The server's own stop waits for it. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * The queue in PostgreSQL, by pg-boss, in a schema of its own that it makes and migrates itself (several processes take
 * turns). Jobs are added over the caller's connection.
 * @param clock pg-boss's own, for tests that move the time
 */
export async function openPgBossJobs(
  connectionString: string,
  log: Log,
  clock?: ConstructorOptions['clock'],
): Promise<Jobs> {
  const boss = new PgBoss({
    connectionString,
    max: CONNECTIONS,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    ...(clock === undefined ? {} : { clock }),
  });
  boss.on('error', (error) => log.warn({ error }, 'the job queue met an error'));
  boss.on('warning', ({ message }) => log.warn({ problem: message }, 'the job queue warns'));
  await boss.start();
  const terms = { ...RETRIES, expireInSeconds: EXPIRE_SECONDS, deleteAfterSeconds: KEEP_DONE_SECONDS };
  await boss.createQueue(QUEUE, terms);
  // One that an earlier release made keeps its own terms otherwise.
  await boss.updateQueue(QUEUE, terms);
  const workers: string[] = [];
  const now = clock === undefined ? Date.now : () => clock.now();

  return {
    async add(transaction, job, atMs) {
      const startAfter = atMs > now() ? { startAfter: new Date(atMs) } : {};
      await boss.send(QUEUE, job, { ...startAfter, db: over(transaction) });
      if (atMs > now()) return;
      transaction.afterCommit(() => {
        for (const worker of workers) boss.notifyWorker(worker);
      });
    },
    async work(handler) {
      const options = { pollingIntervalSeconds: POLL_SECONDS };
      for (let count = 0; count < WORKERS; count += 1) {
        let worker: string | null = null;
        worker = await boss.work<FulfilmentJob>(QUEUE, options, async ([job]) => {
          if (job === undefined) return;
          try {
            await handler(job.data);
          } catch (error) {
            log.error({ error, ...job.data }, 'work on a fulfilment failed; it is tried again');
            throw error;
          } finally {
            if (worker !== null) boss.notifyWorker(worker);
          }
        });
        workers.push(worker);
      }
    },
    stop: () => boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS }),
  };
}

/** pg-boss's statements over the connection of an open transaction. */
function over(transaction: Transaction): Db {
  return { executeSql: async (text, values) => ({ rows: await transaction.query(text, values) }) };
}
