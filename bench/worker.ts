import { z } from 'zod';
import { readTaskAs, report, runInProcess } from './child.ts';

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

/**
 * Runs a transfer in a process of its own.
 * @param entry the program; it answers a task with `reportTransfer`
 * @throws when not every event has arrived
 */
export async function runTransfer(
  entry: string,
  task: TransferTask,
  signal: AbortSignal,
): Promise<TransferReport> {
  const done = await runInProcess(entry, task, TransferReport, signal);
  if (done.transferred !== task.events)
    throw new Error(`${entry} (${task.direction}) moved ${done.transferred} of ${task.events} events`);
  return done;
}

/** In the worker: the task that it was started for. */
export function readTask(): TransferTask {
  return readTaskAs(TransferTask);
}

/** In the worker: tells the figures and ends. */
export function reportTransfer(figures: TransferReport): void {
  report(figures);
}
