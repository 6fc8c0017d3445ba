import type { Invariant } from './invariant.ts';

export const booksBalance: Invariant = {
  name: 'the books balance',
  says: 'Every ledger entry sums to zero, and at the end the ledger says of each bank what that says of itself, and owes nobody anything.',
  async atEnd({ hall }) {
    const { storage } = hall.server;
    const unbalanced = await storage.look<{ id: string }>(
      'SELECT entry_id AS id FROM ledger_postings GROUP BY entry_id HAVING sum(amount_cents) <> 0',
    );
    if (unbalanced[0] !== undefined) return `ledger entry ${unbalanced[0].id} does not sum to zero`;
    const accounts = await storage.look<{ code: string; cents: number }>(
      `SELECT account_code AS code, sum(amount_cents)::float8 AS cents FROM ledger_postings GROUP BY account_code`,
    );
    const ledger = (code: string): number => accounts.find((account) => account.code === code)?.cents ?? 0;
    for (const { provider, bank } of hall.banks) {
      const held = bank.pix.reduce(
        (sum, { amountCents, refunds }) =>
          sum + amountCents - refunds.reduce((back, refund) => back + refund.amountCents, 0),
        0,
      );
      const booked = ledger(`receivable:${provider}`);
      if (booked !== held) return `the ledger has ${booked} cents at the ${bank.name}, which has ${held}`;
    }
    for (const code of ['refunds_payable', 'suspense'])
      if (ledger(code) !== 0)
        return `everything has its place, and the ledger has ${ledger(code)} cents in ${code}`;
    return null;
  },
};
