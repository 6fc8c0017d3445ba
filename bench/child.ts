import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { z } from 'zod';
import { projectEnvironment } from '../scripts/process.ts';
import { projectDir } from '../scripts/project.ts';

/** Two minutes: more than ten times what the slowest needs. */
const TIMEOUT_MS = 120_000;

/**
 * Does one measurement in a fresh process, so that no side is served by another's warm heap.
 * @param entry the program, from the project's folder; it reads its task with `readTaskAs` and answers with `report`
 * @param signal ends the process
 * @throws when it ends without a report
 */
export function runInProcess<T>(
  entry: string,
  task: object,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(join(projectDir, entry), [JSON.stringify(task)], {
      cwd: projectDir,
      env: projectEnvironment(),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      signal,
    });
    let answer: unknown;
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    child.once('message', (message) => {
      answer = message;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      const parsed = schema.safeParse(answer);
      if (parsed.success) resolve(parsed.data);
      else reject(new Error(`${entry} ended without a figure: ${signal ?? `exit ${code}`}`));
    });
  });
}

/** In the child: the task that it was started for. */
export function readTaskAs<T>(schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(process.argv[2] ?? ''));
}

/** In the child: tells the figures and ends. */
export function report(figures: object): void {
  process.send?.(figures, undefined, undefined, () => process.exit(0));
}
