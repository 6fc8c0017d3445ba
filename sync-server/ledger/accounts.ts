import type { Queryable } from '../db/database.ts';

export type AccountKind = 'asset' | 'liability' | 'income' | 'expense';

export interface Account {
  readonly code: string;
  readonly kind: AccountKind;
}

/** What a provider holds for us: it received the Pix, and pays it out by its own rules. */
export function receivableAccount(provider: string): Account {
  return { code: `receivable:${provider}`, kind: 'asset' };
}

/** What providers have paid out to the merchant's own bank account. */
export const SETTLEMENT: Account = { code: 'settlement', kind: 'asset' };

/** What providers keep for their work. */
export const FEES: Account = { code: 'fees', kind: 'expense' };

/** What the operators of a unit have taken at its counters. */
export function cashAccount(unitId: string): Account {
  return { code: `cash:${unitId}`, kind: 'asset' };
}

/** What was sold and paid. */
export const SALES: Account = { code: 'sales', kind: 'income' };

/** Of what was sold, what went back; a debit, so that sales less returns are what stays. */
export const SALES_RETURNS: Account = { code: 'sales_returns', kind: 'income' };

/** What a payer's bank holds back until a dispute has ended. */
export const DISPUTED: Account = { code: 'disputed', kind: 'asset' };

/** Money that is not ours: it came with the wrong amount or once too often, and goes back to its payer. */
export const REFUNDS_PAYABLE: Account = { code: 'refunds_payable', kind: 'liability' };

/** Money that came and belongs to no charge of ours: whose it is, a person decides. */
export const SUSPENSE: Account = { code: 'suspense', kind: 'liability' };

/** Of our sales, what belongs to somebody else: the platform's fee, a partner's part. */
export function payableAccount(recipient: string): Account {
  return { code: `payable:${recipient}`, kind: 'liability' };
}

/** Ours, and no sale of a totem. */
export const OTHER_INCOME: Account = { code: 'other_income', kind: 'income' };

/** What agreements bring, period by period: ours, and no sale of a totem. */
export const RECURRING_INCOME: Account = { code: 'recurring_income', kind: 'income' };

/** Of that, what went back; a debit. */
export const RECURRING_RETURNS: Account = { code: 'recurring_returns', kind: 'income' };

/** Opens the accounts that a merchant does not have yet. */
export async function ensureAccounts(
  database: Queryable,
  merchantId: string,
  accounts: readonly Account[],
): Promise<void> {
  // In one order always, so that two first entries at once wait for each other and never deadlock.
  const ordered = accounts.toSorted((a, b) => (a.code < b.code ? -1 : 1));
  await database.query(
    `INSERT INTO ledger_accounts (merchant_id, code, kind)
     SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING`,
    [merchantId, ordered.map((account) => account.code), ordered.map((account) => account.kind)],
  );
}
