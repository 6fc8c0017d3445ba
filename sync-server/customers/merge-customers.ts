import type { Transaction } from '../db/database.ts';
import { FIELD_NAMES, readFields, sealField } from './customer-fields.ts';
import { openPersonKey, openText, type PersonDeps } from './person-keys.ts';

/**
 * Makes two customers one: the caller has locked the rows of both. What `into` lacks it gets; where both know
 * something else, `from` keeps its own, under its own key, for the person's export. Everything that names `from` still
 * does, and means `into`.
 */
export async function mergeCustomers(
  deps: Pick<PersonDeps, 'personalData'>,
  transaction: Transaction,
  { merchantId, from, into }: { readonly merchantId: string; readonly from: string; readonly into: string },
): Promise<void> {
  const source = { merchantId, customerId: from };
  const target = { merchantId, customerId: into };
  const sourceBox = await openPersonKey(deps, transaction, source);
  const targetBox = await openPersonKey(deps, transaction, target);
  if (sourceBox === null || targetBox === null)
    throw new Error(`customers ${from} and ${into}: one has no key`);

  const lent = await readFields(transaction, source, sourceBox);
  const known = await readFields(transaction, target, targetBox);
  for (const field of FIELD_NAMES) {
    const value = lent[field];
    if (known[field] === null && value !== null)
      await sealField(transaction, target, targetBox, field, value);
  }
  const identifiers = await transaction.query<{ kind: string; hash: Uint8Array; sealed: Uint8Array }>(
    `SELECT kind, hash, value_sealed AS sealed FROM customer_identifiers
     WHERE merchant_id = $1 AND customer_id = $2`,
    [merchantId, from],
  );
  for (const { kind, hash, sealed } of identifiers)
    await transaction.query(
      `UPDATE customer_identifiers SET customer_id = $4, value_sealed = $5
       WHERE merchant_id = $1 AND kind = $2 AND hash = $3`,
      [merchantId, kind, hash, into, targetBox.seal(openText(sourceBox, sealed))],
    );
  await transaction.query(
    `UPDATE customers t SET created_at = least(t.created_at, s.created_at),
       last_seen_at = greatest(t.last_seen_at, s.last_seen_at)
     FROM customers s WHERE t.merchant_id = $1 AND t.customer_id = $3 AND s.merchant_id = $1 AND s.customer_id = $2`,
    [merchantId, from, into],
  );
  await transaction.query(
    `UPDATE customers SET merged_into = $3
     WHERE merchant_id = $1 AND (customer_id = $2 OR merged_into = $2)`,
    [merchantId, from, into],
  );
}
