import { join } from 'node:path';
import Sqlite from 'better-sqlite3';

/** Money that a provider took, as its own books have it; what went back of it and what is disputed. */
export interface TrueMoney {
  readonly provider: string;
  /** Of the charge: the txid, or the provider's own id where it keeps no txid. */
  readonly charge: string;
  /** Of a Pix its endToEndId; of providers that keep one amount for each charge, the charge's. */
  readonly id: string;
  readonly pixKey: string | null;
  readonly currency: string;
  readonly cents: number;
  readonly returnedCents: number;
  readonly disputedCents: number;
  readonly lostCents: number;
  /** Of Stripe's: its PaymentIntent. */
  readonly intent?: string;
}

interface Row {
  readonly [column: string]: string | number | null;
}

/** Reads the simulated providers' own files, past everything that they say over HTTP. */
export function readProviderTruth(bankDir: string): readonly TrueMoney[] {
  const bank = rowsOf(
    join(bankDir, 'provider.db'),
    `SELECT p.txid, p.key, p.end_to_end_id AS id, p.amount_cents AS cents,
       (SELECT coalesce(sum(amount_cents), 0) FROM refunds r WHERE r.end_to_end_id = p.end_to_end_id
          AND nature = 'ORIGINAL' AND settled_at IS NOT NULL) AS returned,
       (SELECT coalesce(sum(amount_cents), 0) FROM refunds r WHERE r.end_to_end_id = p.end_to_end_id
          AND nature LIKE 'MED%' AND settled_at IS NULL AND refused_at IS NULL) AS disputed,
       (SELECT coalesce(sum(amount_cents), 0) FROM refunds r WHERE r.end_to_end_id = p.end_to_end_id
          AND nature LIKE 'MED%' AND settled_at IS NOT NULL) AS lost
     FROM pix p WHERE settled_at IS NOT NULL ORDER BY p.settled_at, p.rowid`,
  ).map((row) => ({
    charge: String(row['txid']),
    id: String(row['id']),
    pixKey: String(row['key']),
    cents: Number(row['cents']),
    returnedCents: Number(row['returned']),
    disputedCents: Number(row['disputed']),
    lostCents: Number(row['lost']),
  }));
  const companies = companyCharges(bankDir);
  const own = bank
    .filter(({ charge }) => !companies.has(charge))
    .map((money) => ({ ...money, provider: 'bacen-pix', currency: 'BRL' }));
  const ofCompanies = [...companies].flatMap(([txid, company]): TrueMoney[] => {
    const pix = bank.filter(({ charge }) => charge === txid);
    const sum = (of: (money: (typeof bank)[number]) => number): number =>
      pix.reduce((total, money) => total + of(money), 0);
    const cents = sum(({ cents: each }) => each);
    if (cents === 0) return [];
    const returnedCents = sum(({ returnedCents: each }) => each);
    const takenCents = company.dispute === null ? 0 : cents - returnedCents;
    return [
      {
        provider: company.provider,
        charge: company.charge,
        id: company.id,
        pixKey: null,
        currency: 'BRL',
        cents,
        returnedCents,
        disputedCents: company.dispute === 'open' ? takenCents : 0,
        lostCents: company.dispute === 'lost' ? takenCents : 0,
      },
    ];
  });
  return [...own, ...ofCompanies, ...stripeMoney(bankDir)];
}

interface CompanyCharge {
  readonly provider: string;
  readonly charge: string;
  readonly id: string;
  readonly dispute: 'open' | 'lost' | null;
}

/** What stands before the bank, by the txid of its charge there. */
function companyCharges(bankDir: string): ReadonlyMap<string, CompanyCharge> {
  const orders = rowsOf(
    join(bankDir, 'psp.db'),
    `SELECT kind, json ->> 'txid' AS txid, json ->> 'code' AS code, json ->> 'chargeId' AS "chargeId", id,
       json ->> 'chargedback' AS chargedback, json ->> 'word' AS word
     FROM documents WHERE kind IN ('pagarme.order', 'appmax.order') AND json ->> 'txid' IS NOT NULL`,
  );
  return new Map(
    orders.map((row): [string, CompanyCharge] => [
      String(row['txid']),
      row['kind'] === 'pagarme.order'
        ? {
            provider: 'pagarme',
            charge: String(row['code']),
            id: String(row['chargeId']),
            dispute: row['chargedback'] === 1 ? 'lost' : null,
          }
        : {
            provider: 'appmax',
            charge: String(row['id']),
            id: String(row['id']),
            dispute: disputeOf(String(row['word'])),
          },
    ]),
  );
}

function disputeOf(word: string): 'open' | 'lost' | null {
  if (word === 'chargeback_perdido') return 'lost';
  return word === 'chargeback_em_disputa' || word === 'chargeback_em_tratativa' ? 'open' : null;
}

function stripeMoney(bankDir: string): TrueMoney[] {
  return rowsOf(
    join(bankDir, 'stripe.db'),
    `SELECT i.json ->> 'metadata' ->> 'txid' AS txid, i.id AS intent, c.id, upper(c.json ->> 'currency') AS currency,
       c.json ->> 'amount_captured' AS cents,
       (SELECT coalesce(sum(r.json ->> 'amount'), 0) FROM objects r WHERE r.intent = i.id AND r.object = 'refund'
          AND r.json ->> 'status' = 'succeeded') AS returned,
       (SELECT coalesce(sum(d.json ->> 'amount'), 0) FROM objects d WHERE d.intent = i.id AND d.object = 'dispute'
          AND d.json ->> 'status' = 'needs_response') AS disputed,
       (SELECT coalesce(sum(d.json ->> 'amount'), 0) FROM objects d WHERE d.intent = i.id AND d.object = 'dispute'
          AND d.json ->> 'status' = 'lost') AS lost
     FROM objects i JOIN objects c ON c.object = 'charge' AND c.id = i.json ->> 'latest_charge'
     WHERE i.object = 'payment_intent' AND c.json ->> 'status' = 'succeeded'`,
  ).map((row) => ({
    provider: 'stripe',
    charge: String(row['txid'] ?? row['id']),
    intent: String(row['intent']),
    id: String(row['id']),
    pixKey: null,
    currency: String(row['currency']),
    cents: Number(row['cents']),
    returnedCents: Number(row['returned']),
    disputedCents: Number(row['disputed']),
    lostCents: Number(row['lost']),
  }));
}

function rowsOf(file: string, sql: string): readonly Row[] {
  const database = new Sqlite(file, { readonly: true });
  try {
    return database.prepare<[], Row>(sql).all();
  } finally {
    database.close();
  }
}
