import { openBarePath } from './bare-path.ts';
import type { BenchmarkContext, BenchmarkResult } from './benchmark.ts';
import { type Figures, measureInRounds } from './rounds.ts';
import { sell, untilOpen } from './sale.ts';
import { openShop } from './shop.ts';
import { percentile } from './statistics.ts';
import { openStopwatchPrinter } from './stopwatch-printer.ts';
import { addressOf, inWorkplace } from './workplace.ts';

/** One after the other, as at one totem; enough that a round has a 95th percentile. */
const SALES_A_ROUND = 20;
/** From the bank's confirmation to the first byte at the printer: beyond this a customer looks for help. */
const LIMIT = { of: 'ours', max: 1_500 } as const;

/** Paid → first byte at the printer, through every real process, beside the bare steps alone. */
export async function benchmarkPayment(context: BenchmarkContext): Promise<BenchmarkResult> {
  return inWorkplace('payment', context, async (workplace) => {
    const { rounds, say } = context;
    const [printer, barePrinter] = await Promise.all([openStopwatchPrinter(), openStopwatchPrinter()]);
    workplace.onClose(() => printer.close());
    workplace.onClose(() => barePrinter.close());
    const shop = await openShop(workplace);
    const kiosk = await shop.startKiosk(printer.address);
    const bareServer = await workplace.start({
      name: 'bare-server',
      program: { node: 'bench/bare-server.ts' },
      environment: { DATABASE_URL: shop.databaseUrl },
    });
    const bare = await openBarePath(addressOf(bareServer, 'bare'), workplace.folder, barePrinter);
    workplace.onClose(async () => bare.close());
    const serviceId = await untilOpen(kiosk);

    const measured = await measureInRounds(
      {
        ours: () => repeat(() => sell({ kiosk, bank: shop.bank, printer }, serviceId)),
        bare: () => repeat(() => bare.run()),
      },
      rounds,
      say,
    );
    return {
      title: 'paid → first byte at the printer',
      comparisons: (['p50', 'p95'] as const).map((figure) => ({
        metric: `paid to first byte, ${figure}`,
        unit: 'ms',
        ours: measured.of('ours', figure),
        peer: { name: 'the bare steps', rounds: measured.of('bare', figure) },
        limit: LIMIT,
      })),
      facts: { salesARound: SALES_A_ROUND },
    };
  });
}

async function repeat(run: () => Promise<number>): Promise<Figures> {
  const elapsedMs: number[] = [];
  for (let count = 0; count < SALES_A_ROUND; count += 1) elapsedMs.push(await run());
  return { p50: percentile(elapsedMs, 0.5), p95: percentile(elapsedMs, 0.95) };
}
