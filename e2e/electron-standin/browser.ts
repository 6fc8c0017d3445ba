import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, onQuitting } from './app.ts';
import { closeAllWindows } from './browser-window.ts';
import { launchChromium } from './cdp.ts';
import { screenSize, setConnection } from './connection.ts';
import { contentsByTarget } from './web-contents-registry.ts';

const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-crash-restore-bubble',
  '--no-startup-window',
  '--window-position=0,0',
];

/** Starts Chromium with the switches that the app asked for, then tells the app that it is ready. */
export async function startBrowser(): Promise<void> {
  if (app.isEnding()) return;
  const profile = join(app.getPath('userData'), 'standin-profile');
  mkdirSync(profile, { recursive: true });
  const { width, height } = screenSize;
  const headless = process.env['STANDIN_HEADED'] !== '1';
  const added = [...app.chromiumSwitches].map(([name, value]) =>
    value ? `--${name}=${value}` : `--${name}`,
  );
  const connection = await launchChromium(process.env['STANDIN_CHROMIUM'] ?? '/usr/bin/chromium', [
    ...(headless ? ['--headless', `--screen-info={${width}x${height}}`] : []),
    ...SWITCHES,
    `--user-data-dir=${profile}`,
    `--window-size=${width},${height}`,
    ...added,
  ]);
  setConnection(connection);
  connection.onClose = () => app.exit(1);
  connection.root.on<{ targetId: string }>('Target.targetDestroyed', ({ targetId }) =>
    contentsByTarget(targetId)?.targetDestroyed(),
  );
  // Electron quits on these, and asks the app first (before-quit).
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
  onQuitting({
    closeWindows: closeAllWindows,
    closeBrowser: () =>
      new Promise((resolve) => {
        if (connection.closed) return resolve();
        connection.child.once('exit', () => resolve());
        connection.root.send('Browser.close').catch(() => resolve());
      }),
  });
  await connection.root.send('Target.setDiscoverTargets', { discover: true });
  app.becomeReady();
}
