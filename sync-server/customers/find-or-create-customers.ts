import { newId } from '../../domain/ids.ts';
import { normaliseDocument, normaliseEmail, type Person } from '../../domain/person.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { Transaction } from '../db/database.ts';
import type { FieldName } from './customer-fields.ts';
import {
  type KnownCustomer,
  type LearnedIdentifier,
  readCustomers,
  writeCustomers,
  writeIdentifiers,
} from './customer-store.ts';
import { mergeCustomers } from './merge-customers.ts';
import { type Identifier, identifierOf, makePersonKey, type PeopleDeps } from './person-keys.ts';

export interface ToldPerson {
  readonly person: Person;
  /** When it was told: epoch milliseconds. */
  readonly atMs: number;
  /** Since when they have been known, where that is earlier. */
  readonly sinceMs?: number;
}

export interface FoundCustomer {
  readonly customerId: string;
  /** Of the person's own key. */
  readonly box: PersonalDataBox;
}

/** An owner changes while it is waited for only by a merging or an erasure of that very moment. */
const MAX_LOOKS = 10;

/**
 * `findOrCreateCustomer` for many persons of one merchant, one after the other, in few statements for all of them: two
 * that turn out to be one person are one customer.
 *
 * Locks, after those of payments and tickets: e-mails and documents by name, then the rows of the customers.
 * @returns whose each of them is, in the same order
 */
export async function findOrCreateCustomers(
  deps: PeopleDeps,
  transaction: Transaction,
  merchantId: string,
  people: readonly ToldPerson[],
): Promise<FoundCustomer[]> {
  const told = people.map((one) => toldOf(deps, merchantId, one));
  const identifiers = [
    ...new Map(told.flatMap((one) => one.identifiers).map((one) => [nameOf(one), one])).values(),
  ];
  await lockIdentifiers(transaction, identifiers);
  /** Whose an identifier is, by its name; and who that is: of two that were merged, the one that counts now. */
  const owners = await lockOwners(transaction, merchantId, identifiers);
  const customers = new Map<string, KnownCustomer>();
  const load = async (ids: readonly string[]): Promise<void> => {
    if (ids.length === 0) return;
    for (const one of await readCustomers(deps, transaction, merchantId, ids))
      customers.set(one.customerId, one);
  };
  const learned: LearnedIdentifier[] = [];
  const write = async (): Promise<void> => {
    await writeCustomers(transaction, merchantId, [...new Set(customers.values())]);
    await writeIdentifiers(transaction, merchantId, learned.splice(0));
  };
  const ownerOf = ({ document, email }: Told, kind: Identifier['kind']): KnownCustomer | undefined => {
    const named = kind === 'document' ? document : email;
    return customers.get((named && owners.get(nameOf(named))) ?? '');
  };
  const mergeInto = async (into: string, from: string): Promise<void> => {
    await write();
    await mergeCustomers(deps, transaction, { merchantId, from, into });
    const before = [customers.get(from), customers.get(into)];
    await load([into]);
    const after = customers.get(into);
    if (after === undefined) throw new Error(`customer ${into} vanished while ${from} was merged into it`);
    for (const [id, known] of customers) if (before.includes(known)) customers.set(id, after);
  };

  await load([...new Set(owners.values())]);
  const found: string[] = [];
  for (const one of told) {
    const byEmail = ownerOf(one, 'email');
    const meant = whoIsMeant(one, ownerOf(one, 'document'), byEmail) ?? newCustomer(deps, one);
    customers.set(meant.customerId, meant);
    if (byEmail !== undefined && byEmail !== meant && !byEmail.hasDocument)
      await mergeInto(meant.customerId, byEmail.customerId);
    const customer = customers.get(meant.customerId) ?? meant;
    learnFields(customer, one);
    for (const identifier of one.identifiers) {
      const name = nameOf(identifier);
      // What belongs to somebody else already stays theirs.
      if (owners.has(name)) continue;
      owners.set(name, customer.customerId);
      learned.push({ ...identifier, customer, atMs: one.atMs });
      if (identifier.kind === 'document') customer.hasDocument = true;
    }
    found.push(customer.customerId);
  }
  await write();
  return found.map((id) => {
    const known = customers.get(id);
    if (known === undefined) throw new Error(`customer ${id} was found and lost`);
    return { customerId: known.customerId, box: known.box };
  });
}

interface Told {
  readonly fields: Partial<Record<FieldName, string>>;
  readonly document: Identifier | undefined;
  readonly email: Identifier | undefined;
  readonly identifiers: readonly Identifier[];
  readonly atMs: number;
  readonly sinceMs: number;
}

