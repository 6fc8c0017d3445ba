import type { Clock } from '../../domain/clock.ts';
import { newId } from '../../domain/ids.ts';
import { normaliseDocument, normaliseEmail, type Person } from '../../domain/person.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { Transaction } from '../db/database.ts';
import { type FieldName, readFields, sealField } from './customer-fields.ts';
import { mergeCustomers } from './merge-customers.ts';
import {
  createPersonKey,
  type Identifier,
  identifierOf,
  openPersonKey,
  type PersonDeps,
  type PersonId,
} from './person-keys.ts';

/** What the functions that make customers need beside the database. */
export interface PeopleDeps extends PersonDeps {
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** An owner changes while it is waited for only by a merging or an erasure of that very moment. */
const MAX_LOOKS = 10;

interface Owner {
  readonly customerId: string;
  readonly hasDocument: boolean;
}
type Owners = Readonly<Partial<Record<Identifier['kind'], Owner>>>;

/**
 * The customer of a merchant whom this is about: found by document, else by e-mail, else a new one; whatever is new is
 * learned, and nothing is overwritten by emptiness. Where e-mail and document point at two, the document decides
 * (docs/privacy.md): a customer without a document is the same person and is merged, one with another document is
 * somebody else, who keeps the e-mail. Any number of processes may do it at once for one person.
 *
 * Locks, after those of payments and tickets: e-mail and document by name, then the rows of the customers.
 * @returns the customer's id
 */
export async function findOrCreateCustomer(
  deps: PeopleDeps,
  transaction: Transaction,
  merchantId: string,
  person: Person,
  atMs: number,
): Promise<string> {
  const told = normalise(person);
  const identifiers: Identifier[] = [];
  const email = told.email === undefined ? null : normaliseEmail(told.email);
  const document = told.document === undefined ? null : normaliseDocument(told.document);
  // In this order always: two processes never wait for each other.
  if (document !== null) identifiers.push(identifierOf(deps, merchantId, 'document', document));
  if (email !== null) identifiers.push(identifierOf(deps, merchantId, 'email', email));
  await lockIdentifiers(transaction, identifiers);
  const owners = await lockOwners(transaction, merchantId, identifiers);

  const found = whoIsMeant(owners, document !== null);
  const id: PersonId = { merchantId, customerId: found ?? newId(deps.clock, deps.randomBytes) };
  const box =
    found === null
      ? await createCustomer(deps, transaction, id, atMs)
      : await openPersonKey(deps, transaction, id);
  if (box === null) throw new Error(`customer ${id.customerId} is found and has no key`);
  const other = owners.email;
  if (other !== undefined && other.customerId !== id.customerId && !other.hasDocument)
    await mergeCustomers(deps, transaction, { merchantId, from: other.customerId, into: id.customerId });
  await learnFields(
    transaction,
    id,
    box,
    { ...told, ...(document === null ? {} : { document }), ...(email === null ? {} : { email }) },
    atMs,
  );
  await learnIdentifiers(transaction, id, box, identifiers, atMs);
  return id.customerId;
}

/** @returns null where somebody new has to be made */
function whoIsMeant({ document, email }: Owners, hasDocument: boolean): string | null {
  if (document !== undefined) return document.customerId;
  // An e-mail of somebody with another document: a family, a firm. Two documents are two persons.
  if (email === undefined || (hasDocument && email.hasDocument)) return null;
  return email.customerId;
}

function normalise(person: Person): Partial<Record<FieldName, string>> {
  const told: Partial<Record<FieldName, string>> = {};
  for (const field of ['name', 'email', 'document', 'phone'] as const) {
    const value = person[field]?.normalize('NFC').trim().replace(/\s+/g, ' ');
    if (value !== undefined && value !== '') told[field] = value;
  }
  return told;
}

/** Whoever learns of the same e-mail or document waits here, also where there is no row yet. */
async function lockIdentifiers(transaction: Transaction, identifiers: readonly Identifier[]): Promise<void> {
  if (identifiers.length === 0) return;
  const names = identifiers.map(({ kind, hash }) => `customer ${kind} ${hash.toString('hex')}`);
  await transaction.query(
    `SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
     FROM (SELECT unnest($1::text[]) AS name ORDER BY 1) AS names`,
    [names],
  );
}

async function lockOwners(
  transaction: Transaction,
  merchantId: string,
  identifiers: readonly Identifier[],
): Promise<Owners> {
  if (identifiers.length === 0) return {};
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const found = await readOwners(transaction, merchantId, identifiers);
    const ids = [...new Set(Object.values(found).map(({ customerId }) => customerId))];
    if (ids.length === 0) return {};
    const locked = await transaction.query(
      `SELECT customer_id FROM customers
       WHERE merchant_id = $1 AND customer_id = ANY($2) AND merged_into IS NULL AND erased_at IS NULL
       ORDER BY customer_id FOR NO KEY UPDATE`,
      [merchantId, ids],
    );
    // Merged or erased while its lock was waited for: its identifiers have gone elsewhere, or nowhere.
    const now = await readOwners(transaction, merchantId, identifiers);
    const isSame =
      locked.length === ids.length &&
      identifiers.every(({ kind }) => now[kind]?.customerId === found[kind]?.customerId);
    if (isSame) return now;
  }
  throw new Error('a customer changed hands again and again while it was looked for');
}

