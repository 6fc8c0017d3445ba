import { createHash } from 'node:crypto';
import { newId } from '../../domain/ids.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { CleanCard } from './clean-facts.ts';
import type { AtProvider } from './customer-provider.ts';

export interface CardOwner {
  /** Null: nobody knows who pays by it. */
  readonly customerId: string | null;
  readonly customerProviderId: string | null;
}

/**
 * A card that somebody paid by, one row for each card of a customer at a provider. One that was seen before anybody knew
 * whose it is becomes the first customer's that is known of it; what one answer leaves out another adds.
 * @param earlierId what an earlier answer of the same payment or agreement was taken for
 * @returns our id of it
 */
export async function keepPaymentMethod(
  { clock, randomBytes }: Pick<ServerContext, 'clock' | 'randomBytes'>,
  transaction: Transaction,
  at: AtProvider,
  { customerId, customerProviderId }: CardOwner,
  card: CleanCard,
  earlierId: string | null,
): Promise<string> {
  const identity = identityOf(card);
  const name = [at.merchantId, at.provider, at.account, identity];
  // Two payments by one card at once: the second finds what the first wrote.
  await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `payment method ${at.merchantId} ${at.provider} ${card.last4 ?? card.fingerprint ?? card.id}`,
  ]);
  const [known] = await transaction.query<{ id: string }>(
    `SELECT payment_method_id AS id FROM customer_payment_methods
     WHERE merchant_id = $1 AND provider = $2 AND account = $3
       AND (identity = $4 OR fingerprint = $6 OR provider_method_id = $7 OR (payment_method_id = $8 AND last4 = $9))
       AND ($5::uuid IS NULL OR customer_id = $5 OR customer_id IS NULL)
     ORDER BY customer_id = $5 DESC NULLS LAST, payment_method_id = $8 DESC NULLS LAST, identity = $4 DESC,
       first_seen_at, payment_method_id LIMIT 1`,
    [...name, customerId, card.fingerprint, card.id, earlierId, card.last4],
  );
  const id = known?.id ?? newId(clock, randomBytes);
  const facts = [card.id, card.fingerprint, card.brand, card.last4, card.expMonth, card.expYear];
  if (known === undefined)
    await transaction.query(
      `INSERT INTO customer_payment_methods (merchant_id, provider, account, identity, payment_method_id, customer_id,
         customer_provider_id, provider_method_id, fingerprint, brand, last4, exp_month, exp_year, status, first_seen_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [...name, id, customerId, customerProviderId, ...facts, statusOf(card), new Date(clock.nowMs())],
    );
  else
    await transaction.query(
      `UPDATE customer_payment_methods SET
         customer_id = coalesce(customer_id, $3), customer_provider_id = coalesce(customer_provider_id, $4),
         provider_method_id = coalesce(provider_method_id, $5), fingerprint = coalesce(fingerprint, $6),
         brand = coalesce(brand, $7), last4 = coalesce(last4, $8),
         exp_month = coalesce(exp_month, $9), exp_year = coalesce(exp_year, $10),
         status = CASE WHEN $11 = 'saved' THEN 'saved' ELSE status END
       WHERE merchant_id = $1 AND payment_method_id = $2
         AND (coalesce(customer_id, $3), coalesce(customer_provider_id, $4), coalesce(provider_method_id, $5),
              coalesce(fingerprint, $6), coalesce(brand, $7), coalesce(last4, $8), coalesce(exp_month, $9::smallint),
              coalesce(exp_year, $10::smallint), CASE WHEN $11 = 'saved' THEN 'saved' ELSE status END)
           IS DISTINCT FROM
             (customer_id, customer_provider_id, provider_method_id, fingerprint, brand, last4, exp_month, exp_year,
              status)`,
      [at.merchantId, id, customerId, customerProviderId, ...facts, statusOf(card)],
    );
  if (card.isDefault && customerId !== null) await makeDefault(transaction, at, customerId, id);
  return id;
}

function statusOf({ isSaved }: CleanCard): 'used' | 'saved' {
  return isSaved ? 'saved' : 'used';
}

/** One default for each customer, provider and account: the other ceases to be it first. */
async function makeDefault(
  transaction: Transaction,
  { merchantId, provider, account }: AtProvider,
  customerId: string,
  paymentMethodId: string,
): Promise<void> {
  await transaction.query(
    `SELECT FROM customer_payment_methods
     WHERE merchant_id = $1 AND provider = $2 AND account = $3 AND customer_id = $4
     ORDER BY payment_method_id FOR UPDATE`,
    [merchantId, provider, account, customerId],
  );
  await transaction.query(
    `UPDATE customer_payment_methods SET is_default = false
     WHERE merchant_id = $1 AND provider = $2 AND account = $3 AND customer_id = $4 AND is_default
       AND payment_method_id <> $5`,
    [merchantId, provider, account, customerId, paymentMethodId],
  );
  await transaction.query(
    `UPDATE customer_payment_methods SET is_default = true
     WHERE merchant_id = $1 AND payment_method_id = $2 AND customer_id = $3 AND NOT is_default`,
    [merchantId, paymentMethodId, customerId],
  );
}

function identityOf({ fingerprint, id, brand, last4, expMonth, expYear }: CleanCard): Buffer {
  const named =
    fingerprint !== null
      ? ['fingerprint', fingerprint]
      : id !== null
        ? ['id', id]
        : ['looks', brand, last4, expMonth, expYear];
  return createHash('sha256').update(JSON.stringify(named)).digest();
}