function toldOf(deps: PeopleDeps, merchantId: string, { person, atMs, sinceMs = atMs }: ToldPerson): Told {
  const fields: Partial<Record<FieldName, string>> = {};
  for (const field of ['name', 'email', 'document', 'phone'] as const) {
    const value = person[field]?.normalize('NFC').trim().replace(/\s+/g, ' ');
    if (value !== undefined && value !== '') fields[field] = value;
  }
  const valid = {
    document: fields.document === undefined ? null : normaliseDocument(fields.document),
    email: fields.email === undefined ? null : normaliseEmail(fields.email),
  };
  const identify = (kind: Identifier['kind']): Identifier | undefined => {
    const value = valid[kind];
    if (value === null) return undefined;
    fields[kind] = value;
    return identifierOf(deps, merchantId, kind, value);
  };
  const [document, email] = [identify('document'), identify('email')];
  const identifiers = [document, email].filter((one) => one !== undefined);
  return { fields, document, email, identifiers, atMs, sinceMs: Math.min(sinceMs, atMs) };
}

function nameOf({ kind, hash }: Pick<Identifier, 'kind' | 'hash'>): string {
  return `${kind} ${hash.toString('hex')}`;
}

/** @returns undefined where somebody new has to be made */
function whoIsMeant(
  told: Told,
  byDocument: KnownCustomer | undefined,
  byEmail: KnownCustomer | undefined,
): KnownCustomer | undefined {
  if (byDocument !== undefined) return byDocument;
  // An e-mail of somebody with another document: a family, a firm. Two documents are two persons.
  return told.document !== undefined && byEmail?.hasDocument === true ? undefined : byEmail;
}

function newCustomer(deps: PeopleDeps, { atMs, sinceMs }: Told): KnownCustomer {
  const customerId = newId(deps.clock, deps.randomBytes);
  const { box, sealed } = makePersonKey(deps, customerId);
  return {
    customerId,
    box,
    newKey: sealed,
    fields: { name: null, email: null, document: null, phone: null },
    hasDocument: false,
    createdAtMs: sinceMs,
    lastSeenAtMs: atMs,
    changed: new Set(),
    hasNewTimes: false,
  };
}

/** The newest word counts; an older one, of a sale that is gone through later, only fills gaps. */
function learnFields(customer: KnownCustomer, { fields, atMs, sinceMs }: Told): void {
  const isNews = customer.lastSeenAtMs <= atMs;
  for (const [field, value] of Object.entries(fields) as [FieldName, string][]) {
    const known = customer.fields[field];
    if (known === value) continue;
    // What is no valid e-mail or document was not searched by: it fills a gap, and replaces nothing.
    const isValid =
      field === 'document'
        ? normaliseDocument(value) !== null
        : field !== 'email' || normaliseEmail(value) !== null;
    if (known !== null && !(isValid && isNews)) continue;
    customer.fields[field] = value;
    customer.changed.add(field);
  }
  if (customer.lastSeenAtMs >= atMs && customer.createdAtMs <= sinceMs) return;
  customer.lastSeenAtMs = Math.max(customer.lastSeenAtMs, atMs);
  customer.createdAtMs = Math.min(customer.createdAtMs, sinceMs);
  customer.hasNewTimes = true;
}

/** Whoever learns of the same e-mail or document waits here, also where there is no row yet. */
async function lockIdentifiers(transaction: Transaction, identifiers: readonly Identifier[]): Promise<void> {
  if (identifiers.length === 0) return;
  // In this order always: two processes never wait for each other.
  await transaction.query(
    `SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
     FROM (SELECT unnest($1::text[]) AS name ORDER BY 1) AS names`,
    [identifiers.map((one) => `customer ${nameOf(one)}`)],
  );
}

/** @returns whose each identifier is, by its name; the rows of those customers are locked */
async function lockOwners(
  transaction: Transaction,
  merchantId: string,
  identifiers: readonly Identifier[],
): Promise<Map<string, string>> {
  if (identifiers.length === 0) return new Map();
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const found = await readOwners(transaction, merchantId, identifiers);
    const ids = [...new Set(found.values())];
    if (ids.length === 0) return found;
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
      now.size === found.size &&
      [...now].every(([name, id]) => found.get(name) === id);
    if (isSame) return now;
  }
  throw new Error('a customer changed hands again and again while it was looked for');
}

async function readOwners(
  transaction: Transaction,
  merchantId: string,
  identifiers: readonly Identifier[],
): Promise<Map<string, string>> {
  const rows = await transaction.query<{ kind: Identifier['kind']; hash: Buffer; customerId: string }>(
    `SELECT i.kind, i.hash, i.customer_id AS "customerId" FROM customer_identifiers i
     JOIN unnest($2::text[], $3::bytea[]) AS told (kind, hash) ON told.kind = i.kind AND told.hash = i.hash
     WHERE i.merchant_id = $1`,
    [merchantId, identifiers.map(({ kind }) => kind), identifiers.map(({ hash }) => hash)],
  );
  return new Map(rows.map((row) => [nameOf(row), row.customerId]));
}