async function readOwners(
  transaction: Transaction,
  merchantId: string,
  identifiers: readonly Identifier[],
): Promise<Owners> {
  const rows = await transaction.query<{
    kind: Identifier['kind'];
    customerId: string;
    hasDocument: boolean;
  }>(
    `SELECT i.kind, i.customer_id AS "customerId", EXISTS (SELECT FROM customer_identifiers d
       WHERE d.merchant_id = i.merchant_id AND d.customer_id = i.customer_id AND d.kind = 'document') AS "hasDocument"
     FROM customer_identifiers i
     JOIN unnest($2::text[], $3::bytea[]) AS told (kind, hash) ON told.kind = i.kind AND told.hash = i.hash
     WHERE i.merchant_id = $1`,
    [merchantId, identifiers.map(({ kind }) => kind), identifiers.map(({ hash }) => hash)],
  );
  return Object.fromEntries(rows.map(({ kind, ...owner }) => [kind, owner]));
}

async function createCustomer(
  deps: PersonDeps,
  transaction: Transaction,
  id: PersonId,
  atMs: number,
): Promise<PersonalDataBox> {
  await transaction.query(
    'INSERT INTO customers (merchant_id, customer_id, created_at, last_seen_at) VALUES ($1, $2, $3, $3)',
    [id.merchantId, id.customerId, new Date(atMs)],
  );
  return createPersonKey(deps, transaction, id, atMs);
}

/** The newest word counts; an older one, of a sale that is gone through later, only fills gaps. */
async function learnFields(
  transaction: Transaction,
  id: PersonId,
  box: PersonalDataBox,
  told: Partial<Record<FieldName, string>>,
  atMs: number,
): Promise<void> {
  const known = await readFields(transaction, id, box);
  const [row] = await transaction.query<{ lastSeenAt: Date }>(
    'SELECT last_seen_at AS "lastSeenAt" FROM customers WHERE merchant_id = $1 AND customer_id = $2',
    [id.merchantId, id.customerId],
  );
  const isNews = row !== undefined && row.lastSeenAt.getTime() <= atMs;
  for (const [field, value] of Object.entries(told) as [FieldName, string][]) {
    if (known[field] === value) continue;
    // What is no valid e-mail or document was not searched by: it fills a gap, and replaces nothing.
    const isValid =
      field === 'document'
        ? normaliseDocument(value) !== null
        : field !== 'email' || normaliseEmail(value) !== null;
    if (known[field] !== null && !(isValid && isNews)) continue;
    await sealField(transaction, id, box, field, value);
  }
  await transaction.query(
    `UPDATE customers SET last_seen_at = greatest(last_seen_at, $3), created_at = least(created_at, $3)
     WHERE merchant_id = $1 AND customer_id = $2 AND (last_seen_at < $3 OR created_at > $3)`,
    [id.merchantId, id.customerId, new Date(atMs)],
  );
}

/** What belongs to somebody else already stays theirs. */
async function learnIdentifiers(
  transaction: Transaction,
  { merchantId, customerId }: PersonId,
  box: PersonalDataBox,
  identifiers: readonly Identifier[],
  atMs: number,
): Promise<void> {
  for (const { kind, hash, value } of identifiers)
    await transaction.query(
      `INSERT INTO customer_identifiers (merchant_id, kind, hash, customer_id, value_sealed, learned_at)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (merchant_id, kind, hash) DO NOTHING`,
      [merchantId, kind, hash, customerId, box.seal(value), new Date(atMs)],
    );
}
