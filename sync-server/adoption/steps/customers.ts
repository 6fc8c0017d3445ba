import type { Person } from '../../../domain/person.ts';
import { findOrCreateCustomers } from '../../customers/find-or-create-customers.ts';
import type { Transaction } from '../../db/database.ts';
import { adoptedIdOf } from '../adopted-id.ts';
import type { RowKind } from '../columns.ts';
import { fold } from '../fold.ts';
import type { ImportDeps } from '../import-rows.ts';
import type { Mapping } from '../mapping.ts';
import { maskCells, openRaw } from '../raw-row.ts';
import type { Cells } from '../read-row.ts';
import type { RunOptions } from '../run-store.ts';
import { createRereader, type Rereader } from './reread.ts';
import { isDoubled, renewStatistics } from './statistics.ts';

/** A live sale of one of these persons waits for the commit: a few hundred rows take some tenths of a second. */
const ROWS = 500;
/** Rows of a megabyte each. */
const BATCH_BYTES = 16 * 1024 * 1024;

/** Of one person, with and without middle names, married and not, misspelt. */
const MAX_NAMES = 10;

interface Someone {
  readonly merchantId: string;
  readonly personHash: Buffer;
}

/**
 * Makes customers of whom the rows tell, some hundred rows a transaction, all rows of a person together; moves what the
 * rows hold from the server's key to the person's own. Then gives transactions the customer of their session, of the row
 * that their old customer id names, or of their subscription. @returns how many rows were moved
 */
export async function adoptCustomers(
  deps: ImportDeps,
  source: string,
  mapping: Mapping,
  onProgress: (done: number) => void,
): Promise<number> {
  const read = createRereader(deps, mapping);
  let moved = 0;
  let pages = 0;
  // Who has more rows than one transaction takes is met again in the next round.
  for (let inRound = -1; inRound !== 0; ) {
    inRound = 0;
    for await (const rows of batches(deps, source)) {
      inRound += await deps.db.transaction(async (transaction) => {
        // Whole or not at all even so; a crash of the machine takes the last persons back, and they are done again.
        await transaction.query('SET LOCAL synchronous_commit = off');
        return adoptPeople(deps, transaction, source, read, rows);
      });
      onProgress(moved + inRound);
      pages += 1;
      if (isDoubled(pages)) await renewStatistics(deps, 'people');
    }
    moved += inRound;
  }
  await deps.db.transaction((transaction) => linkByOthers(transaction, source));
  return moved;
}

type WaitingRow = Someone & { readonly rowId: number; readonly bytes: number };

/** Rows that wait for their person, of one merchant at a time, in order of the persons; ids alone. */
async function* batches({ db }: ImportDeps, source: string): AsyncGenerator<readonly WaitingRow[]> {
  let after: Someone = { merchantId: '00000000-0000-0000-0000-000000000000', personHash: Buffer.alloc(0) };
  for (;;) {
    const page = await db.query<WaitingRow & Record<string, unknown>>(
      `SELECT merchant_id AS "merchantId", person_hash AS "personHash", row_id AS "rowId", octet_length(raw_sealed) AS bytes
       FROM adopted_rows WHERE raw_kept = 'server' AND source = $1 AND (merchant_id, person_hash) > ($2, $3)
       ORDER BY merchant_id, person_hash, row_id LIMIT ${ROWS}`,
      [source, after.merchantId, after.personHash],
    );
    const taken = wholePeople(page);
    const last = taken.at(-1);
    if (last === undefined) return;
    yield taken;
    after = last;
  }
}

/** The first rows of a page that are not too many bytes together, without the last person where they may have more. */
function wholePeople(page: readonly WaitingRow[]): readonly WaitingRow[] {
  let bytes = 0;
  const end = page.findIndex((row, at) => {
    bytes += row.bytes;
    return at > 0 && (bytes > BATCH_BYTES || row.merchantId !== page[0]?.merchantId);
  });
  const taken = end === -1 ? page : page.slice(0, end);
  if (end === -1 && page.length < ROWS) return taken;
  const last = taken.at(-1);
  const whole = taken.filter(
    ({ merchantId, personHash }) =>
      merchantId !== last?.merchantId || !personHash.equals(last?.personHash ?? Buffer.alloc(0)),
  );
  // Somebody with more rows than a batch has: as many as there are, and the rest in the next round.
  return whole.length > 0 ? whole : taken;
}

