import type { Hall } from '../hall.ts';
import type { Invariant } from './invariant.ts';

const seenByHall = new WeakMap<Hall, Map<string, string>>();

export const panelsTellTheTruth: Invariant = {
  name: 'panels tell the truth',
  says: 'A panel sends nobody to a counter that has not called that ticket: by the server, or by this very totem while it was cut off.',
  afterStep({ hall, history }) {
    const seen = seenByHall.get(hall) ?? new Map<string, string>();
    seenByHall.set(hall, seen);
    for (const { kioskId, commits, db, engine, machine } of hall.kiosks) {
      const now = `${machine.bootedAtMs} ${commits}`;
      if (engine === null || seen.get(kioskId) === now) continue;
      seen.set(kioskId, now);
      for (const { ticketId, label, counter } of engine.snapshot('panel').calls) {
        const states = history.tickets.get(ticketId) ?? [];
        if (states.some((state) => state.label === label && state.counter === counter)) continue;
        const ownCall = db
          .prepare<[string, string], { found: 1 }>(
            `SELECT 1 AS found FROM outbox WHERE kind = 'queue.executed_locally'
               AND json_extract(payload_json, '$.ticketId') = ?
               AND json_extract(payload_json, '$.command.counter') = ?`,
          )
          .get(ticketId, counter);
        if (ownCall === undefined) return `${kioskId} sends ${label} to ${counter}, which never called it`;
      }
    }
    return null;
  },
};
