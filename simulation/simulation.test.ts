import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyMutation } from './mutation-loader.ts';
import { MUTATIONS } from './mutations.ts';
import { runSeed } from './seed.ts';
import { openWorkplace } from './workplace.ts';

const run = promisify(execFile);
/** All mutations on two cores take about two minutes; a loaded machine may need several times as long. */
const MUTATIONS_TIMEOUT_MS = 15 * 60_000;

describe('a seed', () => {
  let workplace: Awaited<ReturnType<typeof openWorkplace>>;
  beforeAll(async () => {
    workplace = await openWorkplace();
  });
  afterAll(() => workplace.close());

  test('is the same world, step for step, each time', async () => {
    for (const seed of [1, 16, 22]) {
      const first = await runSeed(seed, workplace);
      const second = await runSeed(seed, workplace);
      expect(second).toEqual(first);
    }
  });

  // Worlds in which a bug was found once. What draws differently from the seed since then makes another world of it.
  test.each([
    [9130, 'a ticket without PIX was rescued while its totem was off, and printed when that came back'],
  ])('%i holds what it broke once: %s', async (seed) => {
    expect((await runSeed(seed, workplace)).violation).toBe(null);
  });

  test('is another world than the next one', async () => {
    const first = await runSeed(1, workplace);
    const next = await runSeed(2, workplace);
    expect(next.hash).not.toBe(first.hash);
  });
});

describe('mutations', () => {
  test('have names of their own, and each says what it breaks', () => {
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(52);
    for (const { breaks } of MUTATIONS) expect(breaks.length).toBeGreaterThan(0);
  });

  test('one whose text has gone is an error, and so is one whose text is there twice', () => {
    const mutation = { name: 'm', file: 'f', find: 'one', replace: 'two', breaks: [] };
    expect(applyMutation(mutation, 'a one b')).toBe('a two b');
    expect(() => applyMutation(mutation, 'nothing')).toThrow('0 times');
    expect(() => applyMutation(mutation, 'one one')).toThrow('2 times');
  });

  test(
    'are all found, each by an invariant that it is said to break',
    async () => {
      const { stdout } = await run(process.execPath, ['simulation/main.ts', '--mutations'], {
        timeout: MUTATIONS_TIMEOUT_MS,
      });
      expect(stdout.trim().split('\n').at(-1)).toBe(
        `mutations ${MUTATIONS.length} found ${MUTATIONS.length}`,
      );
    },
    MUTATIONS_TIMEOUT_MS,
  );
});
