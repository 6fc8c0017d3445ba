import type { Comparison } from './comparison.ts';

export interface BenchmarkContext {
  readonly rounds: number;
  /** Progress and notes, for the person who waits. */
  readonly say: (line: string) => void;
  /** Aborted when the person no longer waits. */
  readonly signal: AbortSignal;
}

export interface BenchmarkResult {
  readonly title: string;
  readonly comparisons: readonly Comparison[];
  /** What the reader must know to judge the figures: sizes, versions, settings as they were. */
  readonly facts: Readonly<Record<string, string | number>>;
}

export type Benchmark = (context: BenchmarkContext) => Promise<BenchmarkResult>;
