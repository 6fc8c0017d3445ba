import { maskDocument, maskEmail, normaliseDocument, normaliseEmail } from '../../domain/person.ts';
import type { CustomerList, CustomerView } from '../../domain/protocol/customers.ts';
import type { Queryable } from '../db/database.ts';
import { type FieldName, openFields } from './customer-fields.ts';
import {
  type IdentifierKind,
  identifierOf,
  openPersonKey,
  openText,
  type PersonDeps,
} from './person-keys.ts';

type Deps = Pick<PersonDeps, 'personalData'>;

interface CustomerRow extends Record<FieldName, Uint8Array | null> {
  readonly [column: string]: unknown;
  readonly customerId: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly erasedAt: number | null;
  readonly erasing: boolean;
}

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;
const COLUMNS = `c.customer_id AS "customerId", c.name_sealed AS name, c.email_sealed AS email,
  c.document_sealed AS document, c.phone_sealed AS phone, ${ms('c.created_at')} AS "createdAt",
  ${ms('c.last_seen_at')} AS "lastSeenAt", ${ms('c.erased_at')} AS "erasedAt",
  EXISTS (SELECT FROM customer_erasures e WHERE e.merchant_id = c.merchant_id AND e.customer_id = c.customer_id
    AND e.finished_at IS NULL) AS erasing`;

/**
 * What is known of a customer. One that was merged is answered as the one that it became; of one that was erased the
 * fields are null.
 * @param database also an open transaction
 */
export async function readCustomer(
  deps: Deps,
  database: Queryable,
  merchantId: string,
  customerId: string,
): Promise<CustomerView | undefined> {
  const [row] = await database.query<CustomerRow>(
    `SELECT ${COLUMNS} FROM customers named
     JOIN customers c ON c.merchant_id = named.merchant_id
       AND c.customer_id = coalesce(named.merged_into, named.customer_id)
     WHERE named.merchant_id = $1 AND named.customer_id = $2`,
    [merchantId, customerId],
  );
  return row === undefined ? undefined : viewOf(deps, database, merchantId, row);
}

/** By one e-mail or one document; undefined where nobody has it, or it is none. */
export async function findCustomer(
  deps: Deps,
  database: Queryable,
  merchantId: string,
  kind: IdentifierKind,
  value: string,
): Promise<CustomerView | undefined> {
  const normalised = kind === 'email' ? normaliseEmail(value) : normaliseDocument(value);
  if (normalised === null) return undefined;
  const { hash } = identifierOf(deps, merchantId, kind, normalised);
  const [found] = await database.query<{ customerId: string }>(
    `SELECT customer_id AS "customerId" FROM customer_identifiers WHERE merchant_id = $1 AND kind = $2 AND hash = $3`,
    [merchantId, kind, hash],
  );
  return found === undefined ? undefined : readCustomer(deps, database, merchantId, found.customerId);
}

/** Those seen last first. Document and e-mail are masked: a list shows more people than were asked for. */
export async function listCustomers(
  deps: Deps,
  database: Queryable,
  merchantId: string,
  limit: number,
): Promise<CustomerList> {
  const rows = await database.query<CustomerRow>(
    `SELECT ${COLUMNS} FROM customers c WHERE merchant_id = $1 AND merged_into IS NULL
     ORDER BY last_seen_at DESC, customer_id LIMIT $2`,
    [merchantId, limit],
  );
  const [count] = await database.query<{ total: number }>(
    'SELECT count(*)::int AS total FROM customers WHERE merchant_id = $1 AND merged_into IS NULL',
    [merchantId],
  );
  const customers: CustomerList['customers'] = [];
  for (const row of rows) {
    const { customerId, status, name, email, document, createdAt, lastSeenAt } = await viewOf(
      deps,
      database,
      merchantId,
      row,
    );
    customers.push({
      customerId,
      status,
      name,
      email: email === null ? null : maskEmail(email),
      document: document === null ? null : maskDocument(document),
      createdAt,
      lastSeenAt,
    });
  }
  return { customers, total: count?.total ?? 0 };
}

async function viewOf(
  deps: Deps,
  database: Queryable,
  merchantId: string,
  row: CustomerRow,
): Promise<CustomerView> {
  const { customerId, createdAt, lastSeenAt, erasedAt, erasing } = row;
  const facts = { customerId, createdAt, lastSeenAt, erasedAt };
  const box = await openPersonKey(deps, database, { merchantId, customerId });
  if (box === null)
    return { ...facts, status: 'erased', name: null, email: null, document: null, phone: null, emails: [] };
  const emails = await database.query<{ sealed: Uint8Array }>(
    `SELECT value_sealed AS sealed FROM customer_identifiers
     WHERE merchant_id = $1 AND customer_id = $2 AND kind = 'email' ORDER BY learned_at, hash`,
    [merchantId, customerId],
  );
  return {
    ...facts,
    status: erasing ? 'erasing' : 'known',
    ...openFields(row, box),
    emails: emails.map(({ sealed }) => openText(box, sealed)),
  };
}
