import type { Transaction } from '../../db/database.ts';
import type { CleanCard } from '../../unified/clean-facts.ts';
import { linkCustomersToProviders } from '../../unified/customer-provider.ts';
import { keepPaymentMethods } from '../../unified/payment-methods.ts';
import type { ImportDeps } from '../import-rows.ts';

const PAGE = 500;

type Saved = {
  readonly merchantId: string;
  readonly linkId: string;
  readonly customerId: string;
  readonly provider: string;
  readonly providerCustomerId: string | null;
  readonly card: CleanCard | null;
};

/**
 * Writes what the old system's own tables tell: its customers at their providers, and their saved cards, of customers who
 * are known by now. Its subscriptions are linked with the provider as well. @returns how many rows were linked
 */
export async function linkSaved(
  deps: ImportDeps,
  source: string,
  onProgress: (done: number) => void,
): Promise<number> {
  for (let linked = 0; ; ) {
    const rows = await deps.db.transaction(async (transaction) => {
      await transaction.query('SET LOCAL synchronous_commit = off');
      return linkPage(deps, transaction, source);
    });
    linked += rows;
    if (rows === 0) {
      await deps.db.transaction((transaction) => linkSubscribers(transaction, source));
      return linked;
    }
    onProgress(linked);
  }
}

async function linkPage(deps: ImportDeps, transaction: Transaction, source: string): Promise<number> {
  // Nobody is erased or merged until the commit.
  const found = await transaction.query<Saved & Record<string, unknown>>(
    `SELECT l.merchant_id AS "merchantId", link_id AS "linkId", root.customer_id AS "customerId", provider,
       provider_customer_id AS "providerCustomerId", card
     FROM adopted_links l JOIN customers c USING (merchant_id, customer_id)
     JOIN customers root ON root.merchant_id = c.merchant_id
       AND root.customer_id = coalesce(c.merged_into, c.customer_id)
     WHERE source = $1 AND customer_provider_id IS NULL AND root.erased_at IS NULL AND root.merged_into IS NULL
     ORDER BY l.merchant_id, root.customer_id, link_id LIMIT ${PAGE} FOR SHARE OF root`,
    [source],
  );
  const merchantId = found[0]?.merchantId;
  if (merchantId === undefined) return 0;
  const page = found.filter((one) => one.merchantId === merchantId);
  const linkIds = await linkCustomersToProviders(
    deps,
    transaction,
    merchantId,
    page.map((one) => ({ ...one, account: '' })),
  );
  const withCard = page.flatMap(({ card, ...one }, at) =>
    card === null
      ? []
      : [{ ...one, card, account: '', customerProviderId: linkIds[at] ?? null, earlierId: null }],
  );
  const cardIds = await keepPaymentMethods(deps, transaction, merchantId, withCard);
  const cards = new Map(withCard.map(({ linkId }, at) => [linkId, cardIds[at] ?? null]));
  await transaction.query(
    `UPDATE adopted_links l SET customer_provider_id = told.link, payment_method_id = told.card
     FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS told (id, link, card)
     WHERE l.merchant_id = $1 AND l.link_id = told.id`,
    [
      merchantId,
      page.map(({ linkId }) => linkId),
      linkIds,
      page.map(({ linkId }) => cards.get(linkId) ?? null),
    ],
  );
  return page.length;
}

/** The provider's customer of each adopted subscription, where the customer is known there already. */
async function linkSubscribers(transaction: Transaction, source: string): Promise<void> {
  await transaction.query(
    `UPDATE customer_subscriptions s SET customer_provider_id = p.customer_provider_id
     FROM customers c, customer_providers p
     WHERE s.adopted_from = $1 AND s.customer_provider_id IS NULL
       AND c.merchant_id = s.merchant_id AND c.customer_id = s.customer_id
       AND p.merchant_id = s.merchant_id AND p.provider = s.provider AND p.account = ''
       AND p.customer_id = coalesce(c.merged_into, c.customer_id)`,
    [source],
  );
}
