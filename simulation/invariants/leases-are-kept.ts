import { CONFIRMATION_LEASE_MS, RESCUE_MARGIN_MS } from '../../domain/protocol/leases.ts';
import type { Hall } from '../hall.ts';
import type { Invariant, Look } from './invariant.ts';

interface Row extends Record<string, unknown> {
  readonly ticketId: string;
  readonly label: string;
  readonly rescued: boolean;
  readonly actBeforeMs: number;
  readonly receivedAtMs: number;
  readonly queuedAtMs: number | null;
}

interface Seen {
  readonly rescued: boolean;
  readonly actBeforeMs: number;
}

const seenByHall = new WeakMap<Hall, Map<string, Seen>>();

export const leasesAreKept: Invariant = {
  name: 'leases are kept',
  says: 'No ticket is rescued while its totem may still issue or print it, and no totem is given more time for a ticket that exists.',
  afterStep: (look) =>
    look.history.fresh.some(({ kind }) => kind === 'ticket.changed') ? leaseBroken(look) : null,
  atEnd: leaseBroken,
};

async function leaseBroken({ hall }: Look): Promise<string | null> {
  const seen = seenByHall.get(hall) ?? new Map<string, Seen>();
  seenByHall.set(hall, seen);
  const rows = await hall.server.storage.look<Row>(
    `SELECT t.ticket_id AS "ticketId", t.label, t.rescued,
         (extract(epoch FROM p.act_before) * 1000)::float8 AS "actBeforeMs",
         (extract(epoch FROM t.received_at) * 1000)::float8 AS "receivedAtMs",
         (extract(epoch FROM t.queued_at) * 1000)::float8 AS "queuedAtMs"
       FROM tickets t JOIN payment_transactions p USING (merchant_id, session_id)`,
  );
  for (const { ticketId, label, rescued, actBeforeMs, receivedAtMs, queuedAtMs } of rows) {
    const before = seen.get(ticketId);
    seen.set(ticketId, { rescued, actBeforeMs });
    if (before !== undefined && before.actBeforeMs !== actBeforeMs)
      return `${label} exists, and its totem was given ${actBeforeMs - before.actBeforeMs} ms more to issue it`;
    if (!rescued || before?.rescued === true || queuedAtMs === null) continue;
    // A server whose clock was set goes by how long it has waited itself.
    if (hall.server.machine.skewMs !== 0) continue;
    // What its totem had told of was its own to print for as long again; the rest was its own by its lease.
    const untilMs = before === undefined ? actBeforeMs : receivedAtMs + CONFIRMATION_LEASE_MS;
    if (queuedAtMs <= untilMs + RESCUE_MARGIN_MS)
      return `${label} was rescued ${untilMs + RESCUE_MARGIN_MS - queuedAtMs} ms before its totem's time was up`;
  }
  return null;
}
