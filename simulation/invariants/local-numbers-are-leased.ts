import { FIRST_LOCAL_NUMBER } from '../../domain/protocol/leases.ts';
import type { Invariant } from './invariant.ts';
import { chargesOfSession } from './money-books.ts';

interface Lease extends Record<string, unknown> {
  readonly kioskId: string;
  readonly prefix: string;
  readonly day: string;
  readonly from: number;
  readonly to: number;
}

export const localNumbersAreLeased: Invariant = {
  name: 'local numbers are leased',
  says: 'No two leases share a number, every number that a totem gave out lies in a lease of that totem, and nothing that costs no PIX has a charge.',
  async afterStep({ hall, history }) {
    const isNews = history.fresh.some(({ kind }) => kind === 'ticket.changed');
    if (!isNews) return null;
    const leases = await hall.server.storage.look<Lease>(
      `SELECT kiosk_id AS "kioskId", prefix, business_day::text AS day, first_number AS "from", last_number AS "to"
       FROM number_leases ORDER BY business_day, prefix, first_number`,
    );
    for (const [index, lease] of leases.entries()) {
      const next = leases[index + 1];
      if (
        next !== undefined &&
        next.prefix === lease.prefix &&
        next.day === lease.day &&
        next.from <= lease.to
      )
        return `${lease.prefix}${lease.from} to ${lease.to} of ${lease.day} is leased to ${lease.kioskId} and from ${next.from} on to ${next.kioskId}`;
    }
    for (const { kioskId, db, goneForGood } of hall.kiosks) {
      if (goneForGood) continue;
      const held = db
        .prepare<[], Omit<Lease, 'kioskId'>>(
          `SELECT prefix, business_day AS day, first_number AS "from", last_number AS "to" FROM number_leases
           WHERE first_number IS NOT NULL`,
        )
        .all();
      for (const { prefix, day, from, to } of held)
        if (
          !leases.some(
            (lease) =>
              lease.kioskId === kioskId &&
              lease.prefix === prefix &&
              lease.day === day &&
              lease.from === from &&
              lease.to === to,
          )
        )
          return `${kioskId} holds ${prefix}${from} to ${to} of ${day}, which was not leased to it`;
    }
    for (const [ticket] of history.tickets.values()) {
      if (ticket === undefined || ticket.payment === 'pix') continue;
      const { label, number, prefix, businessDay, kioskId, sessionId } = ticket;
      const isLeased = leases.some(
        (lease) =>
          lease.kioskId === kioskId &&
          lease.prefix === prefix &&
          lease.day === businessDay &&
          lease.from <= number &&
          number <= lease.to,
      );
      if (number < FIRST_LOCAL_NUMBER || !isLeased) return `${label} of ${kioskId} is in no lease of it`;
      if (chargesOfSession(hall, sessionId).length > 0) return `${label} needs no PIX and has a charge`;
    }
    return null;
  },
};
