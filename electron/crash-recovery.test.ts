import { EventEmitter } from 'node:events';
import type { App, BrowserWindow } from 'electron';
import { beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../platform/log.ts';
import { recoverFromCrashes } from './crash-recovery.ts';
import { ManualClock } from './testing/manual-clock.ts';

class FakeContents extends EventEmitter {
  readonly loadURL = vi.fn(async (_url: string) => {});
  readonly forcefullyCrashRenderer = vi.fn();
}
class FakeWindow extends EventEmitter {
  readonly webContents = new FakeContents();
  destroyed = false;
  isDestroyed(): boolean {
    return this.destroyed;
  }
}

let clock: ManualClock;
let window: FakeWindow;
let giveUp: ReturnType<typeof vi.fn<() => void>>;
const contents = (): FakeContents => window.webContents;
const crash = (): boolean => contents().emit('render-process-gone', {}, { reason: 'oom', exitCode: 5 });
const failedLoad = (code: number, isMainFrame = true): boolean =>
  contents().emit('did-fail-load', {}, code, 'ERR', 'app://kiosk/totem', isMainFrame);

beforeEach(() => {
  clock = new ManualClock();
  window = new FakeWindow();
  giveUp = vi.fn();
  const app = new EventEmitter() as unknown as App;
  recoverFromCrashes(app, window as unknown as BrowserWindow, clock, silentLog, giveUp);
});

test('a page that dies is loaded at once, from the start', () => {
  crash();
  expect(contents().loadURL.mock.calls).toEqual([['app://kiosk/totem']]);
});

test('the fourth death in five minutes is given up; five minutes later it would have been mended', () => {
  for (let deaths = 1; deaths <= 3; deaths++) crash();
  expect(giveUp).not.toHaveBeenCalled();
  crash();
  expect(giveUp).toHaveBeenCalledOnce();
  clock.advance(5 * 60_000);
  crash();
  expect(contents().loadURL).toHaveBeenCalledTimes(4);
});

test('a page that hangs is ended after ten seconds; one that answers in time is left alone', () => {
  window.emit('unresponsive');
  clock.advance(9_999);
  window.emit('responsive');
  clock.advance(60_000);
  expect(contents().forcefullyCrashRenderer).not.toHaveBeenCalled();

  window.emit('unresponsive');
  clock.advance(10_000);
  expect(contents().forcefullyCrashRenderer).toHaveBeenCalledOnce();
});

test('a page that does not load is tried again; a refused navigation and a frame are not', () => {
  failedLoad(-3);
  failedLoad(-6, false);
  clock.advance(60_000);
  expect(contents().loadURL).not.toHaveBeenCalled();
  failedLoad(-6);
  clock.advance(1_000);
  expect(contents().loadURL).toHaveBeenCalledOnce();
});

test('a window that is gone is not loaded', () => {
  window.destroyed = true;
  crash();
  expect(contents().loadURL).not.toHaveBeenCalled();
});
