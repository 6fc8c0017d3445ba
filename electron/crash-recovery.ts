import type { App, BrowserWindow } from 'electron';
import type { Clock } from '../domain/clock.ts';
import type { Log } from '../platform/log.ts';
import { START_URL } from './app-origin.ts';
import { createRestartBudget } from './restart-policy.ts';

/** A page that does not answer for this long is ended and loaded anew: a customer has waited long enough. */
const UNRESPONSIVE_PATIENCE_MS = 10_000;
const LOAD_RETRY_MS = 1_000;

/**
 * Brings the page back after a crash, a hang or a failed load, at most three times in five minutes; then the program
 * ends with exit code 1, and its supervisor starts everything afresh.
 */
export function recoverFromCrashes(
  app: App,
  window: BrowserWindow,
  clock: Clock,
  log: Log,
  giveUp: () => void,
): void {
  const budget = createRestartBudget();
  const contents = window.webContents;
  let cancelPatience = (): void => {};

  const reload = (): void => {
    if (window.isDestroyed()) return;
    if (budget.take(clock.nowMs()))
      void contents.loadURL(START_URL).catch(() => {}); // did-fail-load tells
    else {
      log.fatal('the page keeps failing; leaving it to the supervisor');
      giveUp();
    }
  };

  contents.on('render-process-gone', (_event, details) => {
    log.error({ ...details }, 'the page died');
    cancelPatience();
    reload();
  });
  contents.on('did-fail-load', (_event, code, description, url, isMainFrame) => {
    // -3 (aborted) is a navigation that this program itself has refused or replaced.
    if (!isMainFrame || code === -3) return;
    log.error({ code, description, url }, 'the page did not load');
    clock.schedule(LOAD_RETRY_MS, reload);
  });
  window.on('unresponsive', () => {
    log.error('the page does not answer');
    cancelPatience = clock.schedule(UNRESPONSIVE_PATIENCE_MS, () => contents.forcefullyCrashRenderer());
  });
  window.on('responsive', () => cancelPatience());
  app.on('child-process-gone', (_event, details) => {
    // Chromium starts its GPU process again by itself; the engine's own death is the engine host's matter.
    log.error({ ...details }, 'a child process died');
  });
}
