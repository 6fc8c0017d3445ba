import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../context.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Told when a totem's event stream was opened. */
    watchKioskStreams: () => void;
  }
}

/** A revoked totem's stream is cut within this time, also when another process took the revocation. */
const CHECK_MS = 2_000;
/** A totem with nothing to tell is still seen by its open stream; more often would only write more. */
const SEEN_EVERY_MS = 15_000;

/** Looks after the streams of totems, which outlive the check of the request that opened them. */
export function watchKioskStreams(
  app: FastifyInstance,
  { db, clock, log }: Pick<ServerContext, 'db' | 'clock' | 'log'>,
): void {
  let cancel: (() => void) | null = null;
  let closed = false;

  const schedule = (): void => {
    if (closed) return;
    cancel ??= clock.schedule(CHECK_MS, () => {
      check()
        // Nothing is sent while the database is away, and the next look is soon.
        .catch((error: unknown) => log.warn({ error }, 'the streams of totems could not be checked'))
        .finally(() => {
          cancel = null;
          if ([...app.eventStreams].some(({ keyId }) => keyId !== null)) schedule();
        });
    });
  };

  const check = async (): Promise<void> => {
    const streams = [...app.eventStreams].filter(({ keyId }) => keyId !== null);
    if (streams.length === 0) return;
    const keyIds = [...new Set(streams.map(({ keyId }) => keyId))];
    const good = await db.query<{ key_id: string; last_seen_at: Date }>(
      'SELECT key_id, last_seen_at FROM kiosks WHERE key_id = ANY($1::text[]) AND revoked_at IS NULL',
      [keyIds],
    );
    const goodIds = new Set(good.map((row) => row.key_id));
    for (const stream of streams) if (stream.keyId !== null && !goodIds.has(stream.keyId)) stream.end();
    const nowMs = clock.nowMs();
    // Also what was seen in the future: the clock was set back since.
    const unseen = good.filter((row) => Math.abs(nowMs - row.last_seen_at.getTime()) >= SEEN_EVERY_MS);
    if (unseen.length === 0) return;
    // A row that is locked is of a totem that is pushing, which is seen by that; to wait for it would keep the next
    // check from cutting the streams of others.
    await db.query(
      `UPDATE kiosks SET last_seen_at = $2 WHERE key_id IN (
         SELECT key_id FROM kiosks WHERE key_id = ANY($1::text[]) FOR NO KEY UPDATE SKIP LOCKED)`,
      [unseen.map((row) => row.key_id), new Date(nowMs)],
    );
  };

  app.decorate('watchKioskStreams', schedule);
  app.addHook('onClose', async () => {
    closed = true;
    cancel?.();
  });
}
