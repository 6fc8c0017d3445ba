import { TestClock } from 'pg-boss';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { eventually } from '../../platform/testing/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import type { FulfilmentJob, Jobs } from './jobs.ts';
import { openPgBossJobs } from './pg-boss-jobs.ts';

const MINUTE_MS = 60_000;

let database: TestDatabase;
const opened: Jobs[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.stop()));
  await database.close();
});

async function open(clock?: TestClock): Promise<Jobs> {
  const jobs = await openPgBossJobs(database.url, silentLog, clock);
  opened.push(jobs);
  return jobs;
}

const newJob = (): FulfilmentJob => ({ merchantId: crypto.randomUUID(), transactionId: crypto.randomUUID() });
const add = (jobs: Jobs, job: FulfilmentJob, atMs = 0) =>
  database.db.transaction((transaction) => jobs.add(transaction, job, atMs));

test('a job is there exactly when its transaction is, and is worked on at once, not when the queue is next polled', async () => {
  // This clock stands still, ahead of the one that dates the job: the queue is not polled a second time.
  const jobs = await open(new TestClock(Date.now() + MINUTE_MS));
  const worked: FulfilmentJob[] = [];
  await jobs.work(async (job) => void worked.push(job));
  const [kept, lost] = [newJob(), newJob()];
  await expect(
    database.db.transaction(async (transaction) => {
      await jobs.add(transaction, lost, 0);
      throw new Error('taken back');
    }),
  ).rejects.toThrow('taken back');
  await add(jobs, kept);
  await eventually(() => expect(worked).toEqual([kept]));
  expect(await database.db.query('SELECT 1 FROM pgboss.job WHERE data = $1', [JSON.stringify(lost)])).toEqual(
    [],
  );
});

test('a job for later comes when its time has come', async () => {
  const clock = new TestClock();
  const jobs = await open(clock);
  const worked: FulfilmentJob[] = [];
  await jobs.work(async (job) => void worked.push(job));
  const job = newJob();
  await add(jobs, job, clock.now() + 5 * MINUTE_MS);
  await clock.tick(4 * MINUTE_MS);
  expect(worked).toEqual([]);
  await clock.tick(2 * MINUTE_MS);
  await eventually(() => expect(worked).toEqual([job]));
});

test('a handler that throws is called again, and the others go on meanwhile', async () => {
  const clock = new TestClock();
  const jobs = await open(clock);
  const tries: string[] = [];
  const [poor, good] = [newJob(), newJob()];
  await jobs.work(async ({ transactionId }) => {
    tries.push(transactionId);
    if (tries.filter((id) => id === poor.transactionId).length < 3 && transactionId === poor.transactionId)
      throw new Error('the database is away');
  });
  await add(jobs, poor);
  await add(jobs, good);
  const ended = async (job: FulfilmentJob) => {
    const rows = await database.db.query<{ state: string }>(
      'SELECT state::text AS state FROM pgboss.job WHERE data = $1',
      [JSON.stringify(job)],
    );
    return rows.map(({ state }) => state);
  };
  await eventually(async () => {
    await clock.tick(15_000);
    expect(await ended(poor)).toEqual(['completed']);
  });
  expect(tries.filter((id) => id === poor.transactionId)).toHaveLength(3);
  expect(tries.filter((id) => id === good.transactionId)).toHaveLength(1);
});

test('two processes start at once on an empty schema, and each job is handed to one of them', async () => {
  const [first, second] = await Promise.all([open(), open()]);
  const worked: string[] = [];
  const note = async ({ transactionId }: FulfilmentJob) => void worked.push(transactionId);
  await Promise.all([first.work(note), second.work(note)]);
  const all = Array.from({ length: 40 }, newJob);
  for (const [index, job] of all.entries()) await add(index % 2 === 0 ? first : second, job);
  await eventually(() => expect(worked).toHaveLength(all.length));
  expect(new Set(worked)).toEqual(new Set(all.map(({ transactionId }) => transactionId)));
});

test('a job of a process that ended in the midst goes to another one', async () => {
  const clock = new TestClock();
  const dying = await open(clock);
  const job = newJob();
  const begun = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  await dying.work(async () => {
    begun.resolve();
    await over.promise;
  });
  await add(dying, job);
  await clock.tick(15_000);
  await begun.promise;
  const other = await open(clock);
  const worked: FulfilmentJob[] = [];
  await other.work(async (taken) => void worked.push(taken));
  await eventually(async () => {
    await clock.tick(MINUTE_MS);
    expect(worked).toEqual([job]);
  });
  over.resolve();
});

test('what gathered while nobody worked is worked through at once, not a few jobs at each look', async () => {
  const gone = await open();
  const all = Array.from({ length: 60 }, newJob);
  for (const job of all) await add(gone, job);
  // This clock stands still: the queue is looked at once.
  const jobs = await open(new TestClock(Date.now() + MINUTE_MS));
  const worked: string[] = [];
  await jobs.work(async ({ transactionId }) => void worked.push(transactionId));
  await eventually(() => expect(worked).toHaveLength(all.length));
  expect(new Set(worked)).toEqual(new Set(all.map(({ transactionId }) => transactionId)));
});
