import type { Transaction } from '../../db/database.ts';
import type { CleanCard } from '../../unified/clean-facts.ts';
import { linkCustomerToProvider } from '../../unified/customer-provider.ts';
import { keepPaymentMethod } from '../../unified/payment-method.ts';
import type { ImportDeps } from '../import-rows.ts';

/** Each page looks at all that is not linked yet: few pages, of a few megabytes. */
const GROUPS = 5_000;
/** Most of the time goes by between program and database. */
const AT_ONCE = 4;

type Group = {
  readonly merchantId: string;
  readonly customerId: string | null;
  readonly provider: string;
  readonly providerCustomerId: string | null;
  readonly card: CleanCard | null;
  readonly ids: readonly string[];
};

/**
 * Links customers with the providers that knew them and the cards that they paid with, for what has neither yet, one
 * customer's payments by one card at a time. @returns how many transactions were linked
 */
export async function linkProviders(deps: ImportDeps, source: string): Promise<number> {
  let linked = 0;
  for (;;) {
    const groups = await deps.db.query<Group & Record<string, unknown>>(
      `SELECT t.merchant_id AS "merchantId", coalesce(c.merged_into, t.customer_id) AS "customerId", provider,
         provider_customer_id AS "providerCustomerId", card, array_agg(adopted_id) AS ids
       FROM adopted_transactions t LEFT JOIN customers c USING (merchant_id, customer_id)
       WHERE source = $1 AND ((t.customer_id IS NOT NULL AND t.customer_provider_id IS NULL)
           OR (card IS NOT NULL AND payment_method_id IS NULL))
         AND c.erased_at IS NULL
       GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5 LIMIT ${GROUPS}`,
      [source],
    );
    const link = (group: Group): Promise<number> =>
      deps.db.transaction((transaction) => linkGroup(deps, transaction, group));
    for (let at = 0; at < groups.length; at += AT_ONCE)
      for (const rows of await Promise.all(groups.slice(at, at + AT_ONCE).map(link))) linked += rows;
    if (groups.length < GROUPS) return linked;
  }
}

async function linkGroup(deps: ImportDeps, transaction: Transaction, group: Group): Promise<number> {
  await transaction.query('SET LOCAL synchronous_commit = off');
  const { customerId, providerCustomerId, card } = group;
  const at = { merchantId: group.merchantId, provider: group.provider, account: '' };
  const customerProviderId =
    customerId === null
      ? null
      : await linkCustomerToProvider(deps, transaction, at, customerId, providerCustomerId);
  const paymentMethodId =
    card === null
      ? null
      : await keepPaymentMethod(deps, transaction, at, { customerId, customerProviderId }, card, null);
  await transaction.query(
    `UPDATE adopted_transactions SET customer_provider_id = coalesce(customer_provider_id, $2),
       payment_method_id = coalesce(payment_method_id, $3)
     WHERE merchant_id = $1 AND adopted_id = ANY($4::uuid[])`,
    [group.merchantId, customerProviderId, paymentMethodId, group.ids],
  );
  return group.ids.length;
}
