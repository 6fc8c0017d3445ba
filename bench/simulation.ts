import { z } from 'zod';
import type { BenchmarkContext, BenchmarkResult } from './benchmark.ts';
import { runInProcess } from './child.ts';
import type { Comparison } from './comparison.ts';
import { type Figures, type MeasuredRounds, measureInRounds } from './rounds.ts';

/** The same worlds for both and in every round: about four CPU seconds of them. */
const SEEDS = [2, 4, 5];

export const SimulationTask = z.object({
  seeds: z.array(z.int()),
  /** Whether those who look after each step are answered from memory where nothing has changed. */
  remembers: z.boolean(),
});
export type SimulationTask = z.infer<typeof SimulationTask>;

export const SimulationReport = z.object({
  /** Of the process, its garbage collector's and compiler's threads included; without its start and the first world. */
  cpuMs: z.number().positive(),
  sales: z.int(),
  steps: z.int(),
});
export type SimulationReport = z.infer<typeof SimulationReport>;

/** Whole simulated halls, beside the same halls with every invariant's questions put to the databases at every step. */
export async function benchmarkSimulation({
  rounds,
  say,
  signal,
}: BenchmarkContext): Promise<BenchmarkResult> {
  const steps = new Set<number>();
  const run = async (remembers: boolean): Promise<Figures> => {
    const task: SimulationTask = { seeds: SEEDS, remembers };
    const report = await runInProcess('bench/simulation-worlds.ts', task, SimulationReport, signal);
    steps.add(report.steps);
    const cpuSeconds = report.cpuMs / 1000;
    return { seeds: SEEDS.length / cpuSeconds, sales: report.sales / cpuSeconds };
  };
  const measured = await measureInRounds({ ours: () => run(true), afresh: () => run(false) }, rounds, say);
  return {
    title: `${SEEDS.length} worlds of the simulation, one process`,
    comparisons: compare(measured),
    facts: { seeds: SEEDS.join(' '), stepsARound: [...steps].join(' or ') },
  };
}

function compare(measured: MeasuredRounds): Comparison[] {
  return (['seeds', 'sales'] as const).map((figure) => ({
    metric: `${figure} a CPU second`,
    unit: '/s',
    ours: measured.of('ours', figure),
    peer: { name: 'every question asked afresh', rounds: measured.of('afresh', figure) },
  }));
}
