import type { Hall } from '../hall.ts';
import type { Invariant } from './invariant.ts';

const jobsByHall = new WeakMap<Hall, Map<string, boolean>>();

export const rescuedIsNotPrinted: Invariant = {
  name: 'rescued is not issued again',
  says: 'A totem does not issue the ticket of a payment that an operator has rescued before.',
  afterStep({ hall, history }) {
    const known = jobsByHall.get(hall) ?? new Map<string, boolean>();
    jobsByHall.set(hall, known);
    for (const { kioskId, db } of hall.kiosks) {
      const jobs = db
        .prepare<[], { id: string; label: string }>(
          `SELECT ticket_id AS id, label FROM print_jobs WHERE kind = 'ticket'`,
        )
        .all();
      for (const { id, label } of jobs) {
        if (known.has(id)) continue;
        known.set(id, true);
        const states = history.tickets.get(id) ?? [];
        // Another totem may print what its operator has rescued.
        if (states.some((ticket) => ticket.rescued && ticket.kioskId === kioskId))
          return `${kioskId} prints ${label}, which was rescued before`;
      }
    }
    return null;
  },
};
