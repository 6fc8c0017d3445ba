import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGS, findChromium } from './scripts/chromium.ts';

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  // A folder of its own: Playwright empties it, and the other stages' reports lie beside it.
  outputDir: 'test-results/e2e',
  // One at a time: every spec starts a whole shop (server, PostgreSQL, bank, printer, totem), and there may be two cores.
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  // A loaded machine may starve a browser for a while. What failed once and then passed is counted and named as flaky.
  retries: process.env['CI'] === undefined ? 0 : 1,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: {
    browserName: 'chromium',
    headless: true,
    locale: 'pt-BR',
    timezoneId: 'America/Sao_Paulo',
    viewport: { width: 1080, height: 1920 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: { executablePath: findChromium() ?? '', args: CHROMIUM_ARGS },
  },
});
