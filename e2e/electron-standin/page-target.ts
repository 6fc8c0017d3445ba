import { readFileSync } from 'node:fs';
import { fromBrowserUrl, schemes } from './addresses.ts';
import type { CdpSession } from './cdp.ts';
import { browserConnection } from './connection.ts';
import type { PausedRequest } from './requests.ts';
import { debug } from './strict.ts';
import { pageScripts } from './wire.ts';

/** What a message from the page's scripts looks like; its parts are checked by whoever handles its kind. */
export interface PageMessage {
  readonly t: string;
  readonly id?: number;
  readonly channel?: string;
  readonly args?: string;
  readonly input?: KeyInput;
  readonly details?: PageDetails;
}
export interface KeyInput {
  readonly type: 'keyDown' | 'keyUp';
  readonly key: string;
}
export interface PageDetails {
  readonly kind?: string;
  readonly mediaTypes?: readonly string[];
  readonly url?: string;
  readonly frameName?: string;
  readonly features?: string;
}

export interface PageTargetEvents {
  onNavigated(url: string): void;
  onNavigatedInPage(url: string): void;
  onLoaded(): void;
  onCrashed(): void;
  onMessage(message: PageMessage): void;
  onRequest(request: PausedRequest): void;
  /** A new window that the page's script did not announce. */
  onPopup(url: string): void;
}

const PRELOAD_WORLD = 'electron-preload';

/** One tab of Chromium, with Electron's two worlds: the page's own, and the isolated one of the preload. */
export class PageTarget {
  readonly targetId: string;
  readonly cdp: CdpSession;
  frameId: string;
  #preloadContext = '';

  private constructor(targetId: string, cdp: CdpSession) {
    this.targetId = targetId;
    this.frameId = targetId;
    this.cdp = cdp;
  }

  static async create(preloadFile: string | undefined, events: PageTargetEvents): Promise<PageTarget> {
    const connection = browserConnection();
    const { targetId } = await connection.root.send<{ targetId: string }>('Target.createTarget', {
      url: 'about:blank',
      newWindow: true,
    });
    const { sessionId } = await connection.root.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    });
    const target = new PageTarget(targetId, connection.session(sessionId));
    target.#listen(events);
    await target.#install(preloadFile);
    return target;
  }

  /** To the preload's world; dropped when no document is there, as Electron does. */
  toPage(message: object): void {
    if (this.#preloadContext === '') return;
    this.cdp
      .send('Runtime.evaluate', {
        expression: `__standinRecv(${JSON.stringify(JSON.stringify(message))})`,
        uniqueContextId: this.#preloadContext,
      })
      .catch((error: Error) => debug('a message to the page was lost', error.message));
  }

  async evaluate(code: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.cdp.send<EvaluateResult>('Runtime.evaluate', {
      expression: code,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails === undefined) return result.value;
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  }

  #listen(events: PageTargetEvents): void {
    const { cdp } = this;
    cdp.on<ContextCreated>('Runtime.executionContextCreated', ({ context }) => {
      if (context.name === PRELOAD_WORLD && context.auxData.frameId === this.frameId) {
        this.#preloadContext = context.uniqueId;
      }
    });
    cdp.on<{ name: string; payload: string }>('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === '__standinSend') events.onMessage(JSON.parse(payload) as PageMessage);
    });
    cdp.on<{ frame: Frame }>('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId !== undefined) return;
      this.frameId = frame.id;
      events.onNavigated(fromBrowserUrl(frame.url + (frame.urlFragment ?? '')));
    });
    cdp.on<{ frameId: string; url: string }>('Page.navigatedWithinDocument', ({ frameId, url }) => {
      if (frameId === this.frameId) events.onNavigatedInPage(fromBrowserUrl(url));
    });
    cdp.on('Page.loadEventFired', () => events.onLoaded());
    cdp.on('Inspector.targetCrashed', () => {
      this.#preloadContext = '';
      events.onCrashed();
    });
    cdp.on<PausedRequest>('Fetch.requestPaused', (request) => events.onRequest(request));
    cdp.on<AttachedTarget>('Target.attachedToTarget', ({ targetInfo, sessionId }) => {
      if (targetInfo.type === 'page' && targetInfo.targetId !== this.targetId) {
        events.onPopup(fromBrowserUrl(targetInfo.url));
        void cdp.connection.root.send('Target.closeTarget', { targetId: targetInfo.targetId });
      } else {
        cdp.connection
          .session(sessionId)
          .send('Runtime.runIfWaitingForDebugger')
          .catch(() => {}); // it is gone
      }
    });
    cdp.on<Console>('Runtime.consoleAPICalled', ({ args }) =>
      debug('console', ...args.map((argument) => argument.value ?? argument.description)),
    );
  }

  async #install(preloadFile: string | undefined): Promise<void> {
    const key = crypto.randomUUID();
    const fill = (text: string): string =>
      text
        .replaceAll('__KEY__', key)
        .replaceAll('__SCHEMES__', JSON.stringify([...schemes.keys()]))
        .replaceAll('__PLATFORM__', process.platform);
    const shared = `${pageScripts.codec}\n${pageScripts.peer}\n`;
    const preload = preloadFile === undefined ? '' : readFileSync(preloadFile, 'utf8');
    const inPreloadWorld = fill(pageScripts.preloadWorld).split('/*__PRELOAD__*/').join(preload);
    const { cdp } = this;
    await Promise.all([
      cdp.send('Page.enable'),
      cdp.send('Runtime.enable'),
      cdp.send('Inspector.enable'),
      cdp.send('Fetch.enable', { patterns: [{ urlPattern: '*', requestStage: 'Request' }] }),
      cdp.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true }),
      cdp.send('Runtime.addBinding', { name: '__standinSend', executionContextName: PRELOAD_WORLD }),
      cdp.send('Page.addScriptToEvaluateOnNewDocument', {
        source: `(() => {${shared}${fill(pageScripts.mainWorld)}})()`,
      }),
      cdp.send('Page.addScriptToEvaluateOnNewDocument', {
        worldName: PRELOAD_WORLD,
        source: `(() => {${shared}${inPreloadWorld}\n})()`,
      }),
    ]);
  }
}

interface ContextCreated {
  readonly context: {
    readonly name: string;
    readonly uniqueId: string;
    readonly auxData: { readonly frameId: string };
  };
}
interface Frame {
  readonly id: string;
  readonly parentId?: string;
  readonly url: string;
  readonly urlFragment?: string;
}
interface AttachedTarget {
  readonly sessionId: string;
  readonly targetInfo: { readonly type: string; readonly targetId: string; readonly url: string };
}
interface Console {
  readonly args: readonly { readonly value?: unknown; readonly description?: string }[];
}
interface EvaluateResult {
  readonly result: { readonly value: unknown };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly exception?: { readonly description: string };
  };
}
