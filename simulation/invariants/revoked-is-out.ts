import type { Hall } from '../hall.ts';
import type { Invariant } from './invariant.ts';

const seenByHall = new WeakMap<Hall, Map<string, string>>();

export const revokedIsOut: Invariant = {
  name: 'revoked is out',
  says: 'From its revocation to its next enrolment a totem does nothing at the server: no event, no charge, no lease, not even a sign of life.',
  async afterStep({ hall }) {
    const seen = seenByHall.get(hall) ?? new Map<string, string>();
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
      const before = seen.get(kioskId);
      if (before !== undefined && before !== deeds)
        return `${kioskId} is revoked: first ${before}, now ${deeds}`;
      seen.set(kioskId, deeds);
    }
    for (const kioskId of seen.keys()) if (!out.some((one) => one.kioskId === kioskId)) seen.delete(kioskId);
    return null;
  },
};
