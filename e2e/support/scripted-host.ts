import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CommandResult, ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import { ScreenName, type SnapshotOf } from '../../domain/protocol/screens.ts';
import { SECURITY_HEADERS } from '../../main/http-host/security-headers.ts';

const RENDERER = fileURLToPath(new URL('../../dist/renderer', import.meta.url));
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/**
 * A host of screens without an engine: it serves the built pages, hands out the snapshots that a test writes, and
 * keeps the commands that come back. It speaks the contract of domain/protocol/screens.ts and nothing else.
 */
export interface ScriptedHost {
  readonly url: string;
  /** Every command so far, parsed by the contract's schema; one that does not parse fails the request and is thrown. */
  readonly commands: readonly ScreenCommand[];
  /** The newest snapshot of a screen: sent to who listens now and to who comes later. */
  show<S extends ScreenName>(screen: S, snapshot: SnapshotOf<S>): void;
  /** Sends anything at all as a snapshot of a screen, to see how the screen bears it. */
  showRaw(screen: ScreenName, data: string): void;
  /** What commands are answered from now on; a promise makes them wait. */
  answer(result: CommandResult | Promise<CommandResult>): void;
  /** Cuts every listener off and refuses new ones until `false`. */
  cutOff(isCutOff: boolean): void;
  /** The bearer token that the admin screen must bring. */
  readonly adminToken: string;
  close(): Promise<void>;
}

export async function startScriptedHost(): Promise<ScriptedHost> {
  const newest = new Map<ScreenName, string>();
  const listeners = new Map<ServerResponse, ScreenName>();
  const commands: ScreenCommand[] = [];
  const adminToken = 'gestor-de-teste';
  let answer: CommandResult | Promise<CommandResult> = { ok: true };
  let isCutOff = false;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://host');
    // The product's own headers: a page that breaks the policy here breaks it there too.
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (request.method === 'POST' && pathname === '/api/commands') {
      commands.push(ScreenCommand.parse(JSON.parse(await bodyOf(request))));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(await answer));
      return;
    }
    const screen = /^\/api\/screens\/(\w+)\/snapshots$/.exec(pathname)?.[1];
    if (screen !== undefined) return listen(ScreenName.parse(screen), request, response);
    await serveFile(pathname, response);
  };

  const listen = (screen: ScreenName, request: IncomingMessage, response: ServerResponse): void => {
    if (isCutOff) {
      response.writeHead(503).end();
      return;
    }
    if (screen === 'admin' && request.headers.authorization !== `Bearer ${adminToken}`) {
      response.writeHead(401).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    listeners.set(response, screen);
    response.on('close', () => listeners.delete(response));
    const data = newest.get(screen);
    if (data !== undefined) response.write(`event: snapshot\ndata: ${data}\n\n`);
  };

  const showRaw = (screen: ScreenName, data: string): void => {
    newest.set(screen, data);
    for (const [response, listened] of listeners) {
      if (listened === screen) response.write(`event: snapshot\ndata: ${data}\n\n`);
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(`scripted host: ${request.method} ${request.url}`, error);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    commands,
    adminToken,
    showRaw,
    show: (screen, snapshot) => showRaw(screen, JSON.stringify(snapshot)),
    answer: (result) => {
      answer = result;
    },
    cutOff: (cut) => {
      isCutOff = cut;
      if (cut) for (const response of listeners.keys()) response.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A file of the build; any path without one is a screen's address and gets the page. */
async function serveFile(pathname: string, response: ServerResponse): Promise<void> {
  const extension = path.extname(pathname);
  const file = extension === '' ? 'index.html' : path.normalize(pathname).slice(1);
  try {
    const content = await readFile(path.join(RENDERER, file));
    response.setHeader('content-type', MEDIA_TYPES[path.extname(file)] ?? 'application/octet-stream');
    response.end(content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    response.writeHead(404).end();
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
