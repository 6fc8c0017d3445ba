import type { Database } from 'better-sqlite3';

export interface Refund {
  readonly endToEndId: string;
  /** Chosen by the client, unique per Pix. */
  readonly id: string;
  readonly rtrId: string;
  readonly amountCents: number;
  /** `MED_FRAUDE`: the payer's bank asks for it; it waits until somebody decides. */
  readonly nature: 'ORIGINAL' | 'RETIRADA' | 'MED_FRAUDE';
  readonly description: string | null;
  readonly requestedAt: number;
  /** Null while EM_PROCESSAMENTO; then DEVOLVIDO. */
  readonly settledAt: number | null;
  /** NAO_REALIZADO since then: the money stayed. */
  readonly refusedAt?: number | null;
}

export interface RefundTable {
  insert(refund: Refund): void;
  settle(refund: Refund, settledAt: number): void;
  refuse(refund: Refund, refusedAt: number): void;
  byId(endToEndId: string, id: string): Refund | undefined;
  of(endToEndId: string): Refund[];
  requestedBy(nowMs: number): Refund[];
  underWay(): Refund[];
  /** When the oldest refund that comes to its end by itself was requested. */
  oldestRequestedAt(): number | null;
}

const COLUMNS = `end_to_end_id AS endToEndId, id, rtr_id AS rtrId, amount_cents AS amountCents, nature, description,
  requested_at AS requestedAt, settled_at AS settledAt, refused_at AS refusedAt`;
/** Those under way that no person decides on. */
const UNDER_WAY = "settled_at IS NULL AND refused_at IS NULL AND nature NOT LIKE 'MED%'";

export function openRefunds(database: Database): RefundTable {
  const insert = database.prepare(
    `INSERT INTO refunds (end_to_end_id, id, rtr_id, amount_cents, nature, description, requested_at)
     VALUES (@endToEndId, @id, @rtrId, @amountCents, @nature, @description, @requestedAt)`,
  );
  const settle = database.prepare('UPDATE refunds SET settled_at = ? WHERE end_to_end_id = ? AND id = ?');
  const refuse = database.prepare('UPDATE refunds SET refused_at = ? WHERE end_to_end_id = ? AND id = ?');
  const byId = database.prepare<[string, string], Refund>(
    `SELECT ${COLUMNS} FROM refunds WHERE end_to_end_id = ? AND id = ?`,
  );
  const of = database.prepare<[string], Refund>(
    `SELECT ${COLUMNS} FROM refunds WHERE end_to_end_id = ? ORDER BY requested_at, rowid`,
  );
  const requested = database.prepare<[number], Refund>(
    `SELECT ${COLUMNS} FROM refunds WHERE ${UNDER_WAY} AND requested_at <= ? ORDER BY requested_at, rowid`,
  );
  const underWay = database.prepare<[], Refund>(
    `SELECT ${COLUMNS} FROM refunds WHERE settled_at IS NULL AND refused_at IS NULL ORDER BY requested_at, rowid`,
  );
  const oldest = database
    .prepare<[], number | null>(`SELECT min(requested_at) FROM refunds WHERE ${UNDER_WAY}`)
    .pluck();
  return {
    insert: (refund) => {
      insert.run(refund);
    },
    settle: (refund, settledAt) => {
      settle.run(settledAt, refund.endToEndId, refund.id);
    },
    refuse: (refund, refusedAt) => {
      refuse.run(refusedAt, refund.endToEndId, refund.id);
    },
    byId: (endToEndId, id) => byId.get(endToEndId, id),
    of: (endToEndId) => of.all(endToEndId),
    requestedBy: (nowMs) => requested.all(nowMs),
    underWay: () => underWay.all(),
    oldestRequestedAt: () => oldest.get() ?? null,
  };
}
