import { appendFileSync } from 'node:fs';
import process from 'node:process';

/** `before`: all is written, nothing committed. `after`: committed, and nothing done about it yet. */
export type KillMoment = 'before' | 'after';

export interface KillOrder {
  /** Which commit, counted from the order on. */
  readonly at: number;
  readonly when: KillMoment;
  /** Counts only the commits whose writes (`INSERT receipts, UPDATE refunds`) this pattern finds. A RegExp's source. */
  readonly writing?: string;
}

/** The file to which the killed process adds a line: what its last transaction wrote. */
export const KILL_REPORT = 'KILL_REPORT';

/** A line on the process channel: the order, and the child's word that it has it. */
export interface KillMessage {
  readonly kill: KillOrder;
}
export const KILL_ORDERED = { killOrdered: true } as const;

export interface KillPoint {
  /** All is written. @param writes `INSERT tickets`, and so on; without any there is nothing to count */
  before(writes: readonly string[]): CountedCommit;
}

export interface CountedCommit {
  /** The commit has returned. */
  after(): void;
}

/**
 * The inner side of a test that kills a program at each of its commits: counts them, and ends this process with SIGKILL
 * at the one that was ordered, at the start or over the process channel. For preloads that watch a database driver,
 * so that the product knows nothing of it.
 */
export function createKillPoint(first: KillOrder | null = null): KillPoint {
  let order = first;
  let commits = 0;
  process.on('message', (message) => {
    if (!isKillMessage(message)) return;
    order = message.kill;
    commits = 0;
    process.send?.(KILL_ORDERED);
  });

  function moment(when: KillMoment, commit: number, writes: readonly string[]): void {
    if (order === null || commit !== order.at || when !== order.when) return;
    appendFileSync(process.env[KILL_REPORT] ?? '', `${nameOf(writes)}\n`);
    process.kill(process.pid, 'SIGKILL');
  }

  return {
    before(writes) {
      const counts = writes.length > 0 && new RegExp(order?.writing ?? '').test(nameOf(writes));
      if (!counts) return { after: () => undefined };
      commits += 1;
      const commit = commits;
      moment('before', commit, writes);
      return { after: () => moment('after', commit, writes) };
    },
  };
}

function nameOf(writes: readonly string[]): string {
  return [...new Set(writes)].join(', ');
}

function isKillMessage(message: unknown): message is KillMessage {
  return typeof message === 'object' && message !== null && 'kill' in message;
}
