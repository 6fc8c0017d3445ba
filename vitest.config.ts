import { defineConfig } from 'vitest/config';

// A time-out here is for what hangs, not for what is slow: the machine may be busy with something else.
const shared = { environment: 'node', testTimeout: 240_000, hookTimeout: 240_000 } as const;

const COMMANDS_WITH_A_SERVER = [
  'cli/customers.test.ts',
  'cli/kiosks.test.ts',
  'cli/recurring.test.ts',
  'cli/refunds.test.ts',
  'cli/dead-letters.test.ts',
  'cli/fulfilment.test.ts',
  'cli/ledger.test.ts',
  'cli/ledger-backfill.test.ts',
  'cli/transactions.test.ts',
  'cli/shop.test.ts',
];

export default defineConfig({
  test: {
    // Two cores: more workers than that make the database tests wait for each other.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: [
            'domain/**/*.test.ts',
            'platform/**/*.test.ts',
            'renderer/**/*.test.{ts,tsx}',
            'cli/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/*.test.ts',
          ],
          exclude: COMMANDS_WITH_A_SERVER,
        },
      },
      {
        test: {
          ...shared,
          name: 'integration',
          // Processes, sockets and disks of a loaded machine, as in playwright.config.ts. `npm test` names what failed once.
          retry: process.env['CI'] === undefined ? 0 : 1,
          include: [
            'main/**/*.test.ts',
            'electron/**/*.test.ts',
            'sync-server/**/*.test.ts',
            'simulators/**/*.test.ts',
            'simulation/**/*.test.ts',
            'chaos/**/*.test.ts',
            ...COMMANDS_WITH_A_SERVER,
          ],
          globalSetup: ['sync-server/testing/global-setup.ts'],
        },
      },
    ],
  },
});