/** The rows of one person that a mirror has just brought. */
export async function adoptPerson(
  deps: ImportDeps,
  transaction: Transaction,
  source: string,
  mapping: Mapping,
  { merchantId, personHash }: Someone,
): Promise<void> {
  const rows = await transaction.query<WaitingRow & Record<string, unknown>>(
    `SELECT merchant_id AS "merchantId", person_hash AS "personHash", row_id AS "rowId", octet_length(raw_sealed) AS bytes
     FROM adopted_rows WHERE merchant_id = $1 AND person_hash = $2 AND raw_kept = 'server' AND source = $3
     ORDER BY row_id LIMIT ${ROWS}`,
    [merchantId, personHash, source],
  );
  await adoptPeople(deps, transaction, source, createRereader(deps, mapping), rows);
}

type RowOfPerson = {
  readonly rowId: number;
  readonly kind: RowKind;
  readonly key: string;
  readonly state: string;
  readonly personHash: Buffer;
  readonly sealed: Uint8Array;
  readonly options: RunOptions;
  readonly recordedAt: Date;
};

/** @param waiting rows of one merchant. @returns how many were moved */
async function adoptPeople(
  deps: ImportDeps,
  transaction: Transaction,
  source: string,
  read: Rereader,
  waiting: readonly WaitingRow[],
): Promise<number> {
  const merchantId = waiting[0]?.merchantId;
  if (merchantId === undefined) return 0;
  const rows = await transaction.query<RowOfPerson & Record<string, unknown>>(
    `SELECT row_id AS "rowId", r.kind, old_key AS key, state, person_hash AS "personHash", raw_sealed AS sealed, options,
       recorded_at AS "recordedAt"
     FROM adopted_rows r JOIN adoption_runs USING (run_id)
     WHERE row_id = ANY($1::bigint[]) AND raw_kept = 'server' ORDER BY row_id FOR UPDATE OF r`,
    [waiting.map(({ rowId }) => rowId)],
  );
  const people = Map.groupBy(
    rows.map((row) => readPerson(deps, read, row)),
    ({ personHash }) => personHash.toString('hex'),
  );
  const ofMany = new Set<number>();
  const told = [...people.values()].flatMap((theirs) => {
    if (isEverybody(theirs)) {
      for (const { rowId } of theirs) ofMany.add(rowId);
      return [];
    }
    const together = togetherOf(theirs, theirs[0]?.recordedAt.getTime() ?? deps.clock.nowMs());
    return together === null ? [] : [{ ...together, rows: theirs }];
  });
  const found = await findOrCreateCustomers(
    deps,
    transaction,
    merchantId,
    told.map(({ person, newestMs, oldestMs }) => ({ person, atMs: newestMs, sinceMs: oldestMs })),
  );
  const owners = new Map(told.flatMap((one, at) => one.rows.map(({ rowId }) => [rowId, found[at]] as const)));
  const moved = [...people.values()].flat().map((row) => {
    const owner = owners.get(row.rowId);
    return {
      ...row,
      customerId: owner?.customerId ?? null,
      sealed: owner === undefined ? deps.personalData.seal(maskCells(row.cells)) : owner.box.seal(row.cells),
    };
  });
  await transaction.query(
    `UPDATE adopted_rows r SET customer_id = told.customer_id, person_hash = NULL, raw_sealed = told.sealed,
       reasons = CASE WHEN told.of_many THEN reasons || 'email_of_many'::text ELSE reasons END,
       state = CASE WHEN told.of_many AND state = 'mapped' THEN 'partly' ELSE state END,
       raw_kept = CASE WHEN told.customer_id IS NULL THEN 'masked' ELSE 'person' END
     FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::boolean[]) AS told (id, customer_id, sealed, of_many)
     WHERE r.row_id = told.id`,
    [
      moved.map(({ rowId }) => rowId),
      moved.map(({ customerId }) => customerId),
      moved.map(({ sealed }) => sealed),
      moved.map(({ rowId }) => ofMany.has(rowId)),
    ],
  );
  for (const [table, id, kind] of [
    ['adopted_transactions', 'adopted_id', 'transaction'],
    ['adopted_sessions', 'session_id', 'session'],
    ['adopted_links', 'link_id', 'payment_method'],
    ['adopted_links', 'link_id', 'customer_provider'],
  ] as const) {
    const theirs = moved.filter(
      (row) => row.kind === kind && row.state !== 'unmapped' && row.customerId !== null,
    );
    if (theirs.length > 0)
      await transaction.query(
        `UPDATE ${table} t SET customer_id = told.customer_id
         FROM (SELECT DISTINCT ON (id) * FROM unnest($2::uuid[], $3::uuid[]) AS all_told (id, customer_id)) AS told
         WHERE t.merchant_id = $1 AND t.${id} = told.id AND t.customer_id IS NULL`,
        [
          merchantId,
          theirs.map(({ key }) => adoptedIdOf(merchantId, source, kind, key)),
          theirs.map(({ customerId }) => customerId),
        ],
      );
  }
  const subscribed = moved.filter((row) => row.kind === 'subscription' && row.customerId !== null);
  if (subscribed.length > 0)
    await transaction.query(
      `UPDATE customer_subscriptions held SET customer_id = told.customer_id
       FROM unnest($3::text[], $4::uuid[]) AS told (old_key, customer_id)
       JOIN adopted_subscriptions s ON s.merchant_id = $1 AND s.source = $2 AND s.old_key = told.old_key
       WHERE held.merchant_id = $1 AND held.subscription_id = s.subscription_id AND held.customer_id IS NULL`,
      [merchantId, source, subscribed.map(({ key }) => key), subscribed.map(({ customerId }) => customerId)],
    );
  return moved.length;
}

