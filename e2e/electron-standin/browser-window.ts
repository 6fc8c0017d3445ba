import { EventEmitter } from 'node:events';
import { app, requireReady } from './app.ts';
import { browserConnection, screenSize } from './connection.ts';
import { session } from './session.ts';
import { debug, StandinEvent, strictClass } from './strict.ts';
import { closeTarget, WebContents, type WebPreferences } from './web-contents.ts';

export interface WindowOptions {
  readonly kiosk?: boolean;
  readonly fullscreen?: boolean;
  readonly show?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly webPreferences?: WebPreferences;
  readonly [name: string]: unknown;
}

const windows = new Set<BrowserWindow>();
let nextId = 1;

/** A tab with a window's manners. There is no window manager: shown, focused and minimised are only remembered. */
export class BrowserWindow extends EventEmitter {
  readonly id = nextId++;
  readonly webContents: WebContents;
  readonly #options: WindowOptions;
  #visible: boolean;
  #minimized = false;
  #destroyed = false;
  #shownOnce = false;

  constructor(options: WindowOptions = {}) {
    super();
    requireReady('BrowserWindow');
    this.#options = options;
    this.#visible = options.show !== false;
    this.webContents = new WebContents(options.webPreferences ?? {}, session.defaultSession, {
      onTargetReady: (targetId) => this.#place(targetId),
      onLoaded: () => {
        if (this.#shownOnce) return;
        this.#shownOnce = true;
        this.emit('ready-to-show', new StandinEvent());
      },
      onDestroyed: () => this.#closed(),
      close: () => this.close(),
    });
    windows.add(this);
    app.emit('web-contents-created', new StandinEvent(), this.webContents);
    app.emit('browser-window-created', new StandinEvent(), this);
  }

  static getAllWindows(): BrowserWindow[] {
    return [...windows];
  }
  static fromWebContents(contents: WebContents | undefined): BrowserWindow | null {
    return [...windows].find((window) => window.webContents.id === contents?.id) ?? null;
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }
  show(): void {
    this.#visible = true;
    this.emit('show');
  }
  focus(): void {
    this.emit('focus');
  }
  minimize(): void {
    this.#minimized = true;
  }
  restore(): void {
    this.#minimized = false;
  }
  isMinimized(): boolean {
    return this.#minimized;
  }
  isVisible(): boolean {
    return this.#visible && !this.#destroyed;
  }
  isKiosk(): boolean {
    return this.#options.kiosk === true;
  }
  isFullScreen(): boolean {
    return this.#options.fullscreen === true || this.isKiosk();
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  close(): void {
    if (this.#destroyed) return;
    const event = new StandinEvent();
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }
  destroy(): void {
    if (!this.#destroyed) void closeTarget(this.webContents).catch(() => {}); // it is already gone
  }

  async #place(targetId: string): Promise<void> {
    const { root } = browserConnection();
    const { windowId } = await root.send<{ windowId: number }>('Browser.getWindowForTarget', { targetId });
    const size = this.isFullScreen()
      ? screenSize
      : { width: this.#options.width ?? 800, height: this.#options.height ?? 600 };
    await root
      .send('Browser.setContentsSize', { windowId, ...size })
      .catch((error: Error) => debug(error.message));
  }

  #closed(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    windows.delete(this);
    this.emit('closed', new StandinEvent());
    if (windows.size > 0 || app.isEnding()) return;
    if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed');
    else app.quit();
  }
}
strictClass('BrowserWindow', BrowserWindow);

/** At the end of the program. Answers false when a window refused. */
export async function closeAllWindows(): Promise<boolean> {
  const gone = [...windows].map((window) => new Promise((resolve) => window.once('closed', resolve)));
  for (const window of windows) {
    const event = new StandinEvent();
    window.emit('close', event);
    if (event.defaultPrevented) return false;
    window.destroy();
  }
  await Promise.all(gone);
  return true;
}
