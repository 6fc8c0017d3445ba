import type { Hall } from '../hall.ts';
import { hallsWithRevocations } from '../people/manager.ts';
import type { Invariant } from './invariant.ts';

/** Within this a stream of a revoked totem is cut, and what was on its way has arrived, world time, ms. */
const CUT_WITHIN_MS = 20_000;

interface Out {
  readonly deeds: string;
  readonly sinceMs: number;
  /** The feed's head when the time to cut it was over; null: it is not. */
  limit: number | null;
}

const seenByHall = new WeakMap<Hall, Map<string, Out>>();

export const revokedIsOut: Invariant = {
  name: 'revoked is out',
  says: 'From its revocation to its next enrolment a totem does nothing at the server: no event, no charge, no lease, not even a sign of life; and it soon hears nothing more of the feed.',
  async afterStep({ hall, history }) {
    if (!hallsWithRevocations.has(hall)) return null;
    const seen = seenByHall.get(hall) ?? new Map<string, Out>();
    seenByHall.set(hall, seen);
    const out = await hall.server.storage.look<{ kioskId: string; deeds: string }>(
      `SELECT kiosk_id AS "kioskId", concat_ws(' ',
         revoked_at, last_seen_at,
         (SELECT count(*) FROM sync_events e WHERE e.kiosk_id = k.kiosk_id), 'events,',
         (SELECT count(*) FROM payment_transactions p WHERE p.kiosk_id = k.kiosk_id), 'charges,',
         (SELECT count(*) FROM number_leases l WHERE l.kiosk_id = k.kiosk_id), 'leases') AS deeds
       FROM kiosks k WHERE revoked_at IS NOT NULL`,
    );
    for (const { kioskId, deeds } of out) {
      const nowMs = hall.world.agenda.nowMs();
      const before = seen.get(kioskId);
      const known: Out = before ?? { deeds, sinceMs: nowMs, limit: null };
      seen.set(kioskId, known);
      if (known.deeds !== deeds) return `${kioskId} is revoked: first ${known.deeds}, now ${deeds}`;
      const isCut = nowMs > known.sinceMs + CUT_WITHIN_MS;
      if (isCut) known.limit ??= history.entries.length;
      const cursor = hall.kiosks
        .find((kiosk) => kiosk.kioskId === kioskId)
        ?.db.prepare<[], number>('SELECT feed_cursor FROM sync_state')
        .pluck()
        .get();
      if (known.limit !== null && cursor !== undefined && cursor > known.limit)
        return `${kioskId} was revoked at ${known.limit} of the feed at the latest, and has read ${cursor}`;
    }
    for (const kioskId of seen.keys()) if (!out.some((one) => one.kioskId === kioskId)) seen.delete(kioskId);
    return null;
  },
};
