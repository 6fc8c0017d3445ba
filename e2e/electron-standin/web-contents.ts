import { EventEmitter } from 'node:events';
import { fromBrowserUrl, toBrowserUrl } from './addresses.ts';
import { app } from './app.ts';
import { browserConnection } from './connection.ts';
import { ipcMain } from './ipc-main.ts';
import { type KeyInput, type PageDetails, type PageMessage, PageTarget } from './page-target.ts';
import { applyPermissionChecks, requestPermission } from './permissions.ts';
import { decideRequest, type NavigationQuestion } from './requests.ts';
import type { Session } from './session.ts';
import { debug, StandinEvent, strictClass } from './strict.ts';
import { forgetContents, registerContents } from './web-contents-registry.ts';
import { wire } from './wire.ts';

export interface WebPreferences {
  readonly preload?: string;
  readonly [name: string]: unknown;
}

/** What the window wants to hear of its page. */
export interface ContentsOwner {
  onTargetReady(targetId: string): Promise<void>;
  onLoaded(): void;
  onDestroyed(): void;
  close(): void;
}

type OpenHandler = (details: { url: string; frameName: string; features: string }) => {
  action: 'deny' | 'allow';
};

let nextId = 1;

export class WebContents extends EventEmitter {
  readonly id = nextId++;
  readonly session: Session;
  targetId = '';
  readonly #owner: ContentsOwner;
  readonly #preferences: WebPreferences;
  readonly #target: Promise<PageTarget>;
  /** Addresses that the main process itself loads: no will-navigate for those. */
  readonly #ownLoads = new Set<string>();
  #openHandler: OpenHandler | undefined;
  #url = '';
  #crashed = false;
  #destroyed = false;

