import { expect, test } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { startWorkerLoop } from './worker-loop.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function loopOf(task: (isStopping: () => boolean) => Promise<void>) {
  const clock = new ManualClock();
  return { clock, loop: startWorkerLoop({ name: 'test', clock, log: silentLog, idleMs: 100, task }) };
}

test('runs at the start, and again each time it has rested', async () => {
  let runs = 0;
  const { clock, loop } = loopOf(async () => {
    runs += 1;
  });
  for (let turn = 1; turn <= 3; turn += 1) {
    await settled();
    expect(runs).toBe(turn);
    clock.advance(100);
  }
  await loop.stop();
});

test('wakes during a run make one more run, never two at a time', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const { loop } = loopOf(async () => {
    running += 1;
    most = Math.max(most, running);
    runs += 1;
    await settled();
    running -= 1;
  });
  for (let wake = 0; wake < 10; wake += 1) loop.wake();
  await settled();
  await settled();
  await settled();
  expect({ most, runs }).toEqual({ most: 1, runs: 2 });
  await loop.stop();
});

test('a run that throws does not end the loop', async () => {
  let runs = 0;
  const { clock, loop } = loopOf(async () => {
    runs += 1;
    throw new Error('the database is away');
  });
  await settled();
  clock.advance(100);
  await settled();
  expect(runs).toBe(2);
  await loop.stop();
});

test('stop waits for the run under way, which can see it, and leaves no timer', async () => {
  let sawStop = false;
  const { clock, loop } = loopOf(async (isStopping) => {
    await settled();
    sawStop = isStopping();
  });
  await loop.stop();
  loop.wake();
  expect(sawStop).toBe(true);
  expect(clock.pendingTasks).toBe(0);
});