function readPerson({ personalData }: ImportDeps, read: Rereader, row: RowOfPerson) {
  const cells: Cells = openRaw(personalData, row.sealed);
  const { person, transaction, session } = read(row.kind, cells, row.options);
  return { ...row, cells, person, atMs: transaction?.createdAtMs ?? session?.openedAtMs ?? null };
}

/**
 * Whether it is an address that is typed where there is none (`teste@teste.com`, the clinic's own): nobody is called by
 * so many names. A document is one person's, whatever they are called.
 */
function isEverybody(rows: readonly { readonly person: Person | null }[]): boolean {
  const names = rows.flatMap(({ person }) =>
    person === null || person.document !== undefined || person.name === undefined ? [] : fold(person.name),
  );
  return new Set(names).size > MAX_NAMES;
}

/**
 * What all rows of one person tell together: the newest word counts. A list of customers has no time, and only fills gaps.
 * @param recordedMs for whom no row has a time
 */
function togetherOf(
  rows: readonly { readonly person: Person | null; readonly atMs: number | null }[],
  recordedMs: number,
): { readonly person: Person; readonly oldestMs: number; readonly newestMs: number } | null {
  const times = rows.flatMap(({ atMs }) => atMs ?? []);
  const person = rows
    .toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0))
    .flatMap((row) => row.person ?? [])
    .reduce<Person | null>(
      (known, told) => ({ ...told, name: told.name ?? known?.name, phone: told.phone ?? known?.phone }),
      null,
    );
  if (person === null) return null;
  return times.length === 0
    ? { person, oldestMs: recordedMs, newestMs: recordedMs }
    : { person, oldestMs: Math.min(...times), newestMs: Math.max(...times) };
}

async function linkByOthers(transaction: Transaction, source: string): Promise<void> {
  // Over all rows of years: nobody waits for these rows.
  await transaction.query('SET LOCAL statement_timeout = 0');
  await transaction.query(
    `UPDATE adopted_transactions t SET customer_id = s.customer_id
     FROM (SELECT DISTINCT ON (merchant_id, adopted_id) merchant_id, adopted_id, customer_id FROM adopted_sessions
           WHERE source = $1 AND adopted_id IS NOT NULL AND customer_id IS NOT NULL
           ORDER BY merchant_id, adopted_id, opened_at, session_id) s
     WHERE t.merchant_id = s.merchant_id AND t.adopted_id = s.adopted_id AND t.source = $1 AND t.customer_id IS NULL`,
    [source],
  );
  const namedCustomer = `(SELECT DISTINCT ON (merchant_id, old_key) merchant_id, old_key, customer_id FROM adopted_rows
    WHERE source = $1 AND kind = 'customer' AND customer_id IS NOT NULL
    ORDER BY merchant_id, old_key, row_id DESC) c`;
  for (const table of ['adopted_transactions', 'adopted_links'])
    await transaction.query(
      `UPDATE ${table} t SET customer_id = c.customer_id FROM ${namedCustomer}
       WHERE t.merchant_id = c.merchant_id AND t.old_customer_key = c.old_key AND t.source = $1 AND t.customer_id IS NULL`,
      [source],
    );
  await transaction.query(
    `UPDATE customer_subscriptions held SET customer_id = c.customer_id FROM adopted_subscriptions s, ${namedCustomer}
     WHERE held.merchant_id = s.merchant_id AND held.subscription_id = s.subscription_id AND held.customer_id IS NULL
       AND s.source = $1 AND s.merchant_id = c.merchant_id AND s.old_customer_key = c.old_key`,
    [source],
  );
  await transaction.query(
    `UPDATE adopted_transactions t SET customer_id = s.customer_id FROM customer_subscriptions s
     WHERE t.source = $1 AND t.customer_id IS NULL AND s.merchant_id = t.merchant_id
       AND s.subscription_id = t.subscription_id AND s.customer_id IS NOT NULL`,
    [source],
  );
}
