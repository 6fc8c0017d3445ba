import { expect, test } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { MAX_IDLE_MS, startWorkerLoop } from './worker-loop.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @param restMs after which each run says that there is work again; null: it knows of none */
function loopOf(task: (isStopping: () => boolean) => Promise<void>, restMs: number | null = 100) {
  const clock = new ManualClock();
  const loop = startWorkerLoop({
    name: 'test',
    clock,
    log: silentLog,
    task: async (isStopping) => {
      await task(isStopping);
      return restMs === null ? null : clock.nowMs() + restMs;
    },
  });
  return { clock, loop };
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
  clock.advance(500);
  await settled();
  expect(runs).toBe(2);
  await loop.stop();
});

test('without known work it looks now and then, and at once when work is announced for then', async () => {
  let runs = 0;
  const { clock, loop } = loopOf(async () => {
    runs += 1;
  }, null);
  await settled();
  clock.advance(MAX_IDLE_MS - 1);
  await settled();
  expect(runs).toBe(1);
  clock.advance(1);
  await settled();
  expect(runs).toBe(2);

  loop.dueAt(clock.nowMs() + 4_000);
  // Later work does not put off the earlier.
  loop.dueAt(clock.nowMs() + 9_000);
  clock.advance(3_999);
  await settled();
  expect(runs).toBe(2);
  clock.advance(1);
  await settled();
  expect(runs).toBe(3);
  await loop.stop();
});

test('work that is announced while a run is under way is not forgotten', async () => {
  let runs = 0;
  const { clock, loop } = loopOf(async () => {
    runs += 1;
    await settled();
  }, null);
  loop.dueAt(clock.nowMs() + 1_000);
  await settled();
  await settled();
  clock.advance(1_000);
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
