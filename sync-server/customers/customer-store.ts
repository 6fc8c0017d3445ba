import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { Transaction } from '../db/database.ts';
import { FIELD_NAMES, type FieldName, openFields } from './customer-fields.ts';
import { boxOfKey, type Identifier, type PersonDeps } from './person-keys.ts';

/** A customer while a transaction learns of them. */
export interface KnownCustomer {
  readonly customerId: string;
  readonly box: PersonalDataBox;
  /** The key of somebody new, to be written; null where it is written. */
  newKey: Buffer | null;
  readonly fields: Record<FieldName, string | null>;
  hasDocument: boolean;
  createdAtMs: number;
  lastSeenAtMs: number;
  /** Fields that are to be written. */
  readonly changed: Set<FieldName>;
  hasNewTimes: boolean;
}

type SealedFields = Record<FieldName, Uint8Array | null>;

/** Customers whose rows the caller has locked. @throws where one has no key, or another master key's */
export async function readCustomers(
  deps: Pick<PersonDeps, 'personalData'>,
  transaction: Transaction,
  merchantId: string,
  customerIds: readonly string[],
): Promise<KnownCustomer[]> {
  const rows = await transaction.query<
    SealedFields & {
      customerId: string;
      key: Uint8Array | null;
      hasDocument: boolean;
      createdAt: Date;
      lastSeenAt: Date;
    }
  >(
    `SELECT c.customer_id AS "customerId", key_sealed AS key, name_sealed AS name, email_sealed AS email,
       document_sealed AS document, phone_sealed AS phone, c.created_at AS "createdAt", last_seen_at AS "lastSeenAt",
       EXISTS (SELECT FROM customer_identifiers d WHERE d.merchant_id = c.merchant_id
         AND d.customer_id = c.customer_id AND d.kind = 'document') AS "hasDocument"
     FROM customers c LEFT JOIN person_keys k ON k.merchant_id = c.merchant_id AND k.customer_id = c.customer_id
     WHERE c.merchant_id = $1 AND c.customer_id = ANY($2)`,
    [merchantId, customerIds],
  );
  return rows.map(({ customerId, key, hasDocument, createdAt, lastSeenAt, ...sealed }) => {
    if (key === null) throw new Error(`customer ${customerId} is found and has no key`);
    const box = boxOfKey(deps, customerId, key);
    return {
      customerId,
      box,
      newKey: null,
      fields: { ...openFields(sealed, box) },
      hasDocument,
      createdAtMs: createdAt.getTime(),
      lastSeenAtMs: lastSeenAt.getTime(),
      changed: new Set(),
      hasNewTimes: false,
    };
  });
}

/** Writes what is new of them: whole rows and keys, or fields and times. */
export async function writeCustomers(
  transaction: Transaction,
  merchantId: string,
  customers: readonly KnownCustomer[],
): Promise<void> {
  const added = customers.filter(({ newKey }) => newKey !== null);
  if (added.length > 0) {
    await transaction.query(
      `INSERT INTO customers (merchant_id, customer_id, created_at, last_seen_at, name_sealed, email_sealed,
         document_sealed, phone_sealed)
       SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::bytea[], $6::bytea[], $7::bytea[],
         $8::bytea[])`,
      columnsOf(merchantId, added),
    );
    await transaction.query(
      `INSERT INTO person_keys (merchant_id, customer_id, created_at, key_sealed)
       SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[], $4::bytea[])`,
      [
        merchantId,
        added.map(({ customerId }) => customerId),
        added.map(({ createdAtMs }) => new Date(createdAtMs)),
        added.map(({ newKey }) => newKey),
      ],
    );
  }
  const changed = customers.filter(
    ({ newKey, changed: fields, hasNewTimes }) => newKey === null && (fields.size > 0 || hasNewTimes),
  );
  if (changed.length > 0)
    await transaction.query(
      `UPDATE customers c SET created_at = least(c.created_at, r.created_at),
         last_seen_at = greatest(c.last_seen_at, r.seen_at), name_sealed = coalesce(r.name, name_sealed),
         email_sealed = coalesce(r.email, email_sealed), document_sealed = coalesce(r.document, document_sealed),
         phone_sealed = coalesce(r.phone, phone_sealed)
       FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[])
         AS r (id, created_at, seen_at, name, email, document, phone)
       WHERE c.merchant_id = $1 AND c.customer_id = r.id`,
      columnsOf(merchantId, changed),
    );
  for (const customer of [...added, ...changed]) {
    customer.newKey = null;
    customer.changed.clear();
    customer.hasNewTimes = false;
  }
}

function columnsOf(merchantId: string, customers: readonly KnownCustomer[]): unknown[] {
  return [
    merchantId,
    customers.map(({ customerId }) => customerId),
    customers.map(({ createdAtMs }) => new Date(createdAtMs)),
    customers.map(({ lastSeenAtMs }) => new Date(lastSeenAtMs)),
    ...FIELD_NAMES.map((field) =>
      customers.map(({ box, fields, changed }) => (changed.has(field) ? box.seal(fields[field]) : null)),
    ),
  ];
}

export interface LearnedIdentifier extends Identifier {
  readonly customer: KnownCustomer;
  readonly atMs: number;
}

/** Identifiers that nobody has; their names are locked by the caller. */
export async function writeIdentifiers(
  transaction: Transaction,
  merchantId: string,
  learned: readonly LearnedIdentifier[],
): Promise<void> {
  if (learned.length === 0) return;
  await transaction.query(
    `INSERT INTO customer_identifiers (merchant_id, kind, hash, customer_id, value_sealed, learned_at)
     SELECT $1, * FROM unnest($2::text[], $3::bytea[], $4::uuid[], $5::bytea[], $6::timestamptz[])`,
    [
      merchantId,
      learned.map(({ kind }) => kind),
      learned.map(({ hash }) => hash),
      learned.map(({ customer }) => customer.customerId),
      learned.map(({ customer, value }) => customer.box.seal(value)),
      learned.map(({ atMs }) => new Date(atMs)),
    ],
  );
}
