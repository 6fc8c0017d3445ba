// `npm run check`: types, lint and format, the page that is made of the coverage matrix, layers. Runs all of them, so
// that one run shows everything.
import { run } from './process.ts';

const LAYERS = [
  'domain',
  'platform',
  'main',
  'electron',
  'renderer',
  'sync-server',
  'simulators',
  'simulation',
  'chaos',
  'cli',
  'scripts',
  'e2e',
];

const steps: readonly (readonly [string, string, readonly string[]])[] = [
  ['types: domain', 'tsc', ['-p', 'domain/tsconfig.json']],
  ['types: node', 'tsc', ['-p', 'tsconfig.node.json']],
  ['types: renderer', 'tsc', ['-p', 'renderer/tsconfig.json']],
  ['types: everything with its tests', 'tsc', ['-p', 'tsconfig.json']],
  ['lint and format', 'biome', ['ci', '--error-on-warnings', '.']],
  ['coverage page', 'node', ['scripts/coverage-page.ts', '--check']],
  ['layers', 'depcruise', ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', ...LAYERS]],
];

let failures = 0;
for (const [title, command, args] of steps) {
  const code = await run(command, args);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${title}`);
  if (code !== 0) failures += 1;
}
process.exitCode = failures === 0 ? 0 : 1;
