import { expect, test } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { startDueWorker } from './due-worker.ts';
import { createWorkDue } from './work-due.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('runs when its own work is announced, when it is due, and no more after it was stopped', async () => {
  const clock = new ManualClock();
  const workDue = createWorkDue();
  let runs = 0;
  const worker = startDueWorker({ clock, log: silentLog, workDue }, 'refund', {
    name: 'test',
    task: async () => {
      runs += 1;
      return null;
    },
  });
  await settled();
  workDue.announce('check', clock.nowMs());
  workDue.announce('refund', clock.nowMs() + 1_000);
  clock.advance(999);
  await settled();
  expect(runs).toBe(1);
  clock.advance(1);
  await settled();
  expect(runs).toBe(2);
  await worker.stop();
  workDue.announce('refund', clock.nowMs());
  clock.advance(60_000);
  await settled();
  expect(runs).toBe(2);
  expect(clock.pendingTasks).toBe(0);
});
