import type { Database } from 'better-sqlite3';
import { z } from 'zod';

export const ChargeTerms = z.object({
  key: z.string(),
  amountCents: z.int(),
  expiresSeconds: z.int(),
  payer: z
    .union([
      z.object({ cpf: z.string(), nome: z.string() }),
      z.object({ cnpj: z.string(), nome: z.string() }),
    ])
    .optional(),
  messageToPayer: z.string().optional(),
  additionalInfo: z.array(z.object({ nome: z.string(), valor: z.string() })).optional(),
});
/** What the payee may revise. */
export type ChargeTerms = z.infer<typeof ChargeTerms>;

export type ChargeStatus = 'ATIVA' | 'CONCLUIDA' | 'REMOVIDA_PELO_USUARIO_RECEBEDOR';

export interface Charge {
  readonly txid: string;
  readonly locationId: string;
  readonly createdAt: number;
  readonly status: ChargeStatus;
  readonly revision: number;
  readonly brCode: string;
  readonly terms: ChargeTerms;
}

/** A charge past this moment stays ATIVA: API Pix has no expired status, each side computes it. */
export function chargeExpiresAt(charge: Charge): number {
  return charge.createdAt + charge.terms.expiresSeconds * 1000;
}

export interface ChargeTable {
  insert(charge: Charge): void;
  /** @param revision an earlier one; the newest by default */
  byTxid(txid: string, revision?: number): Charge | undefined;
  byLocationId(locationId: string): Charge | undefined;
  /** Created within `[fromMs, toMs]`, oldest first. */
  createdBetween(fromMs: number, toMs: number): Charge[];
  newest(limit: number): Charge[];
  setStatus(txid: string, status: ChargeStatus): void;
  /** Counts the revision up; the terms of before stay readable by their number. */
  revise(charge: Charge, change: { readonly terms: ChargeTerms; readonly status: ChargeStatus }): void;
}

interface Row extends Omit<Charge, 'terms'> {
  readonly terms: string;
}

const SELECT = `SELECT c.txid, c.location_id AS locationId, c.created_at AS createdAt, c.status, r.revision,
    c.br_code AS brCode, r.terms
  FROM charges c JOIN charge_revisions r ON r.txid = c.txid`;

export function openCharges(database: Database): ChargeTable {
  const insertCharge = database.prepare(
    'INSERT INTO charges (txid, location_id, created_at, status, revision, br_code) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insertRevision = database.prepare(
    'INSERT INTO charge_revisions (txid, revision, terms) VALUES (?, ?, ?)',
  );
  const byTxid = database.prepare<[string, number | null], Row>(
    `${SELECT} WHERE c.txid = ? AND r.revision = coalesce(?, c.revision)`,
  );
  const byLocation = database.prepare<[string], Row>(
    `${SELECT} AND r.revision = c.revision WHERE c.location_id = ?`,
  );
  const between = database.prepare<[number, number], Row>(
    `${SELECT} AND r.revision = c.revision WHERE c.created_at BETWEEN ? AND ? ORDER BY c.created_at, c.txid`,
  );
  const newest = database.prepare<[number], Row>(
    `${SELECT} AND r.revision = c.revision ORDER BY c.created_at DESC, c.rowid DESC LIMIT ?`,
  );
  const setStatus = database.prepare('UPDATE charges SET status = ? WHERE txid = ?');
  const setRevision = database.prepare('UPDATE charges SET status = ?, revision = ? WHERE txid = ?');

  return {
    insert(charge) {
      const { txid, locationId, createdAt, status, revision, brCode, terms } = charge;
      insertCharge.run(txid, locationId, createdAt, status, revision, brCode);
      insertRevision.run(txid, revision, JSON.stringify(terms));
    },
    byTxid: (txid, revision) => toCharge(byTxid.get(txid, revision ?? null)),
    byLocationId: (locationId) => toCharge(byLocation.get(locationId)),
    createdBetween: (fromMs, toMs) => between.all(fromMs, toMs).map(fromRow),
    newest: (limit) => newest.all(limit).map(fromRow),
    setStatus: (txid, status) => {
      setStatus.run(status, txid);
    },
    revise(charge, change) {
      insertRevision.run(charge.txid, charge.revision + 1, JSON.stringify(change.terms));
      setRevision.run(change.status, charge.revision + 1, charge.txid);
    },
  };
}

function toCharge(row: Row | undefined): Charge | undefined {
  return row === undefined ? undefined : fromRow(row);
}

function fromRow(row: Row): Charge {
  return { ...row, terms: ChargeTerms.parse(JSON.parse(row.terms)) };
}
