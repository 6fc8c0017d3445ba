import { test as base } from '@playwright/test';
import { auditShop } from './support/audit.ts';
import type { FaultyLine } from './support/faulty-line.ts';
import { snapshot, until } from './support/outside.ts';
import { beginSale, payOnce } from './support/sales.ts';
import { expect } from './support/shop.ts';
import { openShopOnLines, type ShopOnLines } from './support/shop-on-lines.ts';

let shop: ShopOnLines;

base.beforeAll(async () => {
  base.setTimeout(90_000);
  shop = await openShopOnLines({ totems: 2 });
});
base.afterAll(async () => {
  await shop.close();
});

const FAULTS: Readonly<Record<string, (line: FaultyLine) => void>> = {
  'is cut': (line) => line.cut(),
  refuses: (line) => line.set('refused'),
  'loses the answers alone': (line) => line.set('deaf'),
  'swallows everything': (line) => line.set('silent'),
  'is slow': (line) => line.set('slow', 700),
  'is half closed': (line) => line.halfClose(),
};
const LINES = [
  ['totem-1', 'sync-server'],
  ['sync-server', 'provider'],
  ['provider', 'sync-server'],
] as const;
/** Long enough for a webhook, a question of the server, and a push to fall into it. */
const FAULT_MS = 1_500;

for (const [from, to] of LINES)
  base(
    `a line from ${from} to ${to} that fails while the customer pays loses nothing and doubles nothing`,
    async () => {
      const [first, second] = shop.addresses.totems;
      if (first === undefined || second === undefined) throw new Error('two totems were asked for');
      const before = await auditNow();
      for (const [what, strike] of Object.entries(FAULTS)) {
        const line = shop.line(from, to);
        const sales = await Promise.all([beginSale(first.totem), beginSale(second.totem)]);
        strike(line);
        await Promise.all(sales.map(({ brCode }) => payOnce(shop.addresses.provider, brCode)));
        await new Promise((resolve) => setTimeout(resolve, FAULT_MS));
        line.set('open');
        for (const [index, { totem }] of [first, second].entries())
          await until(
            `totem ${index + 1} to give the ticket after its line ${what}`,
            async () => {
              const { checkout } = await snapshot(totem, 'totem');
              return checkout.step === 'ticket' && checkout.sessionId === sales[index]?.sessionId;
            },
            30_000,
          );
      }
      const audit = await until(
        'all stores to agree',
        async () => {
          const now = await auditNow();
          return now.violations.length === 0 && now;
        },
        20_000,
      );
      const sold = 2 * Object.keys(FAULTS).length;
      expect(audit.settledPix - before.settledPix).toBe(sold);
      expect(audit.tickets - before.tickets).toBe(sold);
      expect(audit.papers - before.papers).toBe(sold);
    },
  );

const auditNow = () => auditShop(shop.addresses);
