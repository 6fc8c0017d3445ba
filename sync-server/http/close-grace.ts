import type { FastifyInstance } from 'fastify';

/** Enough for a request of ours; one that waits longer for the bank is safe to cut, since its sender asks again. */
const CLOSE_GRACE_MS = 2_000;

/**
 * Lets requests under way finish when the app closes, then cuts what is left. A browser holds spare connections that
 * never sent a request; node:http does not count those as idle, and would wait for them.
 */
export function limitCloseTime(app: FastifyInstance): void {
  let cut: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    // Sockets live in real time, whatever the injected clock says.
    cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
  });
  app.addHook('onClose', async () => clearTimeout(cut));
}
