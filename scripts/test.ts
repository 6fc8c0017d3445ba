// `npm test`: everything that must hold before a change lands. Stops at the first stage that fails and ends with one
// line that counts the tests of all stages.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './process.ts';
import { projectDir } from './project.ts';

const UNIT_REPORT = 'test-results/unit.json';
const E2E_REPORT = 'test-results/e2e.json';

const stages: readonly (readonly [string, string, readonly string[]])[] = [
  ['check', 'node', ['scripts/check.ts']],
  [
    'unit and integration',
    'vitest',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${UNIT_REPORT}`],
  ],
  ['simulation', 'node', ['simulation/main.ts', '--seeds', '60']],
  ['build', 'node', ['scripts/build.ts']],
  ['e2e', 'node', ['scripts/e2e.ts']],
];

rmSync(join(projectDir, 'test-results'), { recursive: true, force: true });
let failedStage: string | null = null;
for (const [title, command, args] of stages) {
  console.log(`\n── ${title} ──`);
  if ((await run(command, args)) !== 0) {
    failedStage = title;
    break;
  }
}

const unit = readReport<UnitReport>(UNIT_REPORT);
const e2e = readReport<{ stats: { expected: number; unexpected: number; flaky: number } }>(E2E_REPORT);
const passed = (unit?.numPassedTests ?? 0) + (e2e?.stats.expected ?? 0) + (e2e?.stats.flaky ?? 0);
const failed = (unit?.numFailedTests ?? 0) + (e2e?.stats.unexpected ?? 0);
const failedOnce = (unit?.testResults ?? [])
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0);
for (const { fullName, failureMessages } of failedOnce)
  console.log(`\nfailed once: ${fullName}\n  ${failureMessages[0]?.split('\n').slice(0, 4).join('\n  ')}`);
const flaky = (e2e?.stats.flaky ?? 0) + failedOnce.length;
if (flaky > 0) console.log(`\n${flaky} of them failed once and passed when run again: see the list above`);
if (failedStage !== null) console.error(`\nFAILED at: ${failedStage}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failedStage === null && failed === 0 && passed > 0 ? 0 : 1;

interface UnitReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      /** Of each try: one that passed at last may have some. */
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function readReport<T>(file: string): T | null {
  const path = join(projectDir, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : null;
}
