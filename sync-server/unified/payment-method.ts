import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { CleanCard } from './clean-facts.ts';
import type { AtProvider } from './customer-provider.ts';
import { type CardOwner, keepPaymentMethods } from './payment-methods.ts';

/**
 * A card that somebody paid by, one row for each card of a customer at a provider. One that was seen before anybody knew
 * whose it is becomes the first customer's that is known of it; what one answer leaves out another adds.
 * @param earlierId what an earlier answer of the same payment or agreement was taken for
 * @returns our id of it
 */
export async function keepPaymentMethod(
  deps: Pick<ServerContext, 'clock' | 'randomBytes'>,
  transaction: Transaction,
  { merchantId, provider, account }: AtProvider,
  owner: CardOwner,
  card: CleanCard,
  earlierId: string | null,
): Promise<string> {
  const told = { ...owner, provider, account, card, earlierId };
  const [id] = await keepPaymentMethods(deps, transaction, merchantId, [told]);
  if (id === undefined) throw new Error('a card was told, and none kept');
  return id;
}
