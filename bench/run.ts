// `npm run bench`: every benchmark, side by side with its peers. docs/benchmarks.md says how to read what it prints.
import { StartupFailure } from '../platform/service.ts';
import type { Benchmark, BenchmarkResult } from './benchmark.ts';
import { judge } from './comparison.ts';
import { benchmarkLedger } from './ledger.ts';
import { type BenchmarkName, parseBenchOptions, USAGE } from './options.ts';
import { benchmarkPayment } from './payment.ts';
import { describeMachine, RESULTS_FILE, resultsOf, writeResults } from './results.ts';
import { benchmarkSimulation } from './simulation.ts';
import { benchmarkSync } from './sync.ts';
import { renderTable } from './table.ts';
import { benchmarkWebhook } from './webhook.ts';

const BENCHMARKS: Readonly<Record<BenchmarkName, Benchmark>> = {
  webhook: benchmarkWebhook,
  payment: benchmarkPayment,
  sync: benchmarkSync,
  ledger: benchmarkLedger,
  simulation: benchmarkSimulation,
};

const parsed = parseBenchOptions(process.argv.slice(2));
if (parsed.kind === 'help') {
  console.log(USAGE);
  process.exit(0);
}
if (parsed.kind === 'invalid') {
  console.error(`${parsed.message}\n\n${USAGE}`);
  process.exit(2);
}
const { only, rounds, json } = parsed.options;
const say = (line: string): void => {
  if (json) console.error(line);
  else console.log(line);
};

// Ctrl-C: what has been started is stopped and deleted, by the benchmark that started it.
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => interruption.abort());

const startedAt = new Date();
const machine = describeMachine();
say(
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}; load before: ${machine.loadBefore}`,
);
if (machine.loadBefore > machine.cores / 2)
  say('others are at work on this machine: believe the ratios alone');
const results: BenchmarkResult[] = [];
try {
  for (const name of only) {
    say(`\n── ${name} ──`);
    const result = await BENCHMARKS[name]({ rounds, say, signal: interruption.signal });
    results.push(result);
    say(`\n${result.title}\n${renderTable(result.comparisons)}`);
  }
} catch (error) {
  if (interruption.signal.aborted) console.error('interrupted');
  else console.error(error instanceof StartupFailure ? error.message : error);
  process.exit(1);
}

const report = resultsOf(startedAt, machine, rounds, results);
writeResults(report);
if (json) console.log(JSON.stringify(report));
say(`\nall rounds: ${RESULTS_FILE}`);
const missed = results
  .flatMap(({ comparisons }) => comparisons)
  .filter((one) => judge(one).verdict === 'missed_by_far');
for (const { metric, peer } of missed) console.error(`missed by far: ${metric} (beside ${peer.name})`);
process.exit(missed.length === 0 ? 0 : 1);
