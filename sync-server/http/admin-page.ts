import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { StartupFailure } from '../../platform/service.ts';
import type { App } from './app.ts';

/** Nothing from elsewhere, nothing inline, never in a frame. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Built assets carry a hash of their content in their name. */
const ASSET_MAX_AGE = 'public, max-age=31536000, immutable';

/**
 * Serves the manager's page at `/admin`, from the folder of the built screens. The page holds no data: it asks for a
 * token and sends it with each request.
 */
export async function registerAdminPage(app: App, rendererDir: string): Promise<void> {
  if (!existsSync(join(rendererDir, 'index.html'))) {
    throw new StartupFailure(
      `TOTEM_RENDERER_DIR: ${rendererDir} holds no built screens: run "npm run build"`,
    );
  }
  await app.register(fastifyStatic, { root: rendererDir, serve: false, cacheControl: false });
  const route = { config: { access: 'public' }, schema: { hide: true } } as const;
  const page = (reply: FastifyReply): FastifyReply => withHeaders(reply, 'no-cache').sendFile('index.html');
  app.get('/admin', route, async (_request, reply) => page(reply));
  app.get('/admin/*', route, async (_request, reply) => page(reply));
  app.get('/icon.svg', route, async (_request, reply) => withHeaders(reply, 'no-cache').sendFile('icon.svg'));
  app.get(
    '/assets/*',
    { ...route, schema: { hide: true, params: z.object({ '*': z.string() }) } },
    async (request, reply) => withHeaders(reply, ASSET_MAX_AGE).sendFile(`assets/${request.params['*']}`),
  );
}

function withHeaders(reply: FastifyReply, cacheControl: string): FastifyReply {
  return reply.headers({
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': cacheControl,
  });
}
