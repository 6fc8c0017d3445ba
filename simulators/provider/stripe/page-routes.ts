import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const COMMON = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
  "form-action 'none'";
const OWN_PAGE = { ...COMMON, 'content-security-policy': `${POLICY}; frame-ancestors 'none'` };
/** The card form stands in the shop's page, as Stripe's own does in pages of the whole world. */
const CARD_FORM = { ...COMMON, 'content-security-policy': `${POLICY}; frame-ancestors *` };
/** Loaded by pages of other origins. */
const SCRIPT = { ...COMMON, 'cross-origin-resource-policy': 'cross-origin' };

const FILES = [
  ['/stripe/js', 'stripe-js.js', 'text/javascript; charset=utf-8', SCRIPT],
  ['/stripe/card-form', 'card-form.html', 'text/html; charset=utf-8', CARD_FORM],
  ['/stripe/card-form.js', 'card-form.js', 'text/javascript; charset=utf-8', COMMON],
  ['/stripe/card-form.css', 'card-form.css', 'text/css; charset=utf-8', COMMON],
  ['/stripe/', 'dashboard.html', 'text/html; charset=utf-8', OWN_PAGE],
  ['/stripe/dashboard.js', 'dashboard.js', 'text/javascript; charset=utf-8', COMMON],
  ['/stripe/dashboard.css', 'dashboard.css', 'text/css; charset=utf-8', COMMON],
] as const;

/** The stand-in for Stripe.js with its card form, and for Stripe's dashboard: files, read once. */
export function registerStripePages(app: FastifyInstance): void {
  for (const [path, file, contentType, headers] of FILES) {
    const body = readFileSync(join(import.meta.dirname, 'page', file));
    app.get(path, (_request, reply) => reply.headers(headers).type(contentType).send(body));
  }
}
