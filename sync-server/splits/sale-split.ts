import { splitAmount } from '../../domain/split.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';
import type { NationalProvider, SplitPart } from '../providers/provider.ts';
import { readShares } from './split-rules.ts';

/**
 * Writes down, in the transaction that opens a sale, what each of the others gets of it. Nothing where no rule counts.
 */
export async function writeSaleSplit(
  transaction: Transaction,
  sale: TransactionKey & {
    readonly serviceId: string;
    readonly amountCents: number;
    readonly currency: string;
  },
): Promise<void> {
  const shares = await readShares(transaction, sale);
  if (shares.length === 0) return;
  const { parts } = splitAmount(sale.amountCents, shares);
  await transaction.query(
    `INSERT INTO transaction_splits
       (merchant_id, transaction_id, recipient, percent_bp, fixed_cents, amount_cents, provider_ids)
     SELECT $1, $2, * FROM unnest($3::text[], $4::integer[], $5::bigint[], $6::bigint[], $7::jsonb[])`,
    [
      sale.merchantId,
      sale.transactionId,
      shares.map(({ recipient }) => recipient),
      shares.map(({ percentBp }) => percentBp),
      shares.map(({ fixedCents }) => fixedCents),
      parts.map(({ amountCents }) => amountCents),
      shares.map(({ providerIds }) => JSON.stringify(providerIds)),
    ],
  );
}

/**
 * The parts that the provider itself is to divide: none where it cannot. Whoever it does not know gets the part from
 * the merchant; the ledger says what is owed. The same for each retry of a sale.
 */
export async function splitForProvider(
  database: Queryable,
  { merchantId, transactionId }: TransactionKey,
  provider: Pick<NationalProvider, 'name' | 'splitsCharges'>,
): Promise<readonly SplitPart[]> {
  if (provider.splitsCharges !== true) return [];
  return database.query<SplitPart & Record<string, unknown>>(
    `SELECT provider_ids->>$3 AS "recipientId", amount_cents AS "amountCents" FROM transaction_splits
     WHERE merchant_id = $1 AND transaction_id = $2 AND amount_cents > 0 AND provider_ids ? $3 ORDER BY recipient`,
    [merchantId, transactionId, provider.name],
  );
}
