import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { z } from 'zod';
import type { PaperStore } from './paper-store.ts';
import { PrinterSettings } from './printer-state.ts';

/** What `GET /api/state` answers. */
export interface PrinterReport extends PrinterSettings {
  /** Raw TCP address for a print queue. */
  readonly escposUrl: string;
  /** Open connections. */
  readonly connections: number;
  /** Bytes received and not yet printed. */
  readonly bufferedBytes: number;
}

export type PrinterChange = 'papers' | 'state';
export type PrinterListener = (what: PrinterChange) => void;

const ASSETS = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
} as const;
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};
/** Settings are a few dozen bytes. */
const MAX_BODY_BYTES = 4_096;
const PapersQuery = z.object({ limit: z.coerce.number().int().positive().optional() });

/** The page with the papers, and the machine API. `subscribe` calls its listener at each change, and answers how to stop. */
export function createPageServer(options: {
  readonly papers: PaperStore;
  readonly report: () => PrinterReport;
  readonly configure: (settings: PrinterSettings) => Promise<void>;
  readonly subscribe: (listener: PrinterListener) => () => void;
}): FastifyInstance {
  const { papers, report, configure, subscribe } = options;
  // An open event stream must not keep the process from stopping.
  const app = Fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  app.addHook('onSend', async (_request, reply) => void reply.headers(HEADERS));

  for (const [path, [file, type]] of Object.entries(ASSETS)) {
    const content = readFileSync(join(import.meta.dirname, 'page', file));
    app.get(path, async (_request, reply) => reply.type(type).send(content));
  }

  // Browsers ask for it unasked; a 404 would stand in every console.
  app.get('/favicon.ico', async (_request, reply) => reply.status(204).send());

  app.get('/api/papers', async (request, reply) => {
    const query = PapersQuery.safeParse(request.query);
    if (!query.success) return refuse(reply, 400, 'invalid_query', query.error.message);
    return papers.list().slice(0, query.data.limit);
  });
  app.get<{ Params: { id: string } }>('/api/papers/:id.png', async (request, reply) => {
    const png = papers.png(request.params.id);
    if (png === undefined) return refuse(reply, 404, 'not_found', 'there is no such paper');
    return reply.type('image/png').send(png);
  });
  app.get('/api/state', async () => report());
  app.put('/api/state', async (request, reply) => {
    const settings = PrinterSettings.safeParse(request.body);
    if (!settings.success) return refuse(reply, 400, 'invalid_settings', settings.error.message);
    await configure(settings.data);
    return report();
  });
  app.get('/api/events', (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    const tell: PrinterListener = (what) => void reply.raw.write(`event: ${what}\ndata: {}\n\n`);
    tell('papers');
    tell('state');
    request.raw.once('close', subscribe(tell));
  });
  return app;
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.status(status).send({ error: { code, message } });
}
