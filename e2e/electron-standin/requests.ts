import { fromBrowserUrl, isAliasHost, schemes, toBrowserUrl } from './addresses.ts';
import type { PageMessage, PageTarget } from './page-target.ts';
import { handlerOfUrl } from './protocol.ts';
import { debug } from './strict.ts';
import { wire } from './wire.ts';

/** `Fetch.requestPaused`: a request that waits until the stand-in has decided. */
export interface PausedRequest {
  readonly requestId: string;
  readonly frameId: string;
  readonly resourceType: string;
  readonly redirectedRequestId?: string;
  readonly request: {
    readonly url: string;
    readonly urlFragment?: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly postData?: string;
    readonly postDataEntries?: readonly { readonly bytes?: string }[];
  };
}

export interface NavigationQuestion {
  readonly url: string;
  readonly isMainFrame: boolean;
  readonly isRedirect: boolean;
}

export interface RequestDecisions {
  /** The page asks something that it must know before it goes on (window.open, a key). */
  answerSync(message: PageMessage): unknown;
  /** Whether a document may be loaded. */
  allowNavigation(question: NavigationQuestion): boolean;
}

/** Where the preload's world posts its synchronous questions. */
const SYNC_PATH = '/__electron_standin_sync__';

/** Decides one paused request: the page's own question, a navigation, an answer by protocol.handle, or the network. */
export async function decideRequest(
  target: PageTarget,
  paused: PausedRequest,
  decisions: RequestDecisions,
): Promise<void> {
  const { cdp } = target;
  const { requestId, request } = paused;
  const url = fromBrowserUrl(request.url);
  const fail = (errorReason: string): Promise<unknown> =>
    cdp.send('Fetch.failRequest', { requestId, errorReason });

  if (new URL(request.url).pathname === SYNC_PATH && request.method === 'POST') {
    const answer = syncAnswer(() =>
      decisions.answerSync(JSON.parse(bodyOf(paused)?.toString() ?? '') as PageMessage),
    );
    await cdp.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: 200,
      body: Buffer.from(wire.encode(answer)).toString('base64'),
    });
    return;
  }
  if (paused.resourceType === 'Document') {
    const allowed = decisions.allowNavigation({
      url: url + (request.urlFragment ?? ''),
      isMainFrame: paused.frameId === target.frameId,
      isRedirect: paused.redirectedRequestId !== undefined,
    });
    if (!allowed) {
      await fail('Aborted');
      return;
    }
  }
  const handler = handlerOfUrl(url);
  if (handler === undefined) {
    if (isAliasHost(new URL(request.url).hostname)) await fail('Failed');
    else await cdp.send('Fetch.continueRequest', { requestId });
    return;
  }
  try {
    await fulfil(target, paused, await handler(toFetchRequest(url, paused)));
  } catch (error) {
    console.error(`Error in protocol handler for ${url}:`, error);
    await fail('Failed');
  }
}

function syncAnswer(ask: () => unknown): object {
  try {
    return { value: ask() };
  } catch (error) {
    debug('a synchronous question failed', error);
    return { error };
  }
}

function bodyOf({ request }: PausedRequest): Buffer | undefined {
  const entries = request.postDataEntries ?? [];
  if (entries.length > 0)
    return Buffer.concat(entries.map((entry) => Buffer.from(entry.bytes ?? '', 'base64')));
  return request.postData === undefined ? undefined : Buffer.from(request.postData);
}

function toFetchRequest(url: string, paused: PausedRequest): Request {
  const { method, headers } = paused.request;
  const body = bodyOf(paused);
  const carriesBody = body !== undefined && method !== 'GET' && method !== 'HEAD';
  return new Request(url, { method, headers, ...(carriesBody ? { body: new Uint8Array(body) } : {}) });
}

async function fulfil(target: PageTarget, paused: PausedRequest, response: Response): Promise<void> {
  const responseHeaders = [...response.headers].map(([name, value]) => ({
    name,
    value: translatedHeader(name, value, fromBrowserUrl(paused.request.url)),
  }));
  await target.cdp.send('Fetch.fulfillRequest', {
    requestId: paused.requestId,
    responseCode: response.status,
    responseHeaders,
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
  });
}

/** An address or a scheme inside a header means the custom scheme; Chromium must read its alias. */
function translatedHeader(name: string, value: string, base: string): string {
  if (name === 'location') return toBrowserUrl(new URL(value, base).href);
  if (name !== 'content-security-policy') return value;
  return value.replace(/\b([a-z][a-z0-9+-]*):(?=[\s;]|$)/g, (text, scheme: string) =>
    schemes.has(scheme) ? `${text} https://*.${scheme}.electron-standin.invalid` : text,
  );
}
