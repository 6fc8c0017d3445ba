import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const FILES = [
  ['/', 'bank-app.html', 'text/html; charset=utf-8'],
  ['/bank-app.js', 'bank-app.js', 'text/javascript; charset=utf-8'],
  ['/bank-app.css', 'bank-app.css', 'text/css; charset=utf-8'],
] as const;

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  // The address may hold a code that pays.
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** "The customer's bank app": three files, read once. */
export function registerPageRoutes(app: FastifyInstance): void {
  for (const [path, file, contentType] of FILES) {
    const body = readFileSync(join(import.meta.dirname, 'page', file));
    app.get(path, (_request, reply) => reply.headers(HEADERS).type(contentType).send(body));
  }
}
