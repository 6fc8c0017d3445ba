import type { FeedPayload } from '../../domain/protocol/feed.ts';
import type { KioskDatabase } from './database.ts';

export type StoredRefund = Pick<FeedPayload<'refund.changed'>, 'reason' | 'status' | 'receivedCents'> & {
  /** Null: the session's. */
  readonly receivedCurrency: string | null;
};

export type RefundRepository = ReturnType<typeof createRefundRepository>;

/** What the server told of money that goes back, so that the customer's screen can say so. */
export function createRefundRepository(db: KioskDatabase) {
  const put = db.prepare(`INSERT INTO session_refunds (refund_id, session_id, reason, status, expected_cents,
      received_cents, received_currency, refund_cents, updated_at)
    VALUES (@refundId, @sessionId, @reason, @status, @expectedCents, @receivedCents, @receivedCurrency, @refundCents,
      @updatedAt)
    ON CONFLICT (refund_id) DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at`);
  const newest = db.prepare<[string], StoredRefund>(
    `SELECT reason, status, received_cents AS receivedCents, received_currency AS receivedCurrency
     FROM session_refunds
     WHERE session_id = ? ORDER BY updated_at DESC LIMIT 1`,
  );
  return {
    put(refund: FeedPayload<'refund.changed'>, updatedAt: number): void {
      put.run({ receivedCurrency: null, ...refund, updatedAt });
    },
    /** The session's newest refund. */
    ofSession(sessionId: string): StoredRefund | undefined {
      return newest.get(sessionId);
    },
  };
}
