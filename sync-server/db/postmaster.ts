import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** The head process of a PostgreSQL cluster, as its postmaster.pid tells of it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** Fast stop: transactions are rolled back, connections closed, a checkpoint written. */
const FAST_STOP_TIMEOUT_MS = 6_000;
/** Immediate stop: no checkpoint, the next start recovers from the log. Together under the service's ten seconds. */
const IMMEDIATE_STOP_TIMEOUT_MS = 2_000;
const POLL_MS = 50;

/**
 * The running postmaster of this cluster, or null. A file that a kill left behind is told apart from a live one; where
 * its process number has since gone to another program, the file is removed, since PostgreSQL would wait for that
 * program to end.
 */
export function findPostmaster(cluster: string): Postmaster | null {
  const file = join(cluster, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const pid = Number(lines[0]);
  if (!isAlive(pid)) return null;
  if (!isPostgres(pid)) {
    rmSync(file, { force: true });
    return null;
  }
  return { pid, port: Number(lines[3]) };
}

export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // Under a container's process 1, a dead orphan may stay in the table for ever as a zombie.
  return procFile(pid, 'stat')?.split(') ')[1]?.startsWith('Z') !== true;
}

/** Stops the cluster as a clean shutdown, or by force when that takes too long. Returns when it is gone. */
export async function stopPostmaster(pid: number): Promise<void> {
  signal(pid, 'SIGINT');
  if (await endsWithin(pid, FAST_STOP_TIMEOUT_MS)) return;
  signal(pid, 'SIGQUIT');
  if (await endsWithin(pid, IMMEDIATE_STOP_TIMEOUT_MS)) return;
  signal(pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function endsWithin(pid: number, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += POLL_MS) {
    if (!isAlive(pid)) return true;
    await sleep(POLL_MS);
  }
  return !isAlive(pid);
}

/** Where there is no /proc to ask, PostgreSQL's own check has the last word. */
function isPostgres(pid: number): boolean {
  const program = procFile(pid, 'cmdline')?.split('\0', 1)[0];
  return program === undefined || basename(program) === 'postgres';
}

function procFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // No /proc on this system, or the process has just ended: the caller's other checks decide.
    return null;
  }
}
