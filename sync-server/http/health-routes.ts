import { z } from 'zod';
import { EpochMs } from '../../domain/protocol/primitives.ts';
import type { ServerContext } from '../context.ts';
import type { ProviderHealthReport } from '../providers/provider-health.ts';
import type { App } from './app.ts';

const Health = z.object({
  /** `degraded`: the server answers, and something it needs does not. */
  status: z.enum(['ok', 'degraded']),
  database: z.enum(['ok', 'away']),
  provider: z.object({ name: z.string(), status: z.enum(['ok', 'down']), downSince: EpochMs.nullable() }),
  serverTime: EpochMs,
});

/** `GET /v1/health`, open to everyone: 503 while the database is away, since nothing can be done without it. */
export function registerHealthRoutes(
  app: App,
  context: ServerContext,
  providerHealth: () => ProviderHealthReport,
): void {
  app.get(
    '/v1/health',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Whether the server and what it needs are there',
        tags: ['server'],
        response: { 200: Health, 503: Health },
      },
    },
    async (_request, reply) => {
      const database = await databaseState(context);
      const { name, status, downSince } = providerHealth();
      const healthy = database === 'ok' && status === 'ok';
      return reply.code(database === 'ok' ? 200 : 503).send({
        status: healthy ? 'ok' : 'degraded',
        database,
        provider: { name, status, downSince },
        serverTime: context.clock.nowMs(),
      });
    },
  );
}

async function databaseState({ db, log }: ServerContext): Promise<'ok' | 'away'> {
  try {
    await db.query('SELECT 1');
    return 'ok';
  } catch (error) {
    log.warn({ error }, 'the database does not answer');
    return 'away';
  }
}
