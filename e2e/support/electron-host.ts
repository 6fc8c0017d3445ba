// One set of specs, two hosts: Electron's own binary, or the stand-in on a plain Chromium (e2e/electron-standin).
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, test as base, type ElectronApplication, type Page } from '@playwright/test';
import type { CommandResult, ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import type { TotemSnapshot } from '../../domain/protocol/screens.ts';
import { findChromium } from '../../scripts/chromium.ts';
import { findElectronBinary } from '../../scripts/electron-binary.ts';
import { projectDir } from '../../scripts/project.ts';
import { SERVICE_ID, STUB_CODE, type SyncServerStub, startSyncServerStub } from './sync-server-stub.ts';

const OVERRIDE = 'ELECTRON_OVERRIDE_DIST_PATH';
const environmentOfHost =
  process.env['TOTEM_ELECTRON_HOST'] === 'electron'
    ? process.env
    : { ...process.env, [OVERRIDE]: join(projectDir, 'e2e', 'electron-standin') };

const binary = findElectronBinary(environmentOfHost);
// Playwright would otherwise start Electron's download.
if (binary === null) {
  throw new Error(
    'the specs were asked for --host electron, and its binary is not here: npx install-electron --no',
  );
}
export const electronBinary: string = binary;

const KIOSK_ID = 'totem-1';

export interface Kiosk {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly dataDir: string;
  readonly server: SyncServerStub;
  readonly environment: Record<string, string>;
  /** What the shell and the engine have written to stderr. */
  log(): string;
  /** What the shell has written to stdout: lines of JSON. */
  messages(): readonly { readonly kind: string; readonly addresses?: Readonly<Record<string, string>> }[];
}

/** Starts the app in `appDir` with a data folder and a sync server of its own. */
export async function openKiosk(appDir: string = projectDir): Promise<Kiosk & { close(): Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-electron-'));
  const server = await startSyncServerStub(KIOSK_ID);
  const environment = kioskEnvironment(dataDir, server.url);
  const app = await launch(appDir, environment);
  let stderr = '';
  let stdout = '';
  app.process().stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  app.process().stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const page = await app.firstWindow();
  await page.locator('#root > *').first().waitFor();
  return {
    app,
    page,
    dataDir,
    server,
    environment,
    log: () => stderr,
    messages: () =>
      stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { kind: string }),
    close: async () => {
      await app.close();
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Playwright asks the electron package for its binary, which reads this process's own environment; the variable is
 * there for that moment only, so that other specs of this process do not take the stand-in for an Electron.
 */
async function launch(appDir: string, environment: Record<string, string>): Promise<ElectronApplication> {
  const before = process.env[OVERRIDE];
  const folder = environmentOfHost[OVERRIDE];
  if (folder !== undefined) process.env[OVERRIDE] = folder;
  try {
    return await _electron.launch({ args: [appDir], cwd: appDir, env: environment });
  } finally {
    if (before === undefined) delete process.env[OVERRIDE];
    else process.env[OVERRIDE] = before;
  }
}

/** A fresh kiosk for each test. */
export const test = base.extend<{ kiosk: Kiosk }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's pattern.
  kiosk: async ({}, use) => {
    const kiosk = await openKiosk();
    await use(kiosk);
    await kiosk.close();
  },
});
/** One kiosk for a whole file, for specs that leave it as they found it. */
export const testOnOneKiosk = base.extend<object, { kiosk: Kiosk }>({
  kiosk: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's pattern.
    async ({}, use) => {
      const kiosk = await openKiosk();
      await use(kiosk);
      await kiosk.close();
    },
    { scope: 'worker' },
  ],
});
export { expect } from '@playwright/test';

export function kioskEnvironment(dataDir: string, syncUrl: string): Record<string, string> {
  if (!existsSync(join(projectDir, 'dist', 'electron', 'main.js')))
    throw new Error('run `npm run build` first');
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return {
    ...inherited,
    STANDIN_CHROMIUM: findChromium() ?? '',
    TOTEM_DATA_DIR: dataDir,
    TOTEM_HOST: '127.0.0.1',
    TOTEM_KIOSK_PORT: '0',
    TOTEM_SYNC_URL: syncUrl,
    TOTEM_ENROLMENT_CODE: STUB_CODE,
    TOTEM_PRINTER: 'mock',
    TOTEM_TECHNICIAN_PIN: '123456',
  };
}

/** Sends a command as the page itself does. */
export function execute(page: Page, command: ScreenCommand): Promise<CommandResult> {
  return page.evaluate((sent) => {
    if (window.totemBridge === undefined) throw new Error('the page has no bridge');
    return window.totemBridge.execute(sent);
  }, command);
}

/** Waits, in the page, for a snapshot of the totem whose checkout is at `step`. */
export function totemAt<Step extends TotemSnapshot['checkout']['step']>(
  page: Page,
  step: Step,
): Promise<TotemSnapshot & { checkout: Extract<TotemSnapshot['checkout'], { step: Step }> }> {
  return page.evaluate(
    (wanted) =>
      new Promise((resolve, reject) => {
        const unsubscribe = window.totemBridge?.subscribe(
          'totem',
          (snapshot) => {
            if (snapshot.checkout.step !== wanted || snapshot.services.length === 0) return;
            queueMicrotask(() => unsubscribe?.());
            resolve(snapshot as never);
          },
          () => {},
        );
        setTimeout(() => reject(new Error(`no totem at ${wanted} within 15 s`)), 15_000);
      }),
    step,
  );
}

/** One sale through the page's bridge; answers the ticket's label. */
export async function sell({ page, server }: Kiosk): Promise<string> {
  await totemAt(page, 'idle');
  const started = await execute(page, { kind: 'checkout.start', serviceId: SERVICE_ID });
  if (!started.ok || started.sessionId === undefined) throw new Error(`refused: ${JSON.stringify(started)}`);
  await totemAt(page, 'awaiting_payment');
  server.confirm(started.sessionId);
  const { checkout } = await totemAt(page, 'ticket');
  await execute(page, { kind: 'checkout.dismiss', sessionId: started.sessionId });
  return checkout.ticketLabel;
}

/** The shell's one utility process. */
export function enginePid(app: ElectronApplication): Promise<number | undefined> {
  return app.evaluate(
    ({ app: electronApp }) =>
      electronApp.getAppMetrics().find(({ type, name }) => type === 'Utility' && name === 'totem-engine')
        ?.pid,
  );
}

/** The address that Electron knows; the stand-in's page itself sees an alias. */
export function currentUrl(app: ElectronApplication): Promise<string | undefined> {
  return app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL());
}
