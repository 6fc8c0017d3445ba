import { join } from 'node:path';
import process from 'node:process';
import type * as Electron from 'electron';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../platform/log.ts';
import { APP_SCHEME, START_URL } from './app-origin.ts';
import { createAppProtocol } from './app-protocol.ts';
import type { ShellConfig } from './config.ts';
import { recoverFromCrashes } from './crash-recovery.ts';
import { createEngineHost, type EngineHost, type EngineProcess } from './engine-host.ts';
import { CHANNELS } from './ipc-channels.ts';
import { denyPermissions } from './lock-down.ts';
import { registerIpc } from './register-ipc.ts';
import { createScreenRelay, type ScreenRelay } from './screen-relay.ts';
import { kioskWindowOptions } from './window-options.ts';

export interface ShellParts {
  readonly config: ShellConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly electron: Pick<
    typeof Electron,
    | 'app'
    | 'BrowserWindow'
    | 'ipcMain'
    | 'Menu'
    | 'powerSaveBlocker'
    | 'protocol'
    | 'session'
    | 'utilityProcess'
  >;
  onReady(addresses: Readonly<Record<string, string>>): void;
  onStartupFailed(message: string): void;
}

/** The composition root, once Electron is ready: engine, protocol, window, IPC, and how all of it ends. */
export function startShell(parts: ShellParts): void {
  const { config, log, clock, electron } = parts;
  electron.Menu.setApplicationMenu(null);
  electron.powerSaveBlocker.start('prevent-display-sleep');
  electron.protocol.handle(APP_SCHEME, createAppProtocol(config.rendererDir));
  denyPermissions(electron.session.defaultSession, log);

  const relay: ScreenRelay = createScreenRelay(() => engine);
  const engine: EngineHost = createEngineHost(
    () => forkEngine(parts),
    {
      onReady: parts.onReady,
      onStartupFailed: parts.onStartupFailed,
      onSnapshot: relay.sendSnapshot,
      onLink: relay.sendLink,
    },
    clock,
    log,
  );
  registerIpc(
    electron.ipcMain,
    {
      [CHANNELS.execute]: (command) => engine.execute(command),
      [CHANNELS.subscribe]: ({ screen }, page) => {
        relay.subscribe(page, screen);
        return { ok: true };
      },
      [CHANNELS.unsubscribe]: ({ screen }, page) => {
        relay.unsubscribe(page, screen);
        return { ok: true };
      },
    },
    log,
  );

  const window = openWindow(parts, relay);
  endTogether(parts, window, engine);
}

function forkEngine({ config, electron }: ShellParts): EngineProcess {
  const child = electron.utilityProcess.fork(join(import.meta.dirname, 'engine.js'), [], {
    serviceName: 'totem-engine',
    env: { ...process.env, TOTEM_DATA_DIR: config.dataDir, TOTEM_RENDERER_DIR: config.rendererDir },
    // stdout carries the readiness line alone.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    postMessage: (message) => child.postMessage(message),
    onMessage: (listener) => child.on('message', listener),
    onceExit: (listener) => child.once('exit', listener),
    // child.kill() is SIGTERM, which the engine answers by closing: one that hangs never would.
    kill: () => {
      if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
    },
  };
}

function openWindow(parts: ShellParts, relay: ScreenRelay): Electron.BrowserWindow {
  const { config, electron, log, clock } = parts;
  const window = new electron.BrowserWindow(
    kioskWindowOptions({
      preloadFile: join(import.meta.dirname, 'preload.cjs'),
      windowed: config.windowed,
    }),
  );
  const contents = window.webContents;
  window.once('ready-to-show', () => {
    window.show();
    void contents.setVisualZoomLevelLimits(1, 1);
  });
  // A new document has no listeners yet: what the old one had asked for ends with it.
  contents.on('did-start-navigation', (details) => {
    if (details.isMainFrame && !details.isSameDocument) relay.forget(contents);
  });
  contents.on('render-process-gone', () => relay.forget(contents));
  contents.on('destroyed', () => relay.forget(contents));
  recoverFromCrashes(electron.app, window, clock, log, () => electron.app.exit(1));
  void contents.loadURL(START_URL).catch(() => {}); // did-fail-load retries it
  return window;
}

/** Alt+F4 and a page's window.close() do nothing; SIGTERM closes the engine's database first, then the window. */
function endTogether(
  { config, electron, log }: ShellParts,
  window: Electron.BrowserWindow,
  engine: EngineHost,
): void {
  const { app } = electron;
  let quitting = false;
  window.on('close', (event) => {
    if (quitting || config.windowed) return;
    event.preventDefault();
    log.warn('closing the window refused');
  });
  app.on('second-instance', () => {
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  });
  app.on('window-all-closed', () => app.quit());
  app.on('before-quit', (event) => {
    if (quitting) return;
    quitting = true;
    event.preventDefault();
    void engine.stop().finally(() => app.exit(0));
  });
}
