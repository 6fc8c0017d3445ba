import { CustomerEmail, CustomerPhone } from '../../domain/protocol/charges.ts';
import type { CustomerView } from '../../domain/protocol/customers.ts';
import type { ServerContext } from '../context.ts';
import { readCustomer } from '../customers/read-customer.ts';
import type { Queryable } from '../db/database.ts';
import { isDatabaseUnavailable } from '../db/unavailable.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';

/** What the server knows of whoever pays. */
export interface Contact {
  readonly name: string | null;
  /** Eleven digits; a company's document is left out. */
  readonly cpf: string | null;
  readonly email: string | null;
  /** E.164. */
  readonly phone: string | null;
}

const NOBODY: Contact = { name: null, cpf: null, email: null, phone: null };

/**
 * The one place that knows where a payment's personal data is. Of a customer who was erased nothing is known.
 * @returns null where it was sealed with another key than this process has
 */
export async function readContact(
  context: Pick<ServerContext, 'personalData'>,
  database: Queryable,
  { merchantId, transactionId }: TransactionKey,
): Promise<Contact | null> {
  const [row] = await database.query<{ customerId: string | null }>(
    `SELECT customer_id AS "customerId" FROM payment_transactions WHERE merchant_id = $1 AND transaction_id = $2`,
    [merchantId, transactionId],
  );
  const customerId = row?.customerId ?? null;
  if (customerId === null) return NOBODY;
  let customer: CustomerView | undefined;
  try {
    customer = await readCustomer(context, database, merchantId, customerId);
  } catch (error) {
    if (isOfTheDatabase(error)) throw error;
    return null;
  }
  if (customer === undefined || customer.status === 'erasing') return NOBODY;
  const { name, document } = customer;
  return {
    name,
    cpf: document?.length === 11 ? document : null,
    // What no mail server takes, and no telephone company, is as good as nothing.
    email: CustomerEmail.safeParse(customer.email).data ?? null,
    phone: CustomerPhone.safeParse(customer.phone).data ?? null,
  };
}

/** Those that PostgreSQL answers have a severity; those of its connection are known by their names. */
function isOfTheDatabase(error: unknown): boolean {
  return isDatabaseUnavailable(error) || (error instanceof Error && 'severity' in error);
}
