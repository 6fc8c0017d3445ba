import type { Transaction } from '../../db/database.ts';
import type { CleanCard } from '../../unified/clean-facts.ts';
import { linkCustomersToProviders } from '../../unified/customer-provider.ts';
import { keepPaymentMethods } from '../../unified/payment-methods.ts';
import type { ImportDeps } from '../import-rows.ts';
import { isDoubled, renewStatistics } from './statistics.ts';

/** A live payment of one of these customers waits for the commit, some tenths of a second. */
const PAGE = 500;

interface Place {
  readonly merchantId: string;
  readonly adoptedId: string;
}

type Paid = Place & {
  readonly customerId: string | null;
  readonly provider: string;
  readonly providerCustomerId: string | null;
  readonly card: CleanCard | null;
};

/**
 * Links customers with the providers that knew them and the cards that they paid with, for payments that have neither
 * yet, a page of them a transaction. @returns how many payments were linked
 */
export async function linkProviders(
  deps: ImportDeps,
  source: string,
  onProgress: (done: number) => void,
): Promise<number> {
  let linked = 0;
  let after: Place | undefined = {
    merchantId: '00000000-0000-0000-0000-000000000000',
    adoptedId: '00000000-0000-0000-0000-000000000000',
  };
  for (let pages = 1; after !== undefined; pages += 1) {
    const from: Place = after;
    const page = await deps.db.transaction(async (transaction) => {
      await transaction.query('SET LOCAL synchronous_commit = off');
      return linkPage(deps, transaction, source, from);
    });
    linked += page.length;
    onProgress(linked);
    if (isDoubled(pages)) await renewStatistics(deps, 'links');
    after = page.at(-1);
  }
  return linked;
}

/** @returns the payments that it linked, of one merchant; none: there are no more */
async function linkPage(
  deps: ImportDeps,
  transaction: Transaction,
  source: string,
  after: Place,
): Promise<readonly Paid[]> {
  const found = await transaction.query<Paid & Record<string, unknown>>(
    `SELECT t.merchant_id AS "merchantId", adopted_id AS "adoptedId", coalesce(c.merged_into, t.customer_id) AS "customerId",
       provider, provider_customer_id AS "providerCustomerId", card
     FROM adopted_transactions t LEFT JOIN customers c USING (merchant_id, customer_id)
     WHERE source = $1 AND (t.merchant_id, adopted_id) > ($2, $3)
       AND ((t.customer_id IS NOT NULL AND t.customer_provider_id IS NULL)
         OR (card IS NOT NULL AND payment_method_id IS NULL))
       AND c.erased_at IS NULL
     ORDER BY t.merchant_id, adopted_id LIMIT ${PAGE}`,
    [source, after.merchantId, after.adoptedId],
  );
  const merchantId = found[0]?.merchantId ?? '';
  const page = found.filter((one) => one.merchantId === merchantId);
  const gone = await lockCustomers(transaction, merchantId, page);
  // Who was erased or merged at this moment is met again by the next run.
  const paid = page.filter(({ customerId }) => customerId === null || !gone.has(customerId));
  const known = paid.flatMap(({ customerId, ...one }) =>
    customerId === null ? [] : [{ ...one, customerId }],
  );
  const linkIds = await linkCustomersToProviders(
    deps,
    transaction,
    merchantId,
    known.map((one) => ({ ...one, account: '' })),
  );
  const links = new Map(known.map(({ adoptedId }, at) => [adoptedId, linkIds[at] ?? null]));
  const byCard = paid.flatMap(({ card, ...one }) => (card === null ? [] : [{ ...one, card }]));
  const cardIds = await keepPaymentMethods(
    deps,
    transaction,
    merchantId,
    byCard.map(({ adoptedId, ...one }) => ({
      ...one,
      account: '',
      customerProviderId: links.get(adoptedId) ?? null,
      earlierId: null,
    })),
  );
  const cards = new Map(byCard.map(({ adoptedId }, at) => [adoptedId, cardIds[at] ?? null]));
  if (paid.length > 0)
    await transaction.query(
      `UPDATE adopted_transactions t SET customer_provider_id = coalesce(customer_provider_id, told.link),
         payment_method_id = coalesce(payment_method_id, told.card)
       FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS told (id, link, card)
       WHERE t.merchant_id = $1 AND t.adopted_id = told.id`,
      [
        merchantId,
        paid.map(({ adoptedId }) => adoptedId),
        paid.map(({ adoptedId }) => links.get(adoptedId) ?? null),
        paid.map(({ adoptedId }) => cards.get(adoptedId) ?? null),
      ],
    );
  return page;
}

/** Nobody is erased or merged until the commit. @returns who was while their lock was waited for */
async function lockCustomers(
  transaction: Transaction,
  merchantId: string,
  paid: readonly Paid[],
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(paid.flatMap(({ customerId }) => customerId ?? []))];
  if (ids.length === 0) return new Set();
  const held = await transaction.query<{ id: string }>(
    `SELECT customer_id AS id FROM customers
     WHERE merchant_id = $1 AND customer_id = ANY($2) AND erased_at IS NULL AND merged_into IS NULL
     ORDER BY customer_id FOR SHARE`,
    [merchantId, ids],
  );
  const there = new Set(held.map(({ id }) => id));
  return new Set(ids.filter((id) => !there.has(id)));
}
