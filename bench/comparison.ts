import { median, ratiosByRound } from './statistics.ts';

export type Unit = 'ms' | '/s' | 'MB';

/** A figure of ours beside a peer's, with every round's raw value. */
export interface Comparison {
  /** What is measured: "push 10,000 events". */
  readonly metric: string;
  readonly unit: Unit;
  /** One value a round, in the order of the rounds. */
  readonly ours: readonly number[];
  readonly peer: Peer;
  readonly limit?: Limit;
}

export type Peer =
  | { readonly name: string; readonly rounds: readonly number[] }
  | { readonly name: string; readonly notMeasured: string };

/** The most that is allowed of our median, in the unit of the comparison, or of the ratio to the peer. */
export interface Limit {
  readonly of: 'ours' | 'ratio';
  readonly max: number;
}

export type Verdict = 'within' | 'missed' | 'missed_by_far' | 'no_limit' | 'not_measured';

export interface Judged {
  readonly oursMedian: number;
  readonly peerMedian: number | null;
  /** Median of the rounds' ratios, ours over the peer's. */
  readonly ratio: number | null;
  readonly ratioRange: readonly [number, number] | null;
  readonly verdict: Verdict;
}

/** On a shared machine figures swing by two: only beyond that is a missed limit certain to be ours. */
const BY_FAR = 2;

export function judge(comparison: Comparison): Judged {
  const oursMedian = median(comparison.ours);
  if ('notMeasured' in comparison.peer) {
    const judged = comparison.limit?.of === 'ours' ? oursMedian : null;
    return {
      oursMedian,
      peerMedian: null,
      ratio: null,
      ratioRange: null,
      verdict: verdictOf(comparison.limit, judged),
    };
  }
  const ratios = ratiosByRound(comparison.ours, comparison.peer.rounds);
  const ratio = median(ratios);
  return {
    oursMedian,
    peerMedian: median(comparison.peer.rounds),
    ratio,
    ratioRange: [Math.min(...ratios), Math.max(...ratios)],
    verdict: verdictOf(comparison.limit, comparison.limit?.of === 'ours' ? oursMedian : ratio),
  };
}

function verdictOf(limit: Limit | undefined, value: number | null): Verdict {
  if (limit === undefined) return 'no_limit';
  if (value === null) return 'not_measured';
  if (value <= limit.max) return 'within';
  return value <= limit.max * BY_FAR ? 'missed' : 'missed_by_far';
}
