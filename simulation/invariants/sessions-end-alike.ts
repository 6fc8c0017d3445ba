import type { Invariant } from './invariant.ts';
import { chargesOfSession } from './money-books.ts';

/** Told so long before a charge ends, the server withdraws it. */
const IN_TIME_MS = 10_000;

export const sessionsEndAlike: Invariant = {
  name: 'sessions end alike',
  says: 'At the end a sale that a totem calls cancelled, expired or failed is that for the server as well, and of one that was cancelled in time the bank takes no more money.',
  async atEnd({ hall }) {
    const { server, kiosks } = hall;
    const rows = await server.storage.look<{ sessionId: string; outcome: string | null }>(
      'SELECT session_id AS "sessionId", outcome FROM payment_sessions',
    );
    const outcomes = new Map(rows.map(({ sessionId, outcome }) => [sessionId, outcome]));
    for (const { kioskId, db, goneForGood, disk, machine } of kiosks) {
      if (goneForGood) continue;
      const over = db
        .prepare<[], { sessionId: string; status: string }>(
          `SELECT session_id AS sessionId, status FROM payment_sessions
           WHERE status IN ('cancelled', 'expired', 'failed')`,
        )
        .all();
      for (const { sessionId, status } of over) {
        // A restored totem may end once more, in another way, what had ended before.
        if (disk === 1 && outcomes.get(sessionId) !== status)
          return `${sessionId} is ${status} at ${kioskId}, and ${outcomes.get(sessionId)} for the server`;
        const charge = chargesOfSession(hall, sessionId).find(
          (one) => one.status === 'ATIVA' && !one.isDisowned,
        );
        if (status !== 'cancelled' || charge === undefined) continue;
        // What has expired at the server before it hears of the cancellation is left to expire.
        const toldAtMs = db
          .prepare<[string], number>(
            `SELECT answered_at FROM outbox WHERE kind = 'session.ended' AND outcome = 'applied'
               AND json_extract(payload_json, '$.sessionId') = ?`,
          )
          .pluck()
          .get(sessionId);
        const isClockRight = Math.abs(machine.skewMs) < IN_TIME_MS && server.machine.skewMs === 0;
        if (!isClockRight || toldAtMs === undefined) continue;
        if (toldAtMs + IN_TIME_MS < charge.createdAtMs + charge.expiresSeconds * 1000)
          return `${sessionId} was cancelled at ${kioskId}, and the bank would still take money for it`;
      }
    }
    return null;
  },
};
