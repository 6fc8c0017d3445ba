import { fork } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { projectEnvironment } from '../scripts/process.ts';
import { projectDir } from '../scripts/project.ts';

/** One side of a synchronisation, done by a process of its own: what to do, with whom. */
export const TransferTask = z.object({
  direction: z.enum(['push', 'pull']),
  /** The other side. */
  url: z.string(),
  /** Empty: what this side stores goes here. */
  folder: z.string(),
  events: z.number().int(),
  round: z.number().int(),
  /** Pull: the sequence of the last event that is to come. */
  head: z.number().int(),
  kioskId: z.string(),
  serviceId: z.string(),
  /** Who the kiosk is, where the other side asks. */
  identityFile: z.string(),
});
export type TransferTask = z.infer<typeof TransferTask>;

const TransferReport = z.object({
  /** From the first request to the last event durable on the receiving side. */
  elapsedMs: z.number(),
  /** How many are there, counted in the receiver's store or answered for by it. */
  transferred: z.number(),
});
export type TransferReport = z.infer<typeof TransferReport>;

/** Two minutes: more than ten times what the slowest needs. */
const TIMEOUT_MS = 120_000;

/**
 * Runs a transfer in a fresh process, so that no side is served by another's warm heap.
 * @param entry the program, from the project's folder; it answers a task with `reportTransfer`
 * @param signal ends the process
 */
export function runTransfer(entry: string, task: TransferTask, signal: AbortSignal): Promise<TransferReport> {
  return new Promise((resolve, reject) => {
    const child = fork(join(projectDir, entry), [JSON.stringify(task)], {
      cwd: projectDir,
      env: projectEnvironment(),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      signal,
    });
    let report: unknown;
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    child.once('message', (message) => {
      report = message;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      const parsed = TransferReport.safeParse(report);
      if (!parsed.success) {
        reject(new Error(`${entry} (${task.direction}) ended without a figure: ${signal ?? `exit ${code}`}`));
      } else if (parsed.data.transferred !== task.events) {
        reject(
          new Error(`${entry} (${task.direction}) moved ${parsed.data.transferred} of ${task.events} events`),
        );
      } else resolve(parsed.data);
    });
  });
}

/** In the worker: the task that it was started for. */
export function readTask(): TransferTask {
  return TransferTask.parse(JSON.parse(process.argv[2] ?? ''));
}

/** In the worker: tells the figures and ends. */
export function reportTransfer(report: TransferReport): void {
  process.send?.(report, undefined, undefined, () => process.exit(0));
}
