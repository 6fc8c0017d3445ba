import type { Told } from '../people/operator.ts';
import type { Invariant, Look } from './invariant.ts';

export const operatorsAreToldTheTruth: Invariant = {
  name: 'operators are told the truth',
  says: 'What an operator is told of a ticket is a state of the server’s history; a press counts once, however often it arrives; only a totem that was cut off may have promised a ticket by itself.',
  afterStep(look) {
    const { hall, history } = look;
    for (let index = history.freshTold; index < hall.told.length; index += 1) {
      const told = hall.told[index];
      if (told === undefined || !isServersAnswer(look, told)) continue;
      const ticket = told.result.ok ? told.result.ticket : undefined;
      if (ticket !== undefined) {
        const states = history.tickets.get(ticket.ticketId) ?? [];
        const state = states.find(({ revision }) => revision === ticket.revision);
        if (state === undefined || state.status !== ticket.status || state.counter !== ticket.counter)
          return `${told.operator} was told that ${ticket.label} is ${ticket.status} at ${ticket.counter} (revision ${ticket.revision}), which the server never was`;
        if (ticket.counter !== told.operator && HOLDS.has(told.command.kind))
          return `${told.operator} was given ${ticket.label} of ${ticket.counter} (${told.command.kind})`;
      }
      const other = hall.told
        .slice(0, index)
        .find(
          (earlier) =>
            earlier.command.commandId === told.command.commandId &&
            isServersAnswer(look, earlier) &&
            answerOf(earlier) !== answerOf(told),
        );
      if (other !== undefined)
        return `one press of ${told.operator} was answered ${answerOf(other)} and ${answerOf(told)}`;
    }
    return null;
  },
};

/** What an operator does with the ticket of the own counter alone. */
const HOLDS = new Set<string>(['queue.call_next', 'queue.recall', 'queue.start', 'queue.complete']);

/** What a totem says when it has heard nothing from the server is no answer of the server. */
const TOTEMS_OWN = new Set<string>([
  'server_unreachable',
  'needs_server',
  'internal_error',
  'unauthorized',
  'not_enrolled',
]);

function isServersAnswer(look: Look, told: Told): boolean {
  if (!told.result.ok && TOTEMS_OWN.has(told.result.code)) return false;
  return told.mode === 'server' && !wasDecidedLocally(look, told);
}

function answerOf({ result }: Told): string {
  return result.ok ? `${result.ticket?.label} r${result.ticket?.revision}` : result.code;
}

function wasDecidedLocally({ hall }: Look, told: Told): boolean {
  const kiosk = hall.kiosks.find(({ kioskId }) => kioskId === told.kioskId);
  const row = kiosk?.db
    .prepare<[string], { found: number }>(
      `SELECT 1 AS found FROM outbox WHERE kind = 'queue.executed_locally'
         AND json_extract(payload_json, '$.command.commandId') = ?`,
    )
    .get(told.command.commandId);
  return row !== undefined;
}
