import { returnedOfPart } from '../../domain/split.ts';
import type { Transaction } from '../db/database.ts';
import { payableAccount, SALES, SALES_RETURNS } from '../ledger/accounts.ts';
import { type LedgerDeps, type MoneyFact, post } from '../ledger/ledger.ts';
import type { PaymentTransaction } from '../payments/payment-transaction.ts';

interface Part extends Record<string, unknown> {
  readonly recipient: string;
  readonly amountCents: number;
}

/** A sale was paid: what is not the merchant's of it is owed to the others. Told again, it is posted once. */
export async function postSaleSplit(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: Omit<MoneyFact, 'provider'> & { readonly receiptId: string },
): Promise<void> {
  for (const { recipient, amountCents } of await readParts(transaction, fact))
    await post(
      deps,
      transaction,
      { ...fact, amountCents },
      {
        kind: 'split',
        idempotencyKey: `split:${fact.receiptId}:${recipient}`,
        debit: SALES,
        credit: payableAccount(recipient),
      },
    );
}

/**
 * Money of a sale went back, by refunds or by disputes that were lost: everybody gives back in proportion. Computed
 * from all that went back so far, so that the order in which it is told does not matter, and cents that a part of a
 * refund leaves over are taken with the rest. The payment's row is locked by the caller.
 */
export async function postSplitReturns(
  deps: LedgerDeps,
  transaction: Transaction,
  payment: PaymentTransaction,
  atMs: number,
): Promise<void> {
  const parts = await readParts(transaction, payment);
  if (parts.length === 0) return;
  const [sums] = await transaction.query<{ returned: number }>(
    `SELECT (SELECT coalesce(sum(f.amount_cents), 0) FROM refunds f JOIN receipts r USING (merchant_id, receipt_id)
        WHERE f.merchant_id = $1 AND f.transaction_id = $2 AND f.status = 'settled' AND r.disposition = 'settles')::bigint
      + (SELECT coalesce(sum(d.amount_cents), 0) FROM disputes d JOIN receipts r USING (merchant_id, receipt_id)
        WHERE d.merchant_id = $1 AND d.transaction_id = $2 AND d.status = 'lost' AND r.disposition = 'settles')::bigint
      AS returned`,
    [payment.merchantId, payment.transactionId],
  );
  const returnedCents = sums?.returned ?? 0;
  const posted = await transaction.query<{ code: string; amountCents: number; entries: number }>(
    `SELECT account_code AS code, sum(amount_cents)::bigint AS "amountCents", count(*)::int AS entries
     FROM ledger_entries JOIN ledger_postings USING (merchant_id, entry_id)
     WHERE merchant_id = $1 AND transaction_id = $2 AND kind = 'split_returned' AND account_code LIKE 'payable:%'
     GROUP BY account_code`,
    [payment.merchantId, payment.transactionId],
  );
  for (const { recipient, amountCents } of parts) {
    const account = payableAccount(recipient);
    const known = posted.find(({ code }) => code === account.code);
    const before = known?.amountCents ?? 0;
    const owedBack = returnedOfPart(amountCents, payment.amountCents, returnedCents) - before;
    if (owedBack === 0) continue;
    await post(
      deps,
      transaction,
      { ...payment, amountCents: Math.abs(owedBack), occurredAtMs: atMs },
      {
        kind: 'split_returned',
        // The sum alone may come again once it has fallen.
        idempotencyKey: `split_returned:${payment.transactionId}:${recipient}:${before + owedBack}:${known?.entries ?? 0}`,
        // A refund that came back gives everybody their part again.
        ...(owedBack > 0
          ? { debit: account, credit: SALES_RETURNS }
          : { debit: SALES_RETURNS, credit: account }),
      },
    );
  }
}

function readParts(
  transaction: Transaction,
  { merchantId, transactionId }: Pick<MoneyFact, 'merchantId' | 'transactionId'>,
): Promise<Part[]> {
  return transaction.query<Part>(
    `SELECT recipient, amount_cents AS "amountCents" FROM transaction_splits
     WHERE merchant_id = $1 AND transaction_id = $2 AND amount_cents > 0 ORDER BY recipient`,
    [merchantId, transactionId],
  );
}
