import { createHash, randomUUID } from 'node:crypto';
import type { Transaction } from '../db/database.ts';

/**
 * Takes from an erased customer's rows what could still tell who it was: the providers' ids, the cards, what providers
 * answered about the payments. The links stay, and mean nobody. The customers' rows are locked by the caller, so that no
 * answer adds to them meanwhile.
 */
export async function forgetCustomerLinks(
  transaction: Transaction,
  merchantId: string,
  customerIds: readonly string[],
): Promise<void> {
  const whose = [merchantId, customerIds];
  await transaction.query(
    `UPDATE customer_providers SET provider_customer_id = NULL
     WHERE merchant_id = $1 AND customer_id = ANY($2) AND provider_customer_id IS NOT NULL`,
    whose,
  );
  const cards = await transaction.query<{ id: string }>(
    `SELECT payment_method_id AS id FROM customer_payment_methods
     WHERE merchant_id = $1 AND customer_id = ANY($2) ORDER BY payment_method_id FOR UPDATE`,
    whose,
  );
  for (const { id } of cards)
    await transaction.query(
      `UPDATE customer_payment_methods SET provider_method_id = NULL, fingerprint = NULL, last4 = NULL,
         exp_month = NULL, exp_year = NULL, identity = $3
       WHERE merchant_id = $1 AND payment_method_id = $2`,
      [merchantId, id, createHash('sha256').update(randomUUID()).digest()],
    );
  for (const table of ['adopted_transactions', 'adopted_links'])
    await transaction.query(
      `UPDATE ${table} SET provider_customer_id = NULL, card = NULL
       WHERE merchant_id = $1 AND customer_id = ANY($2) AND (provider_customer_id IS NOT NULL OR card IS NOT NULL)`,
      whose,
    );
  await transaction.query(
    `DELETE FROM payment_payloads p USING payment_transactions t
     WHERE p.merchant_id = $1 AND t.merchant_id = $1 AND t.transaction_id = p.transaction_id
       AND t.customer_id = ANY($2)`,
    whose,
  );
}
