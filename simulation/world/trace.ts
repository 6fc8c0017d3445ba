import { createHash } from 'node:crypto';

/** As many lines as a reader looks at when a seed fails. */
const KEPT_LINES = 400;

/** What happened in a world, in order. Its hash tells whether two runs of a seed were the same, step for step. */
export interface Trace {
  line(atMs: number, who: string, what: string): void;
  tail(lines: number): readonly string[];
  hash(): string;
}

/** @param print called with every line, as they come */
export function createTrace(print: ((line: string) => void) | null): Trace {
  const digest = createHash('sha256');
  const lines: string[] = [];
  return {
    line(atMs, who, what) {
      const text = `${(atMs / 1000).toFixed(3).padStart(9)}  ${who.padEnd(9)} ${what}`;
      digest.update(text).update('\n');
      lines.push(text);
      if (lines.length > 2 * KEPT_LINES) lines.splice(0, lines.length - KEPT_LINES);
      print?.(text);
    },
    tail: (count) => lines.slice(-count),
    hash: () => digest.copy().digest('hex'),
  };
}
