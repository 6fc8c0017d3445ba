import type { Invariant } from './invariant.ts';

export const booksBalance: Invariant = {
  name: 'the books balance',
  says: 'Every ledger entry sums to zero, and at the end the ledger says of the bank what the bank says of itself, and owes nobody anything.',
  async atEnd({ hall }) {
    const { storage } = hall.server;
    const unbalanced = await storage.look<{ id: string }>(
      'SELECT entry_id AS id FROM ledger_postings GROUP BY entry_id HAVING sum(amount_cents) <> 0',
    );
    if (unbalanced[0] !== undefined) return `ledger entry ${unbalanced[0].id} does not sum to zero`;
    const [ledger] = await storage.look<{ cents: number }>(
      `SELECT coalesce(sum(amount_cents), 0)::float8 AS cents FROM ledger_postings WHERE account_code LIKE 'receivable:%'`,
    );
    const bank = hall.bank.pix.reduce(
      (sum, pix) =>
        sum + pix.amountCents - pix.refunds.reduce((back, refund) => back + refund.amountCents, 0),
      0,
    );
    if (ledger?.cents !== bank)
      return `the ledger has ${ledger?.cents} cents at the bank, the bank has ${bank}`;
    const [owed] = await storage.look<{ cents: number }>(
      `SELECT coalesce(sum(amount_cents), 0)::float8 AS cents FROM ledger_postings WHERE account_code = 'refunds_payable'`,
    );
    return owed?.cents === 0
      ? null
      : `everything was sent back, and the ledger still owes ${owed?.cents} cents`;
  },
};
