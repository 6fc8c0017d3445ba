import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../domain/clock.ts';
import { type CommandResult, ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import type { Log } from '../../platform/log.ts';
import type { Kiosk } from '../kiosk.ts';
import { KIOSK_SCREENS, type KioskScreen } from '../snapshots.ts';
import { isTrustedRequest } from './request-guard.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { streamSnapshots } from './snapshot-stream.ts';

/** A command is a few hundred bytes. */
const MAX_BODY_BYTES = 16 * 1024;
/** A shop has a handful of screens; the bound keeps a page that reconnects in a loop from exhausting us. */
const MAX_STREAMS = 64;

export interface HttpHostOptions {
  readonly kiosk: Kiosk;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The folder of the built screens. */
  readonly rendererDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface HttpHost {
  readonly urls: Readonly<Record<KioskScreen, string>>;
  close(): Promise<void>;
}

/**
 * Serves the kiosk's screens and their API without Electron. See docs/kiosk.md for the endpoints.
 * Rejects with the system's error (EADDRINUSE, …) when the port cannot be had.
 */
export async function startHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    // Requests are ours to log: fastify's own log would hold addresses and nothing of use.
    logger: false,
    routerOptions: { ignoreTrailingSlash: true },
  });
  const endStreams = registerApi(app, options);
  registerErrors(app, options.log);
  await registerScreens(app, options.rendererDir);
  const address = await app.listen({ host: options.host, port: options.port });
  const base = address.replace('0.0.0.0', '127.0.0.1').replace('[::]', '[::1]');
  return {
    urls: {
      totem: `${base}/totem`,
      queue: `${base}/queue`,
      panel: `${base}/panel`,
      technician: `${base}/technician`,
    },
    async close() {
      endStreams();
      await app.close();
    },
  };
}

function registerApi(app: FastifyInstance, { kiosk, clock }: HttpHostOptions): () => void {
  const endOfStreams = new Set<() => void>();
  // Only JSON: a form of another site cannot send it without the browser asking us first.
  app.removeContentTypeParser('text/plain');

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (isTrustedRequest(request.headers)) return;
    return reply.code(403).send(errorBody('forbidden', 'this host answers its own pages only'));
  });

  app.get('/api/health', async () => {
    const { at, server, printer, kioskId } = kiosk.snapshot('totem');
    return { ok: true, kioskId, at, server, printer: printer.status };
  });

  app.post('/api/commands', async (request, reply): Promise<CommandResult> => {
    const command = ScreenCommand.safeParse(request.body);
    if (command.success) return kiosk.execute(command.data);
    reply.code(400);
    return { ok: false, code: 'invalid_command' };
  });

  const ScreenParams = z.object({ screen: z.enum(KIOSK_SCREENS) });

  app.get('/api/screens/:screen/snapshot', async (request, reply) => {
    const params = ScreenParams.safeParse(request.params);
    if (!params.success) return reply.callNotFound();
    reply.header('cache-control', 'no-store');
    return kiosk.snapshot(params.data.screen);
  });

  app.get('/api/screens/:screen/snapshots', (request, reply) => {
    const params = ScreenParams.safeParse(request.params);
    if (!params.success) return reply.callNotFound();
    if (endOfStreams.size >= MAX_STREAMS) {
      return reply.code(503).send(errorBody('too_many_screens', `more than ${MAX_STREAMS} streams are open`));
    }
    reply.hijack();
    const end = streamSnapshots(kiosk, clock, params.data.screen, reply.raw);
    endOfStreams.add(end);
    reply.raw.on('close', () => endOfStreams.delete(end));
  });

  return () => {
    for (const end of endOfStreams) end();
  };
}

async function registerScreens(app: FastifyInstance, rendererDir: string): Promise<void> {
  const isBuilt = existsSync(join(rendererDir, 'index.html'));
  app.get('/', async (_request, reply) => reply.redirect('/totem'));
  for (const screen of KIOSK_SCREENS) {
    app.get(`/${screen}`, async (_request, reply) => {
      reply.type('text/html; charset=utf-8').header('cache-control', 'no-store');
      if (isBuilt) return reply.sendFile('index.html', { cacheControl: false });
      return reply.code(503).send(notBuiltPage(rendererDir));
    });
  }
  if (!isBuilt) return;
  await app.register(fastifyStatic, { root: rendererDir, index: false, wildcard: true });
}

function registerErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(errorBody('not_found', `there is nothing at ${request.method} ${request.url}`)),
  );
  app.setErrorHandler((error: { statusCode?: number; code?: string; message: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      log.error({ err: error, url: request.url }, 'request failed');
      return reply.code(500).send(errorBody('internal_error', 'the kiosk failed to answer; see its log'));
    }
    return reply.code(status).send(errorBody(error.code ?? 'bad_request', error.message));
  });
}

function errorBody(code: string, message: string) {
  return { error: { code, message } };
}

function notBuiltPage(rendererDir: string): string {
  return `<!doctype html><html lang="pt-BR"><meta charset="utf-8"><title>Totem</title>
<h1>As telas ainda não foram compiladas</h1>
<p>Execute <code>npm run build</code> e inicie de novo. Pasta procurada: <code>${escapeHtml(rendererDir)}</code></p></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
