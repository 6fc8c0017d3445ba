import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { Queryable } from '../db/database.ts';
import { openText, type PersonId } from './person-keys.ts';

export interface LeftAddress {
  readonly transactionId: string;
  readonly email: string;
  readonly leftAt: Date;
}

/** What a person left on the receipt pages of payments, oldest first; each counts for its payment alone. */
export async function readLeftAddresses(
  database: Queryable,
  { merchantId, customerId }: PersonId,
  box: PersonalDataBox,
): Promise<LeftAddress[]> {
  const rows = await database.query<{ transactionId: string; sealed: Uint8Array; leftAt: Date }>(
    `SELECT transaction_id AS "transactionId", contact_sealed AS sealed, contact_at AS "leftAt" FROM fulfilments
     WHERE merchant_id = $1 AND contact_customer_id = $2 ORDER BY contact_at, transaction_id`,
    [merchantId, customerId],
  );
  return rows.map(({ transactionId, sealed, leftAt }) => ({
    transactionId,
    email: openText(box, sealed),
    leftAt,
  }));
}
