import type { Hall } from '../hall.ts';
import type { Invariant } from './invariant.ts';

/** Beyond the longest wait of a totem after a failure, world time, ms. */
const MAX_WAIT_MS = 75_000;

/** Since when a totem could have sent an event, world time: what breaks the line or a machine begins it anew. */
const waitingByHall = new WeakMap<Hall, Map<string, number>>();

export const noBadEventHoldsUpOthers: Invariant = {
  name: 'no bad event holds up the others',
  says: 'While the server fails over one event, a totem that reaches it gets rid of its other events all the same.',
  afterStep({ hall }) {
    const { world, server, kiosks, poison } = hall;
    const waiting = waitingByHall.get(hall) ?? new Map<string, number>();
    waitingByHall.set(hall, waiting);
    const nowMs = world.agenda.nowMs();
    for (const { kioskId, machine, engine, line, plugged, db } of kiosks) {
      const canSend =
        poison.kind !== null &&
        server.machine.alive &&
        machine.alive &&
        !line.cut &&
        plugged &&
        engine?.snapshot('totem').enrolment === 'enrolled';
      const bad = poison.about === null ? null : (JSON.parse(poison.about) as { ticketId?: string });
      const pending = canSend
        ? db
            .prepare<[], { id: string; kind: string; payload: string }>(
              'SELECT event_id AS id, kind, payload_json AS payload FROM outbox WHERE outcome IS NULL',
            )
            .all()
        : [];
      const isOld = new Set<string>();
      for (const { id, kind, payload } of pending) {
        // Those of the same ticket wait with it.
        if (kind === poison.kind || (bad?.ticketId !== undefined && payload.includes(bad.ticketId))) continue;
        const key = `${kioskId} ${machine.bootedAtMs} ${server.machine.bootedAtMs} ${id}`;
        isOld.add(key);
        const since = waiting.get(key) ?? nowMs;
        waiting.set(key, since);
        if (nowMs - since > MAX_WAIT_MS)
          return `${kind} of ${kioskId} waits for ${nowMs - since} ms, and the server fails over ${poison.kind} alone`;
      }
      for (const key of waiting.keys())
        if (key.startsWith(`${kioskId} `) && !isOld.has(key)) waiting.delete(key);
    }
    return null;
  },
};
