import { z } from 'zod';
import { CustomerEmail, CustomerPhone } from '../../domain/protocol/charges.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';

/** What the server knows of whoever pays. */
export interface Contact {
  readonly name: string | null;
  /** Eleven digits. */
  readonly cpf: string | null;
  readonly email: string | null;
  /** E.164. */
  readonly phone: string | null;
}

const NOBODY: Contact = { name: null, cpf: null, email: null, phone: null };

/** What does not read as it should is left out: a receipt without a name is a receipt. */
const Sealed = z.object({
  name: z.string().nullable().default(null).catch(null),
  cpf: z.string().nullable().default(null).catch(null),
  email: CustomerEmail.nullable().default(null).catch(null),
  phone: CustomerPhone.nullable().default(null).catch(null),
});

/** The one place that knows where a payment's personal data is. */
export async function readContact(
  { personalData }: Pick<ServerContext, 'personalData'>,
  database: Queryable,
  { merchantId, transactionId }: TransactionKey,
): Promise<Contact> {
  const [row] = await database.query<{ sealed: Buffer | null }>(
    'SELECT customer_sealed AS sealed FROM payment_transactions WHERE merchant_id = $1 AND transaction_id = $2',
    [merchantId, transactionId],
  );
  if (row === undefined || row.sealed === null) return NOBODY;
  return Sealed.parse(personalData.open(row.sealed));
}
