import { newId } from '../../domain/ids.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';

type Deps = Pick<ServerContext, 'clock' | 'randomBytes'>;

export interface AtProvider {
  readonly merchantId: string;
  readonly provider: string;
  /** The merchant's account there; empty where the provider has one for all. */
  readonly account: string;
}

/** A customer as a provider knows them. */
export interface ToldLink {
  readonly provider: string;
  readonly account: string;
  readonly customerId: string;
  /** Null where it is not told. */
  readonly providerCustomerId: string | null;
}

/**
 * The customer as the provider knows them, written once; the provider's id is kept as it was first told.
 * @param providerCustomerId null where it is not told
 * @returns our id of the link
 */
export async function linkCustomerToProvider(
  deps: Deps,
  transaction: Transaction,
  { merchantId, provider, account }: AtProvider,
  customerId: string,
  providerCustomerId: string | null,
): Promise<string> {
  const told = { provider, account, customerId, providerCustomerId };
  const [id] = await linkCustomersToProviders(deps, transaction, merchantId, [told]);
  if (id === undefined) throw new Error('a customer was told, and nobody linked');
  return id;
}

/** The same for many of one merchant. @returns our ids of the links, in the same order */
export async function linkCustomersToProviders(
  { clock, randomBytes }: Deps,
  transaction: Transaction,
  merchantId: string,
  told: readonly ToldLink[],
): Promise<string[]> {
  if (told.length === 0) return [];
  const wanted = new Map<string, ToldLink>();
  for (const one of told) {
    const earlier = wanted.get(nameOf(one));
    if (earlier === undefined || earlier.providerCustomerId === null) wanted.set(nameOf(one), one);
  }
  const ids = new Map<string, string>();
  // In one order: two that link the same customers never wait for each other.
  const links = [...wanted.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, link]) => link);
  const known = await transaction.query<ToldLink & { id: string } & Record<string, unknown>>(
    `SELECT customer_provider_id AS id, provider, account, customer_id AS "customerId",
       provider_customer_id AS "providerCustomerId"
     FROM customer_providers
     JOIN unnest($2::uuid[], $3::text[], $4::text[]) AS told (customer_id, provider, account)
       USING (customer_id, provider, account)
     WHERE merchant_id = $1`,
    [merchantId, ...namesOf(links)],
  );
  for (const { id, ...link } of known) {
    const isWhole = link.providerCustomerId !== null || wanted.get(nameOf(link))?.providerCustomerId === null;
    if (isWhole) ids.set(nameOf(link), id);
  }
  const missing = links.filter((link) => !ids.has(nameOf(link)));
  if (missing.length > 0) {
    const kept = await transaction.query<Omit<ToldLink, 'providerCustomerId'> & { id: string }>(
      `INSERT INTO customer_providers AS known (merchant_id, customer_id, provider, account, customer_provider_id,
         provider_customer_id, first_seen_at)
       SELECT $1, *, $7 FROM unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[])
       ON CONFLICT (merchant_id, customer_id, provider, account) DO UPDATE
         SET provider_customer_id = coalesce(known.provider_customer_id, excluded.provider_customer_id)
       RETURNING customer_provider_id AS id, provider, account, customer_id AS "customerId"`,
      [
        merchantId,
        ...namesOf(missing),
        missing.map(() => newId(clock, randomBytes)),
        missing.map(({ providerCustomerId }) => providerCustomerId),
        new Date(clock.nowMs()),
      ],
    );
    for (const link of kept) ids.set(nameOf(link), link.id);
  }
  return told.map((one) => {
    const id = ids.get(nameOf(one));
    if (id === undefined) throw new Error('an upsert has a row');
    return id;
  });
}

function nameOf({ customerId, provider, account }: Omit<ToldLink, 'providerCustomerId'>): string {
  return JSON.stringify([customerId, provider, account]);
}

function namesOf(links: readonly ToldLink[]): readonly (readonly string[])[] {
  return [
    links.map(({ customerId }) => customerId),
    links.map(({ provider }) => provider),
    links.map(({ account }) => account),
  ];
}
