import process from 'node:process';
import { readOptions } from './options.ts';
import { runMutations } from './run-mutations.ts';
import { runSeeds } from './run-seeds.ts';

const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(options);
  process.exitCode = 2;
} else if (options.mutations) {
  process.exitCode = (await runMutations(options)) === 0 ? 0 : 1;
} else if (options.trace) {
  const { traceSeeds } = await import('./trace-seeds.ts');
  process.exitCode = (await traceSeeds(options)) === 0 ? 0 : 1;
} else {
  process.exitCode = (await runSeeds(options)) === 0 ? 0 : 1;
}
