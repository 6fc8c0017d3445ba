import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Queryable } from '../../db/database.ts';
import {
  type Balances,
  type Circumstances,
  expectedBalances,
  isSettledBy,
  txidOf,
} from './expected-balances.ts';
import type { TrueMoney } from './provider-truth.ts';

const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'ledger.md');

/** The statements of docs/ledger.md, as whoever reads the page would run them. */
export const DOCUMENTED = (() => {
  const [today = '', asOf = '', unbalanced = '', gaps = '', held = ''] = [
    ...readFileSync(PAGE, 'utf8').matchAll(/```sql\n([\s\S]*?)```/g),
  ].map(([, sql]) => sql);
  return { today, asOf, unbalanced, gaps, held };
})();

interface BalanceRow extends Record<string, unknown> {
  readonly merchant_id: string;
  readonly account_code: string;
  readonly currency: string;
  /** A sum of bigint is numeric, and comes as text. */
  readonly cents: string;
}

export async function ledgerBalances(database: Queryable): Promise<Balances> {
  return balancesOf(await database.query<BalanceRow>(DOCUMENTED.today));
}

export async function ledgerBalancesAt(database: Queryable, at: Date, knownBy: Date): Promise<Balances> {
  return balancesOf(await database.query<BalanceRow>(DOCUMENTED.asOf, [at, knownBy]));
}

function balancesOf(rows: readonly BalanceRow[]): Balances {
  return new Map(
    rows
      .map((row): [string, number] => [
        `${row.merchant_id} ${row.account_code} ${row.currency}`,
        Number(row.cents),
      ])
      .filter(([, cents]) => cents !== 0),
  );
}

/** What providers hold of sales: by the facts beside the ledger, and by its entries. */
export async function heldOfSales(
  database: Queryable,
): Promise<readonly [facts: Balances, ledger: Balances]> {
  const facts = await database.query<BalanceRow & { provider: string }>(DOCUMENTED.held);
  const entries = await database.query<BalanceRow>(
    `SELECT merchant_id, account_code, currency, sum(amount_cents) AS cents
     FROM ledger_entries JOIN ledger_postings USING (merchant_id, entry_id)
     WHERE transaction_id IS NOT NULL AND kind NOT LIKE 'suspense%' AND account_code LIKE 'receivable:%'
     GROUP BY merchant_id, account_code, currency`,
  );
  const named = facts.map((row) => ({ ...row, account_code: `receivable:${row.provider}` }));
  return [balancesOf(named), balancesOf(entries)];
}

export function differences(expected: Balances, found: Balances): string[] {
  return [...new Set([...expected.keys(), ...found.keys()])]
    .filter((key) => (expected.get(key) ?? 0) !== (found.get(key) ?? 0))
    .map((key) => `${key}: providers ${expected.get(key) ?? 0}, ledger ${found.get(key) ?? 0}`)
    .sort();
}

interface SaleColumns extends Record<string, unknown> {
  readonly status: string;
  readonly refundedCents: number;
  readonly paid: boolean;
  readonly captured: boolean;
  readonly refunded: boolean;
  readonly disputed: boolean;
  readonly session: string;
  readonly word: string | null;
  readonly method: string | null;
  readonly card: boolean;
}

/** Where the columns of a sale say something else than its money at the provider. */
export async function wrongColumns(
  database: Queryable,
  truth: readonly TrueMoney[],
  known: Circumstances,
): Promise<string[]> {
  const rows = await database.query<SaleColumns & { txid: string }>(
    `SELECT t.txid, t.status, t.refunded_cents AS "refundedCents", t.paid_at IS NOT NULL AS paid,
       t.captured_at IS NOT NULL AS captured, t.refunded_at IS NOT NULL AS refunded, t.disputed_at IS NOT NULL AS disputed,
       s.status AS session, t.provider_status AS word, t.payment_method AS method, t.payment_method_id IS NOT NULL AS card
     FROM payment_transactions t JOIN checkout_sessions s USING (merchant_id, transaction_id)`,
  );
  const bySale = new Map(rows.map((row) => [row.txid, row]));
  return known.sales.flatMap((sale) => {
    const row = bySale.get(sale.txid);
    const money = truth.find((each) => txidOf(each, known) === sale.txid && isSettledBy(each, known));
    const said = row && { ...row, method: row.method !== null, word: row.word !== null };
    if (money === undefined)
      return said?.paid === false && !['completed'].includes(said.session)
        ? []
        : [`${sale.txid} is not paid`];
    const backCents = money.returnedCents - Math.min(money.returnedCents, money.cents - sale.amountCents);
    const isDisputed = money.disputedCents + money.lostCents > 0;
    const isBack = backCents > 0;
    const refunded = backCents < sale.amountCents ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
    const expected = {
      status: isDisputed ? 'CHARGEBACK' : isBack ? refunded : 'SUCCEEDED',
      refundedCents: backCents,
      paid: true,
      captured: true,
      refunded: isBack,
      session: 'completed',
      word: true,
      method: true,
      card: money.provider === 'stripe',
    };
    const wrong = Object.entries(expected).filter(
      ([name, value]) => said?.[name as keyof typeof said] !== value,
    );
    return wrong.map(
      ([name, value]) => `${sale.txid} ${name}: ${said?.[name as keyof typeof said]}, not ${value}`,
    );
  });
}

/** For the reader of a failure: the sales whose entries are not what their money is, with all that was posted. */
export async function whichSales(
  database: Queryable,
  truth: readonly TrueMoney[],
  known: Circumstances,
): Promise<string> {
  const told: unknown[] = [];
  for (const sale of known.sales) {
    const own = truth.filter((money) => txidOf(money, known) === sale.txid);
    const entries = await database.query<BalanceRow & { key: string; at: Date }>(
      `SELECT e.idempotency_key AS key, e.recorded_at AS at, p.merchant_id, p.account_code, p.currency, p.amount_cents AS cents
       FROM ledger_entries e JOIN ledger_postings p USING (merchant_id, entry_id)
       JOIN payment_transactions t USING (merchant_id, transaction_id) WHERE t.txid = $1 ORDER BY e.recorded_at, p.line`,
      [sale.txid],
    );
    const sums = new Map<string, number>();
    for (const { merchant_id, account_code, currency, cents } of entries) {
      const key = `${merchant_id} ${account_code} ${currency}`;
      sums.set(key, (sums.get(key) ?? 0) + Number(cents));
    }
    const wrong = differences(expectedBalances(own, { ...known, lines: [] }), sums);
    if (wrong.length === 0) continue;
    const refunds = await database.query(
      `SELECT f.refund_id, f.receipt_id, f.amount_cents, f.reason, f.status, f.provider_status, f.last_error
       FROM refunds f JOIN payment_transactions t USING (merchant_id, transaction_id) WHERE t.txid = $1`,
      [sale.txid],
    );
    told.push({
      wrong,
      sale,
      own,
      refunds,
      entries: entries.map(
        ({ key, at, account_code, cents }) => `${at.toISOString()} ${key} ${account_code} ${cents}`,
      ),
    });
  }
  return JSON.stringify(told, null, 1);
}