  constructor(preferences: WebPreferences, session: Session, owner: ContentsOwner) {
    super();
    this.setMaxListeners(0);
    this.#preferences = preferences;
    this.session = session;
    this.#owner = owner;
    registerContents(this);
    this.#target = this.#createTarget();
    this.#target.catch((error: unknown) => {
      if (!app.isEnding()) console.error('[standin] the window failed', error);
    });
  }

  async loadURL(url: string): Promise<void> {
    const target = await this.#target;
    const address = toBrowserUrl(url);
    this.#ownLoads.add(withoutFragment(fromBrowserUrl(address)));
    const loaded = new Promise<void>((resolve) => {
      this.once('did-finish-load', () => resolve());
      this.once('destroyed', () => resolve());
    });
    const answer = await target.cdp.send<{ errorText?: string }>('Page.navigate', { url: address });
    this.#ownLoads.clear();
    if (answer.errorText === undefined) return loaded;
    const code = answer.errorText.replace('net::', '');
    this.emit('did-fail-load', new StandinEvent(), -2, code, url, true);
    throw new Error(`${code} (-2) loading '${url}'`);
  }
  reload(): void {
    this.#ownLoads.add(withoutFragment(this.#url));
    void this.#target.then((target) => target.cdp.send('Page.reload'));
  }
  send(channel: string, ...args: unknown[]): void {
    const message = { t: 'event', channel, args: wire.encode(args) };
    void this.#target.then((target) => target.toPage(message));
  }
  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }
  executeJavaScript(code: string): Promise<unknown> {
    return this.#target.then((target) => target.evaluate(code));
  }
  forcefullyCrashRenderer(): void {
    void this.#target.then((target) => target.cdp.send('Page.crash')).catch(() => {}); // it never answers
  }
  async setVisualZoomLevelLimits(_minimum: number, _maximum: number): Promise<void> {}
  getLastWebPreferences(): WebPreferences {
    return this.#preferences;
  }
  getURL(): string {
    return this.#url;
  }
  isCrashed(): boolean {
    return this.#crashed;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  close(): void {
    this.#owner.close();
  }
  get mainFrame(): { readonly url: string; readonly origin: string; readonly parent: null } {
    const { protocol, host, origin } = new URL(this.#url);
    return { url: this.#url, origin: origin === 'null' ? `${protocol}//${host}` : origin, parent: null };
  }

  /** Chromium has closed the tab. */
  targetDestroyed(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    forgetContents(this);
    this.emit('destroyed', new StandinEvent());
    this.#owner.onDestroyed();
  }

  async #createTarget(): Promise<PageTarget> {
    const target: PageTarget = await PageTarget.create(this.#preferences.preload, {
      onNavigated: (url) => this.#navigated(url),
      onNavigatedInPage: (url) => {
        this.#url = url;
        this.emit('did-navigate-in-page', new StandinEvent({ url }), url, true);
      },
      onLoaded: () => {
        if (this.#url === 'about:blank') return;
        this.emit('did-finish-load', new StandinEvent());
        this.#owner.onLoaded();
      },
      onCrashed: () => {
        this.#crashed = true;
        this.emit('render-process-gone', new StandinEvent(), { reason: 'crashed', exitCode: 139 });
      },
      onMessage: (message) => void this.#receive(message),
      onRequest: (request) => {
        void this.#target
          .then((ready) =>
            decideRequest(ready, request, {
              answerSync: (message) => this.#answerSync(message),
              allowNavigation: (question) => this.#allowNavigation(question),
            }),
          )
          .catch((error: Error) => debug('request', error.message)); // the page has gone meanwhile
      },
      onPopup: (url) => this.#decideOpen({ url }),
    });
    this.targetId = target.targetId;
    await this.#owner.onTargetReady(target.targetId);
    return target;
  }

  #navigated(url: string): void {
    this.#url = url;
    this.#crashed = false;
    if (url === 'about:blank') return;
    void applyPermissionChecks(this, this.session, url);
    this.emit('did-navigate', new StandinEvent({ url }), url, 200, 'OK');
  }

  #allowNavigation({ url, isMainFrame, isRedirect }: NavigationQuestion): boolean {
    const own = this.#ownLoads.delete(withoutFragment(url));
    const event = new StandinEvent({ url, isMainFrame, isSameDocument: false });
    if (isRedirect) this.emit('will-redirect', event, url, false, isMainFrame);
    else if (!own) {
      this.emit('will-frame-navigate', event);
      if (isMainFrame && !event.defaultPrevented) this.emit('will-navigate', event, url, false, true);
    }
    if (event.defaultPrevented) return false;
    const started = new StandinEvent({ url, isMainFrame, isSameDocument: false });
    this.emit('did-start-navigation', started, url, false, isMainFrame);
    return true;
  }

  #answerSync(message: PageMessage): unknown {
    if (message.t === 'window-open') return this.#decideOpen(message.details ?? {});
    if (message.t === 'key-sync' && message.input !== undefined) return this.#key(message.input);
    throw new Error(`electron stand-in: the page asked for ${message.t}`);
  }

  #decideOpen({ url = '', frameName = '', features = '' }: PageDetails): null {
    const answer = this.#openHandler?.({ url: fromBrowserUrl(url), frameName, features });
    if (answer?.action !== 'deny') throw new Error('electron stand-in: opening windows is not implemented');
    return null;
  }

  /** Answers whether the key is swallowed. */
  #key(input: KeyInput): boolean {
    const event = new StandinEvent();
    this.emit('before-input-event', event, input);
    return event.defaultPrevented;
  }

  async #receive(message: PageMessage): Promise<void> {
    if (message.t === 'window-close') return this.#owner.close();
    if (message.t === 'key') {
      if (message.input !== undefined) this.#key(message.input);
      return;
    }
    const answer = await this.#reply(message).then(
      (value) => ({ t: 'reply', id: message.id, value: wire.encode(value) }),
      (error: unknown) => ({ t: 'reply', id: message.id, error: wire.encode(error) }),
    );
    (await this.#target).toPage(answer);
  }

  async #reply(message: PageMessage): Promise<unknown> {
    if (message.t === 'invoke') return this.#invoke(message.channel ?? '', message.args ?? '');
    if (message.t === 'permission') {
      return requestPermission(this, this.session, this.#url, message.details ?? {});
    }
    throw new Error(`electron stand-in: the page asked for ${message.t}`);
  }

  async #invoke(channel: string, encodedArgs: string): Promise<unknown> {
    const handler = ipcMain.handlerOf(channel);
    try {
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      const event = new StandinEvent({ type: 'frame', sender: this, senderFrame: this.mainFrame });
      const value = await handler(event, ...(wire.decode(encodedArgs) as unknown[]));
      wire.encode(value); // what cannot be cloned fails here, as it does in Electron
      return value;
    } catch (error) {
      throw new Error(`Error invoking remote method '${channel}': ${error}`);
    }
  }
}
strictClass('webContents', WebContents);

/** Closes the tab without asking the page. */
export async function closeTarget(contents: WebContents): Promise<void> {
  await browserConnection().root.send('Target.closeTarget', { targetId: contents.targetId });
}

function withoutFragment(url: string): string {
  return url.split('#')[0] ?? url;
}
