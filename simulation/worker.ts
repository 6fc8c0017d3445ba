import process from 'node:process';
import type { Answer, Ask } from './messages.ts';
import { allowMutations } from './mutation-loader.ts';
import { MUTATIONS } from './mutations.ts';
import { runSeed, type SeedResult, type Workplace } from './seed.ts';
import { openWorkplace } from './workplace.ts';

// Runs seeds, one after the other, for the process that forked it. The deprecation warning of Node about keys is not ours.
process.noDeprecation = true;
// Ctrl-C reaches the workers as well: ended by it they would leave their folders behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
allowMutations(MUTATIONS);
const workplace = await openWorkplace();
process.on('message', (ask: Ask) => {
  if (ask.kind === 'end')
    workplace.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  else
    run(ask).then(tell, (error: unknown) =>
      tell({
        kind: 'failed',
        seed: ask.seed,
        message: error instanceof Error ? (error.stack ?? '') : String(error),
      }),
    );
});
process.on('disconnect', () => process.exit(1));
tell({ kind: 'ready' });

async function run({ seed, mutation }: Extract<Ask, { kind: 'seed' }>): Promise<Answer> {
  const result = await runnerOf(mutation).then((runner) => runner(seed, workplace));
  return { kind: 'result', mutation, result };
}

type Runner = (seed: number, workplace: Workplace) => Promise<SeedResult>;

async function runnerOf(mutation: string | null): Promise<Runner> {
  if (mutation === null) return runSeed;
  const mutated = (await import(`./seed.ts?mutation=${encodeURIComponent(mutation)}`)) as { runSeed: Runner };
  return mutated.runSeed;
}

function tell(answer: Answer): void {
  process.send?.(answer);
}
