import type { Hall } from '../hall.ts';
import type { Invariant } from './invariant.ts';

interface Seen {
  cursor: number;
  readonly revisions: Map<string, number>;
}

const seenByHall = new WeakMap<Hall, Map<string, Seen>>();

export const nothingGoesBackwards: Invariant = {
  name: 'nothing goes backwards',
  says: 'The feed has no gap; the cursor of a totem and the revisions of the tickets that it shows only rise.',
  afterStep({ hall, history }) {
    for (const [index, entry] of history.entries.entries())
      if (entry.seq !== index + 1) return `entry ${index + 1} of the feed has the sequence ${entry.seq}`;
    const seen = seenByHall.get(hall) ?? new Map<string, Seen>();
    seenByHall.set(hall, seen);
    for (const { kioskId, disk, db } of hall.kiosks) {
      const known = `${kioskId}, disk ${disk}`;
      const before = seen.get(known) ?? { cursor: 0, revisions: new Map<string, number>() };
      seen.set(known, before);
      const cursor = db.prepare<[], number>('SELECT feed_cursor FROM sync_state').pluck().get() ?? 0;
      if (cursor < before.cursor) return `the cursor of ${kioskId} went from ${before.cursor} to ${cursor}`;
      if (cursor > history.entries.length)
        return `${kioskId} has read ${cursor}, the feed ends at ${history.entries.length}`;
      before.cursor = cursor;
      const tickets = db
        .prepare<[], { id: string; label: string; revision: number }>(
          'SELECT ticket_id AS id, label, revision FROM tickets',
        )
        .all();
      for (const { id, label, revision } of tickets) {
        const known = before.revisions.get(id) ?? 0;
        if (revision < known) return `${label} at ${kioskId} went from revision ${known} to ${revision}`;
        before.revisions.set(id, revision);
      }
    }
    return null;
  },
};
