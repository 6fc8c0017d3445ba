// `npm run chaos`: a real shop that is broken and must mend; see docs/chaos.md.
import { areScreensStale, buildScreens } from '../scripts/build-screens.ts';
import { createRandom } from '../simulation/world/random.ts';
import { DEMO_COUNTERS } from '../sync-server/catalog/demo-shop.ts';
import { sellTo } from './customer.ts';
import { workAtCounter } from './operator.ts';
import { type ChaosOptions, parseChaosOptions, USAGE } from './options.ts';
import { comeToRest, healEverything } from './rest.ts';
import { openChaosShop } from './shop.ts';
import type { Stage } from './stage.ts';
import { strikeUntilOver } from './strike.ts';

try {
  const options = parseChaosOptions(process.argv.slice(2));
  if (options === 'help') console.log(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
// What hangs on a socket of a broken line must not keep a finished run alive.
process.exit();

/** @returns 0 when every promise was kept, 1 when not */
async function run(options: ChaosOptions): Promise<number> {
  if (areScreensStale() && !(await buildScreens())) throw new Error('the screens could not be built');
  const startedAt = Date.now();
  const tell = (who: string, what: string): void =>
    console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)}  ${who.padEnd(12)} ${what}`);
  tell('chaos', `seed ${options.seed}, ${options.minutes} minutes${options.harsh ? ', harsh' : ''}`);
  const shop = await openChaosShop((line) => tell('supervisor', line));
  let failed = true;
  try {
    const over = new AbortController();
    const closed = new AbortController();
    const witness = { toldPaid: [], forgot: [], counts: new Map<string, number>() };
    const stage: Stage = { shop, tell, over: over.signal, witness };
    process.once('SIGINT', () => over.abort());
    const timer = setTimeout(() => over.abort(), options.minutes * 60_000);
    const random = createRandom(options.seed);
    const counters = DEMO_COUNTERS.map((counter) =>
      workAtCounter(stage, counter, createRandom(random.int(0, 2 ** 31)), closed.signal),
    );
    await Promise.all([
      strikeUntilOver(stage, options),
      ...shop.addresses.totems.map(({ totem }) => sellTo(stage, totem, createRandom(random.int(0, 2 ** 31)))),
    ]);
    clearTimeout(timer);
    await healEverything(stage);
    tell('chaos', 'all faults are over; waiting for the shop to come to rest');
    // The counters go on: some of what was left behind only an operator can rescue.
    const { audit, tookMs } = await comeToRest(stage);
    closed.abort();
    await Promise.all(counters);
    for (const [what, times] of [...witness.counts].sort()) tell('count', `${times} × ${what}`);
    const left = [...audit.violations, ...audit.underWay];
    tell(
      'chaos',
      `${audit.settledPix} settled Pix, ${audit.tickets} tickets, ${audit.refunds} refunds, ${audit.papers} papers; ` +
        `${left.length === 0 ? 'at rest' : 'NOT at rest'} after ${Math.round(tookMs / 1000)} s`,
    );
    for (const violation of left) tell('VIOLATION', violation);
    failed = left.length > 0;
  } finally {
    const keep = options.keep || failed;
    await shop.close(keep);
    if (keep) tell('chaos', `logs and databases are kept in ${shop.dataDir}`);
    const more = `${options.harsh ? ' --harsh' : ''}${options.only === null ? '' : ` --only ${options.only}`}`;
    tell('chaos', `replay: npm run chaos -- --minutes ${options.minutes} --seed ${options.seed}${more}`);
  }
  return failed ? 1 : 0;
}
