import type { Person } from '../../domain/person.ts';
import type { Transaction } from '../db/database.ts';
import { findOrCreateCustomers } from './find-or-create-customers.ts';
import type { PeopleDeps } from './person-keys.ts';

/**
 * The customer of a merchant whom this is about: found by document, else by e-mail, else a new one; whatever is new is
 * learned, and nothing is overwritten by emptiness. Where e-mail and document point at two, the document decides
 * (docs/privacy.md): a customer without a document is the same person and is merged, one with another document is
 * somebody else, who keeps the e-mail. Any number of processes may do it at once for one person.
 * @returns the customer's id
 */
export async function findOrCreateCustomer(
  deps: PeopleDeps,
  transaction: Transaction,
  merchantId: string,
  person: Person,
  atMs: number,
): Promise<string> {
  const [found] = await findOrCreateCustomers(deps, transaction, merchantId, [{ person, atMs }]);
  if (found === undefined) throw new Error('somebody was told, and nobody found');
  return found.customerId;
}
