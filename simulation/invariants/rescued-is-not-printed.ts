import type { Hall } from '../hall.ts';
import type { Invariant, Look } from './invariant.ts';

const jobsByHall = new WeakMap<Hall, Map<string, boolean>>();
/**
 * A ticket that its totem had told of, and that came to no queue, may be rescued while that totem still believes its
 * line to be good: for so long its paper may start. It is the paper of the very ticket that is in the queue, ms.
 */
const UNAWARE_MS = 20_000;

export const rescuedIsNotPrinted: Invariant = {
  name: 'rescued is not issued again',
  says: 'A totem neither issues nor prints by itself the ticket of a payment that an operator has rescued before.',
  afterStep({ hall, history }) {
    const known = jobsByHall.get(hall) ?? new Map<string, boolean>();
    jobsByHall.set(hall, known);
    for (const { kioskId, db } of hall.kiosks) {
      const jobs = db
        .prepare<[], { id: string; label: string }>(
          `SELECT ticket_id AS id, label FROM print_jobs WHERE kind = 'ticket' AND copy_number = 1`,
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
    return printedAfterRescue({ hall, history });
  },
};

function printedAfterRescue({ hall, history }: Look): string | null {
  for (const { isCopy, kioskId, ticketId, label, startedAtMs } of hall.papers) {
    if (isCopy) continue;
    const [first] = history.tickets.get(ticketId) ?? [];
    const rescuedAtMs = history.rescues.get(ticketId);
    if (first === undefined || rescuedAtMs === undefined || first.kioskId !== kioskId) continue;
    if (startedAtMs > rescuedAtMs + (first.rescued ? 0 : UNAWARE_MS))
      return `${kioskId} began the paper of ${label} ${startedAtMs - rescuedAtMs} ms after its rescue`;
  }
  return null;
}
