import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupFailure } from '../../platform/service.ts';
import type { App } from '../http/app.ts';
import type { CheckoutPage } from '../providers/provider.ts';

/** What Stripe's own script needs beside its origin. Source: docs.stripe.com/security/guide, "Content Security Policy". */
const STRIPE = {
  origin: 'https://js.stripe.com',
  scripts: ['https://*.js.stripe.com'],
  frames: ['https://*.js.stripe.com', 'https://hooks.stripe.com'],
  calls: ['https://api.stripe.com'],
} as const;

/**
 * Serves `/pay/<token>`: one static page for every token, which asks for the checkout's state by itself. Its assets are
 * those of the other screens.
 * @throws StartupFailure when the page was not built
 */
export function registerPayPage(app: App, rendererDir: string, page: CheckoutPage): void {
  let html: string;
  try {
    html = readFileSync(join(rendererDir, 'pay.html'), 'utf8');
  } catch (error) {
    throw new StartupFailure(
      `TOTEM_RENDERER_DIR: ${rendererDir} holds no built payment page (${(error as Error).message}): run "npm run build"`,
    );
  }
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': payPagePolicy(page),
    // The address is the key of the payment: it goes to nobody.
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'x-robots-tag': 'noindex',
  };
  app.get('/pay/:token', { config: { access: 'public' }, schema: { hide: true } }, async (_request, reply) =>
    reply.headers(headers).send(html),
  );
}

/** Nothing but our own files and the provider's script with its frames. */
export function payPagePolicy({ scriptUrl }: Pick<CheckoutPage, 'scriptUrl'>): string {
  const { origin } = new URL(scriptUrl);
  const isStripe = origin === STRIPE.origin;
  const allow = (...sources: readonly string[]): string => sources.join(' ');
  return [
    "default-src 'none'",
    `script-src ${allow("'self'", origin, ...(isStripe ? STRIPE.scripts : []))}`,
    `frame-src ${allow(origin, ...(isStripe ? STRIPE.frames : []))}`,
    `connect-src ${allow("'self'", ...(isStripe ? STRIPE.calls : []))}`,
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
