import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright';

const SYSTEM_BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A Chromium to test with: `PLAYWRIGHT_CHROMIUM`, Playwright's own, or the system's; null when there is none. */
export function findChromium(): string | null {
  const candidates = [process.env['PLAYWRIGHT_CHROMIUM'], chromium.executablePath(), ...SYSTEM_BROWSERS];
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;
}

/** Finds a Chromium or installs Debian's; throws with the one line to run where neither can be done. */
export function requireChromium(): string {
  const found = findChromium();
  if (found !== null) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('No Chromium found: installing Debian’s (apt-get install chromium) …');
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
      spawnSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    }
    const installed = findChromium();
    if (installed !== null) return installed;
  }
  throw new Error(
    'no Chromium: run `npx playwright install --with-deps chromium`, or set PLAYWRIGHT_CHROMIUM to one',
  );
}

/** What Chromium needs to run as root, headless, on a machine without a network. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
