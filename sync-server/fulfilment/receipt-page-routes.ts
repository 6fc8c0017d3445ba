import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ReceiptAddress, ReceiptPageState } from '../../domain/protocol/receipt-page.ts';
import { StartupFailure } from '../../platform/service.ts';
import { createAttemptLimit } from '../access/attempt-limit.ts';
import { refuseForNow } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { type AddressOutcome, leaveAddress } from './leave-address.ts';
import { findByPageToken, readReceiptPage } from './receipt-page.ts';

/** Tokens that are none. Whoever has one is never kept waiting by those who guess: all may come by one proxy. */
const ATTEMPTS = { perAddress: 30, total: 600, windowMs: 60_000 } as const;

const REFUSALS = {
  receipt_page_unknown: [404, 'no such page, or its time is over'],
  too_many_addresses: [409, 'too many different addresses were left for this payment'],
} as const satisfies Record<Extract<AddressOutcome, { ok: false }>['code'], readonly [number, string]>;
type Refusal = keyof typeof REFUSALS;

const Params = z.object({ token: z.string().max(100) });

/** The page on which a customer asks for the receipt by e-mail. As domain/protocol/receipt-page.ts describes it. */
export function registerReceiptPageRoutes(app: App, context: ServerContext): void {
  const attempts = createAttemptLimit(context.clock, ATTEMPTS);
  const refuse = (request: FastifyRequest, reply: FastifyReply, code: Refusal): FastifyReply => {
    const retryAfterMs = code === 'receipt_page_unknown' ? attempts.take(request.ip) : null;
    if (retryAfterMs !== null) return refuseForNow(reply, retryAfterMs);
    const [status, message] = REFUSALS[code];
    return reply.code(status).send(errorBody(code, message));
  };
  app.get(
    '/v1/receipt-pages/:token',
    {
      config: { access: 'public' },
      schema: {
        summary: 'What the page shows on which a customer asks for the receipt; the token is its key',
        tags: ['fulfilment'],
        params: Params,
        response: { 200: ReceiptPageState, ...errorResponses },
      },
    },
    async (request, reply) => {
      const key = await findByPageToken(context, context.db, request.params.token);
      if (key === null) return refuse(request, reply, 'receipt_page_unknown');
      return readReceiptPage(context.db, key);
    },
  );
  app.post(
    '/v1/receipt-pages/:token/address',
    {
      config: { access: 'public' },
      bodyLimit: 1_024,
      schema: {
        summary: 'Where confirmation and receipt of this payment are to go',
        tags: ['fulfilment'],
        params: Params,
        body: ReceiptAddress,
        response: { 200: ReceiptPageState, ...errorResponses },
      },
    },
    async (request, reply) => {
      const outcome = await leaveAddress(context, request.params.token, request.body.email);
      if (!outcome.ok) return refuse(request, reply, outcome.code);
      return readReceiptPage(context.db, outcome.key);
    },
  );
}

/**
 * Serves `/receipt/<token>`: one static page for every token, which asks for its state by itself.
 * @throws StartupFailure when the page was not built
 */
export function registerReceiptPage(app: App, rendererDir: string): void {
  let html: string;
  try {
    html = readFileSync(join(rendererDir, 'receipt.html'), 'utf8');
  } catch (error) {
    throw new StartupFailure(
      `TOTEM_RENDERER_DIR: ${rendererDir} holds no built receipt page (${(error as Error).message}): run "npm run build"`,
    );
  }
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    // Whoever has the address may say where the receipt goes: it goes to nobody.
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'x-robots-tag': 'noindex',
  };
  app.get('/receipt/:token', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
    reply.headers(headers).send(html),
  );
}
