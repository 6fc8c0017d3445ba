import { CustomerEmail, CustomerPhone } from '../../domain/protocol/charges.ts';
import type { CustomerView } from '../../domain/protocol/customers.ts';
import type { ServerContext } from '../context.ts';
import { openPersonKey, openText } from '../customers/person-keys.ts';
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
 * The one place that knows where a payment's personal data is. The e-mail is what was left on the payment's page, else
 * what is known of the customer. Of a customer who was erased nothing is known.
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
  let left: string | null;
  try {
    customer = await readCustomer(context, database, merchantId, customerId);
    left = await readLeftAddress(context, database, { merchantId, transactionId });
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
    email: CustomerEmail.safeParse(left ?? customer.email).data ?? null,
    phone: CustomerPhone.safeParse(customer.phone).data ?? null,
  };
}

/**
 * What the customer left on the payment's page; null: nothing, or its person was erased.
 * @throws where it was sealed with another key than this process has
 */
export async function readLeftAddress(
  context: Pick<ServerContext, 'personalData'>,
  database: Queryable,
  { merchantId, transactionId }: TransactionKey,
): Promise<string | null> {
  const [row] = await database.query<{ sealed: Uint8Array | null; customerId: string | null }>(
    `SELECT contact_sealed AS sealed, contact_customer_id AS "customerId" FROM fulfilments
     WHERE merchant_id = $1 AND transaction_id = $2`,
    [merchantId, transactionId],
  );
  if (row === undefined || row.sealed === null || row.customerId === null) return null;
  const box = await openPersonKey(context, database, { merchantId, customerId: row.customerId });
  return box === null ? null : openText(box, row.sealed);
}

/** Those that PostgreSQL answers have a severity; those of its connection are known by their names. */
function isOfTheDatabase(error: unknown): boolean {
  return isDatabaseUnavailable(error) || (error instanceof Error && 'severity' in error);
}
