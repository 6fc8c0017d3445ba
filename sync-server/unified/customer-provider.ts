import { newId } from '../../domain/ids.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';

export interface AtProvider {
  readonly merchantId: string;
  readonly provider: string;
  /** The merchant's account there; empty where the provider has one for all. */
  readonly account: string;
}

/**
 * The customer as the provider knows them, written once; the provider's id is kept as it was first told.
 * @param providerCustomerId null where it is not told
 * @returns our id of the link
 */
export async function linkCustomerToProvider(
  { clock, randomBytes }: Pick<ServerContext, 'clock' | 'randomBytes'>,
  transaction: Transaction,
  { merchantId, provider, account }: AtProvider,
  customerId: string,
  providerCustomerId: string | null,
): Promise<string> {
  const name = [merchantId, customerId, provider, account];
  const find = () =>
    transaction.query<{ id: string; theirs: string | null }>(
      `SELECT customer_provider_id AS id, provider_customer_id AS theirs FROM customer_providers
       WHERE merchant_id = $1 AND customer_id = $2 AND provider = $3 AND account = $4`,
      name,
    );
  const [known] = await find();
  if (known !== undefined && (known.theirs !== null || providerCustomerId === null)) return known.id;
  const [kept] = await transaction.query<{ id: string }>(
    `INSERT INTO customer_providers AS known (merchant_id, customer_id, provider, account, customer_provider_id,
       provider_customer_id, first_seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (merchant_id, customer_id, provider, account) DO UPDATE
       SET provider_customer_id = coalesce(known.provider_customer_id, excluded.provider_customer_id)
     RETURNING customer_provider_id AS id`,
    [...name, newId(clock, randomBytes), providerCustomerId, new Date(clock.nowMs())],
  );
  if (kept === undefined) throw new Error('an upsert has a row');
  return kept.id;
}
