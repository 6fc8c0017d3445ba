import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import type { ReceivedMail } from './mail-server.ts';

const ASSETS = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
} as const;
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};
/** On the page; the API tells of as many. */
const SHOWN = 100;

/** What a mail looks like to `GET /api/mails`, newest first. */
export interface MailView extends Pick<ReceivedMail, 'to' | 'subject' | 'text' | 'date' | 'messageId'> {}

/** The page on which the mails of a demonstration are read. */
export function createMailPage(mails: () => readonly ReceivedMail[]): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  app.addHook('onSend', async (_request, reply) => void reply.headers(HEADERS));
  for (const [path, [file, type]] of Object.entries(ASSETS)) {
    const content = readFileSync(join(import.meta.dirname, 'page', file));
    app.get(path, async (_request, reply) => reply.type(type).send(content));
  }
  // Browsers ask for it unasked; a 404 would stand in every console.
  app.get('/favicon.ico', async (_request, reply) => reply.status(204).send());
  app.get(
    '/api/mails',
    async (): Promise<MailView[]> =>
      mails()
        .slice(-SHOWN)
        .reverse()
        .map(({ to, subject, text, date, messageId }) => ({ to, subject, text, date, messageId })),
  );
  return app;
}
