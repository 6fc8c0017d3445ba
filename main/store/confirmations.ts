import { FEED_PAYLOADS, type FeedPayload } from '../../domain/protocol/feed.ts';
import type { KioskDatabase } from './database.ts';

export type Confirmation = FeedPayload<'payment.confirmed'>;

/** A confirmed payment of the unit that has no ticket yet, as far as this kiosk knows. */
export interface StoredConfirmation {
  readonly confirmation: Confirmation;
  /** Whether this kiosk is the one that has to issue the ticket. */
  readonly own: boolean;
  /** What this kiosk knew of its own sale was lost: the first paper may have come out before. */
  readonly paperDoubtful: boolean;
  readonly claimAttempts: number;
}

interface Row {
  readonly payloadJson: string;
  readonly own: 0 | 1;
  readonly paperDoubtful: 0 | 1;
  readonly claimAttempts: number;
}

const SELECT = `SELECT payload_json AS payloadJson, own, paper_doubtful AS paperDoubtful,
  claim_attempts AS claimAttempts FROM confirmations`;

export type ConfirmationRepository = ReturnType<typeof createConfirmationRepository>;

/** Rows in and out; what is done about them is decided by `checkout/confirmations.ts`. */
export function createConfirmationRepository(db: KioskDatabase) {
  const put =
    db.prepare(`INSERT INTO confirmations (session_id, kiosk_id, own, payload_json, label, paid_at, act_before,
      paper_doubtful)
    VALUES (@sessionId, @kioskId, @own, @payloadJson, @label, @paidAt, @actBefore, @paperDoubtful)
    ON CONFLICT (session_id) DO NOTHING`);
  const remove = db.prepare('DELETE FROM confirmations WHERE session_id = ?');
  const bySession = db.prepare<[string], Row>(`${SELECT} WHERE session_id = ?`);
  const toClaim = db.prepare<[], Row>(`${SELECT} WHERE own = 1 ORDER BY claim_attempts, paid_at LIMIT 1`);
  const countClaim = db.prepare(
    'UPDATE confirmations SET claim_attempts = claim_attempts + 1 WHERE session_id = ?',
  );
  const lapsed = db.prepare<[number, number, number], Row>(
    `${SELECT} WHERE coalesce(act_before, paid_at) < ? OR coalesce(act_before, paid_at) > ? ORDER BY coalesce(act_before, paid_at) LIMIT ?`,
  );

  return {
    put(confirmation: Confirmation, about: { readonly own: boolean; readonly paperDoubtful: boolean }): void {
      const { sessionId, kioskId, paidAt, actBefore, ticket } = confirmation;
      put.run({
        sessionId,
        kioskId,
        own: Number(about.own),
        payloadJson: JSON.stringify(confirmation),
        label: ticket.label,
        paidAt,
        actBefore,
        paperDoubtful: Number(about.paperDoubtful),
      });
    },
    remove(sessionId: string): void {
      remove.run(sessionId);
    },
    bySession(sessionId: string): StoredConfirmation | undefined {
      return toConfirmation(bySession.get(sessionId));
    },
    /** Of our own the oldest; one that was asked for in vain lets the others go first. */
    nextToClaim(): StoredConfirmation | undefined {
      return toConfirmation(toClaim.get());
    },
    countClaim(sessionId: string): void {
      countClaim.run(sessionId);
    },
    /**
     * Those whose lease ended before `beforeMs`, or ends beyond `beyondMs`, where none of now can: the server's clock was
     * set back. Both by that clock. Oldest first.
     */
    lapsed(beforeMs: number, beyondMs: number, limit: number): StoredConfirmation[] {
      return lapsed.all(beforeMs, beyondMs, limit).flatMap((row) => toConfirmation(row) ?? []);
    },
  };
}

function toConfirmation(row: Row | undefined): StoredConfirmation | undefined {
  if (row === undefined) return undefined;
  return {
    // Written by `put` alone; read by the schema all the same, as a later version may have added to it.
    confirmation: FEED_PAYLOADS['payment.confirmed'].parse(JSON.parse(row.payloadJson)),
    own: row.own === 1,
    paperDoubtful: row.paperDoubtful === 1,
    claimAttempts: row.claimAttempts,
  };
}
