import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Answer, Ask } from './messages.ts';
import type { SeedResult } from './seed.ts';

/** Longer than any seed on a loaded machine: one that does not answer by then hangs. */
const ANSWER_TIMEOUT_MS = 180_000;

/** Of each world something stays behind in the database's memory, megabytes each: after so many a fresh one takes over. */
const RETIRES_AFTER_SEEDS = 100;

/** A process that runs seeds. */
export interface Worker {
  /** @throws Error when the world could not be run to its end */
  run(seed: number, mutation: string | null): Promise<SeedResult>;
  end(): void;
}

/** One that dies, or has to be put to an end, is replaced for the next seed. */
export function hireWorker(): Worker {
  let child: ChildProcess | null = null;
  let seeds = 0;
  return {
    async run(seed, mutation) {
      try {
        if (seeds === RETIRES_AFTER_SEEDS) {
          child?.send({ kind: 'end' } satisfies Ask);
          child = null;
        }
        if (child === null) {
          child = await start();
          seeds = 0;
        }
        seeds += 1;
        child.send({ kind: 'seed', seed, mutation } satisfies Ask);
        const answer = await answerOf(child);
        if (answer.kind === 'result') return answer.result;
        throw new Error(answer.kind === 'failed' ? answer.message : `a worker says ${answer.kind} to a seed`);
      } catch (error) {
        child?.kill('SIGKILL');
        child = null;
        throw error;
      }
    },
    end: () => void child?.send({ kind: 'end' } satisfies Ask),
  };
}

async function start(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0204'],
  });
  await answerOf(child);
  return child;
}

function answerOf(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`no answer of a worker within ${ANSWER_TIMEOUT_MS} ms`));
    }, ANSWER_TIMEOUT_MS);
    const onExit = (code: number | null): void => {
      clearTimeout(cut);
      reject(new Error(`a worker ended with ${code}`));
    };
    child.once('exit', onExit);
    child.once('message', (answer) => {
      clearTimeout(cut);
      child.off('exit', onExit);
      resolve(answer as Answer);
    });
  });
}
