import type { Database } from 'better-sqlite3';

export interface Pix {
  readonly endToEndId: string;
  /** Null for a static code without one; such a Pix is never notified. */
  readonly txid: string | null;
  readonly key: string;
  readonly amountCents: number;
  readonly dueAt: number;
  /** Null while it is under way. */
  readonly settledAt: number | null;
}

export type SettledPix = Pix & { readonly settledAt: number };

export interface PixTable {
  insert(pix: Pix): void;
  settle(endToEndId: string, settledAt: number): void;
  settled(endToEndId: string): SettledPix | undefined;
  settledOf(txid: string): SettledPix[];
  underWayOf(txid: string): Pix[];
  settledBetween(fromMs: number, toMs: number): SettledPix[];
  dueBy(nowMs: number): Pix[];
  nextDueAt(): number | null;
}

const COLUMNS = `end_to_end_id AS endToEndId, txid, key, amount_cents AS amountCents, due_at AS dueAt,
  settled_at AS settledAt`;

export function openPix(database: Database): PixTable {
  const insert = database.prepare(
    'INSERT INTO pix (end_to_end_id, txid, key, amount_cents, due_at, settled_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const settle = database.prepare('UPDATE pix SET settled_at = ? WHERE end_to_end_id = ?');
  const settled = database.prepare<[string], SettledPix>(
    `SELECT ${COLUMNS} FROM pix WHERE end_to_end_id = ? AND settled_at IS NOT NULL`,
  );
  const settledOf = database.prepare<[string], SettledPix>(
    `SELECT ${COLUMNS} FROM pix WHERE txid = ? AND settled_at IS NOT NULL ORDER BY settled_at, rowid`,
  );
  const underWayOf = database.prepare<[string], Pix>(
    `SELECT ${COLUMNS} FROM pix WHERE txid = ? AND settled_at IS NULL ORDER BY due_at, rowid`,
  );
  const between = database.prepare<[number, number], SettledPix>(
    `SELECT ${COLUMNS} FROM pix WHERE settled_at BETWEEN ? AND ? ORDER BY settled_at, rowid`,
  );
  const due = database.prepare<[number], Pix>(
    `SELECT ${COLUMNS} FROM pix WHERE settled_at IS NULL AND due_at <= ? ORDER BY due_at, rowid`,
  );
  const next = database
    .prepare<[], number | null>('SELECT min(due_at) FROM pix WHERE settled_at IS NULL')
    .pluck();
  return {
    insert: (pix) => {
      insert.run(pix.endToEndId, pix.txid, pix.key, pix.amountCents, pix.dueAt, pix.settledAt);
    },
    settle: (endToEndId, settledAt) => {
      settle.run(settledAt, endToEndId);
    },
    settled: (endToEndId) => settled.get(endToEndId),
    settledOf: (txid) => settledOf.all(txid),
    underWayOf: (txid) => underWayOf.all(txid),
    settledBetween: (fromMs, toMs) => between.all(fromMs, toMs),
    dueBy: (nowMs) => due.all(nowMs),
    nextDueAt: () => next.get() ?? null,
  };
}
