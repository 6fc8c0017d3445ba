import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ProviderContext } from '../provider-context.ts';

/**
 * The bank's switches, for a company's API: away, slow, or silent after a write was done.
 * @param breaksAfterWrite whether a write that was done is answered with 500 now
 */
export function applyApiFaults(
  app: FastifyInstance,
  { store, clock }: ProviderContext,
  breaksAfterWrite: () => boolean,
): void {
  app.addHook('onRequest', async (_request, reply) => {
    const { online, apiDelayMs } = store.faults.get();
    if (apiDelayMs > 0) await new Promise<void>((resolve) => void clock.schedule(apiDelayMs, resolve));
    if (!online) return reply.code(503).send({ message: 'Service unavailable' });
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method === 'GET' || reply.statusCode >= 300) return payload;
    if (store.faults.get().timeoutAfterSuccess) await clientHangsUp(request, reply);
    if (!breaksAfterWrite()) return payload;
    reply.code(500);
    return JSON.stringify({ message: 'Internal server error' });
  });
}

function clientHangsUp(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  return new Promise((resolve) => {
    if (request.raw.socket.destroyed) resolve();
    else reply.raw.once('close', () => resolve());
  });
}
