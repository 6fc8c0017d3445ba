// The kiosk's window and nothing else: the engine (main/) runs in a process of its own, so that its synchronous
// SQLite never stops the window, and its death never takes the page along.
//
// Started and stopped like every other service, but without Node's process channel, which Electron's binary does not
// offer to the program that starts it: readiness and a failed start are each one line of JSON on stdout
// ({"kind":"ready",…} or {"kind":"startup_failed",…}, a ServiceMessage of platform/service.ts; once more after the
// engine was started anew), logs go to stderr, SIGTERM stops it. scripts/electron-binary.ts starts it so.
import process from 'node:process';
import {
  app,
  BrowserWindow,
  ipcMain,
  Menu,
  powerSaveBlocker,
  protocol,
  session,
  utilityProcess,
} from 'electron';
import { createLog } from '../platform/log.ts';
import { type ServiceMessage, StartupFailure } from '../platform/service.ts';
import { systemClock } from '../platform/system.ts';
import { APP_SCHEME } from './app-origin.ts';
import { readShellConfig, type ShellConfig } from './config.ts';
import { lockDownContents } from './lock-down.ts';
import { startShell } from './shell.ts';

const SERVICE_NAME = 'kiosk';
const log = createLog('shell');

function tell(message: ServiceMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function failToStart(message: string): void {
  process.stderr.write(`${SERVICE_NAME}: ${message}\n`);
  tell({ kind: 'startup_failed', name: SERVICE_NAME, message });
  app.exit(1);
}

function start(config: ShellConfig): void {
  app.setPath('userData', config.profileDir);
  // Two engines on one database folder, two windows over each other: the first start wins.
  if (!app.requestSingleInstanceLock()) {
    failToStart(`Totem is already running on ${config.dataDir}; its window was brought to the front`);
    return;
  }
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  lockDownContents(app, config.windowed, log);
  void app.whenReady().then(() =>
    startShell({
      config,
      log,
      clock: systemClock,
      electron: { app, BrowserWindow, ipcMain, Menu, powerSaveBlocker, protocol, session, utilityProcess },
      onReady: (addresses) => tell({ kind: 'ready', name: SERVICE_NAME, addresses }),
      onStartupFailed: failToStart,
    }),
  );
}

for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    log.fatal({ err: error }, event);
    // The page and the engine may be in any state: the supervisor starts all of it anew.
    app.exit(1);
  });
}

try {
  start(readShellConfig(process.env, { appDir: app.getAppPath(), userDataDir: app.getPath('userData') }));
} catch (error) {
  if (!(error instanceof StartupFailure)) throw error;
  failToStart(error.message);
}
