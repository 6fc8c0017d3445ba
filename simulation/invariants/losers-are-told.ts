import { isAtCounter } from '../../domain/queue-decision.ts';
import type { Hall } from '../hall.ts';
import type { Told } from '../people/operator.ts';
import type { Invariant, Look } from './invariant.ts';

interface Call {
  readonly id: string;
  readonly ticketId: string;
  readonly commandId: string;
  readonly counter: string;
  readonly outcome: string | null;
}

const SELECT_CALLS = `
  SELECT event_id AS id, json_extract(payload_json, '$.ticketId') AS ticketId,
    json_extract(payload_json, '$.command.commandId') AS commandId,
    json_extract(payload_json, '$.command.counter') AS counter, outcome
  FROM outbox WHERE kind = 'queue.executed_locally'`;

const TAKES: ReadonlySet<string> = new Set(['queue.call_next', 'queue.recall', 'queue.start']);

const shownByHall = new WeakMap<Hall, Set<string>>();

export const losersAreTold: Invariant = {
  name: 'losers are told',
  says: 'A call that a cut-off totem granted is the server’s as well in the end, or the queue screen of that totem says at once that it lost, and who won.',
  afterStep({ hall, history }) {
    const shown = shownByHall.get(hall) ?? new Set<string>();
    shownByHall.set(hall, shown);
    for (const { kioskId, db, engine } of hall.kiosks) {
      if (engine === null) continue;
      const lost = db.prepare<[], Call>(`${SELECT_CALLS} AND outcome = 'rejected'`).all();
      const fresh = lost.filter(({ id }) => !shown.has(id));
      if (fresh.length === 0) continue;
      const { conflicts } = engine.snapshot('queue');
      for (const { id, ticketId, counter } of fresh) {
        shown.add(id);
        // Of several calls of one ticket the newest is shown.
        const conflict = conflicts.find((one) => one.ticketId === ticketId);
        if (conflict === undefined)
          return `${kioskId} does not tell ${counter} that its call of ${ticketId} lost`;
        if (conflict.winner === null) continue;
        const states = history.tickets.get(ticketId) ?? [];
        if (!states.some((state) => state.counter === conflict.winner))
          return `${kioskId} says that ${conflict.winner} has ${conflict.label}, which never had it`;
      }
    }
    return null;
  },
  async atEnd(look) {
    const { hall } = look;
    for (const told of hall.told) {
      const complaint = await brokenPromise(look, told);
      if (complaint !== null) return complaint;
    }
    return null;
  },
};

async function brokenPromise({ hall, history }: Look, told: Told): Promise<string | null> {
  const { result, command, kioskId, operator } = told;
  const kiosk = hall.kiosks.find((one) => one.kioskId === kioskId);
  if (!result.ok || kiosk === undefined || kiosk.goneForGood || kiosk.disk !== told.disk) return null;
  const call = kiosk.db
    .prepare<[string], Call>(`${SELECT_CALLS} AND json_extract(payload_json, '$.command.commandId') = ?`)
    .get(command.commandId);
  // The server granted it by itself: "operators are told the truth" has looked at that.
  if (call === undefined || call.outcome === 'rejected') return null;
  const [kept] = await hall.server.storage.look<{ result: { ok: boolean; ticket?: { ticketId: string } } }>(
    'SELECT result FROM queue_commands WHERE command_id = $1',
    [command.commandId],
  );
  const label = history.latest(call.ticketId)?.label;
  if (kept?.result.ok !== true || kept.result.ticket?.ticketId !== call.ticketId)
    return `${operator} was told at ${kioskId} that ${label} is done as asked (${command.kind}); the server never did it`;
  const ticket = result.ticket;
  // Who gave a ticket away, and presses again, may well read who has it now.
  return TAKES.has(command.kind) && ticket !== undefined && isAtCounter(ticket) && ticket.counter !== operator
    ? `${operator} was given ${ticket.label} of ${ticket.counter}`
    : null;
}
