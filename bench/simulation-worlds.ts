import { runSeed } from '../simulation/seed.ts';
import { FORGETTING, REMEMBERING } from '../simulation/sides/memories.ts';
import { openWorkplace } from '../simulation/workplace.ts';
import { readTaskAs, report } from './child.ts';
import { SimulationTask } from './simulation.ts';

// The deprecation warning of Node about keys is not ours.
process.noDeprecation = true;
// Ctrl-C: the workplace is cleared away with the process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const { seeds, remembers } = readTaskAs(SimulationTask);
const workplace = await openWorkplace(remembers ? REMEMBERING : FORGETTING);

// The first world compiles what the others run.
await runSeed(0, workplace);
const before = process.cpuUsage();
let sales = 0;
let steps = 0;
for (const seed of seeds) {
  const result = await runSeed(seed, workplace);
  if (result.violation !== null)
    throw new Error(`seed ${seed}: "${result.violation.invariant}" is broken: ${result.violation.complaint}`);
  sales += result.sales;
  steps += result.steps;
}
const { user, system } = process.cpuUsage(before);
await workplace.close();
report({ cpuMs: (user + system) / 1000, sales, steps });
