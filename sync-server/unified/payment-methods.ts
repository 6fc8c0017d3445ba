import { createHash } from 'node:crypto';
import { newId } from '../../domain/ids.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { CleanCard } from './clean-facts.ts';

export interface CardOwner {
  /** Null: nobody knows who pays by it. */
  readonly customerId: string | null;
  readonly customerProviderId: string | null;
}

export interface ToldCard extends CardOwner {
  readonly provider: string;
  readonly account: string;
  readonly card: CleanCard;
  /** What an earlier answer of the same payment or agreement was taken for. */
  readonly earlierId: string | null;
}

/** Of cards that all look alike and are nobody's: more than one batch makes somebody's at once. */
const MAX_CANDIDATES = 5;

/** A card while a transaction learns of it. */
interface KnownCard {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly identity: Buffer;
  customerId: string | null;
  customerProviderId: string | null;
  methodId: string | null;
  fingerprint: string | null;
  brand: string | null;
  last4: string | null;
  expMonth: number | null;
  expYear: number | null;
  status: 'used' | 'saved';
  /** Null: it is written in this transaction. */
  readonly firstSeenAt: Date | null;
  isChanged: boolean;
}

/**
 * `keepPaymentMethod` for many cards of one merchant, one after the other, in few statements for all of them.
 *
 * Locks: the cards by name, after the rows of customers and of their links.
 * @returns our ids of them, in the same order
 */
export async function keepPaymentMethods(
  { clock, randomBytes }: Pick<ServerContext, 'clock' | 'randomBytes'>,
  transaction: Transaction,
  merchantId: string,
  told: readonly ToldCard[],
): Promise<string[]> {
  if (told.length === 0) return [];
  // Two payments by one card at once: the second finds what the first wrote.
  await transaction.query(
    `SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
     FROM (SELECT DISTINCT unnest($1::text[]) AS name ORDER BY 1) AS names`,
    [
      told.map(
        ({ provider, card }) =>
          `payment method ${merchantId} ${provider} ${card.last4 ?? card.fingerprint ?? card.id}`,
      ),
    ],
  );
  const known = await readCandidates(transaction, merchantId, told);
  const ids: string[] = [];
  for (const one of told) {
    const identity = identityOf(one.card);
    let card = bestOf(known.of(one), one, identity);
    if (card === undefined) {
      const { id: methodId, isSaved, isDefault, ...looks } = one.card;
      card = {
        id: newId(clock, randomBytes),
        provider: one.provider,
        account: one.account,
        identity,
        customerId: one.customerId,
        customerProviderId: one.customerProviderId,
        methodId,
        ...looks,
        status: isSaved ? 'saved' : 'used',
        firstSeenAt: null,
        isChanged: true,
      };
    } else learn(card, one);
    known.add(card);
    ids.push(card.id);
  }
  await writeCards(transaction, merchantId, known.all(), new Date(clock.nowMs()));
  const defaults = new Map(
    told.flatMap(({ provider, account, customerId, card }, at) =>
      card.isDefault && customerId !== null
        ? [[JSON.stringify([provider, account, customerId]), { provider, account, customerId, id: ids[at] }]]
        : [],
    ),
  );
  await makeDefaults(transaction, merchantId, [...defaults.values()]);
  return ids;
}

interface Candidates {
  of(told: ToldCard): readonly KnownCard[];
  add(card: KnownCard): void;
  all(): readonly KnownCard[];
}

/** Cards that each of these may be, by any of their names. */
async function readCandidates(
  transaction: Transaction,
  merchantId: string,
  told: readonly ToldCard[],
): Promise<Candidates> {
  const rows = await transaction.query<Omit<KnownCard, 'isChanged'> & Record<string, unknown>>(
    `SELECT DISTINCT ON (m.id) m.* FROM unnest($2::text[], $3::text[], $4::bytea[], $5::uuid[], $6::text[], $7::text[],
         $8::uuid[]) AS told (provider, account, identity, customer_id, fingerprint, method_id, earlier_id),
       LATERAL (
         SELECT payment_method_id AS id, m.provider, m.account, m.identity, m.customer_id AS "customerId",
           customer_provider_id AS "customerProviderId", provider_method_id AS "methodId", m.fingerprint, brand, last4,
           exp_month AS "expMonth", exp_year AS "expYear", status, first_seen_at AS "firstSeenAt"
         FROM customer_payment_methods m
         WHERE m.merchant_id = $1 AND m.provider = told.provider AND m.account = told.account
           AND (m.identity = told.identity OR m.fingerprint = told.fingerprint OR m.provider_method_id = told.method_id
             OR m.payment_method_id = told.earlier_id)
           AND (m.customer_id IS NOT DISTINCT FROM told.customer_id
             OR ((told.customer_id IS NULL OR m.customer_id IS NULL)
               AND (m.fingerprint = told.fingerprint OR m.provider_method_id = told.method_id
                 OR m.payment_method_id = told.earlier_id)))
         ORDER BY m.customer_id = told.customer_id DESC NULLS LAST, payment_method_id = told.earlier_id DESC NULLS LAST,
           m.identity = told.identity DESC, first_seen_at, payment_method_id
         LIMIT ${MAX_CANDIDATES}) m`,
    [
      merchantId,
      told.map(({ provider }) => provider),
      told.map(({ account }) => account),
      told.map(({ card }) => identityOf(card)),
      told.map(({ customerId }) => customerId),
      told.map(({ card }) => card.fingerprint),
      told.map(({ card }) => card.id),
      told.map(({ earlierId }) => earlierId),
    ],
  );
  const cards = new Map<string, KnownCard>();
  const byName = new Map<string, KnownCard[]>();
  const add = (card: KnownCard): void => {
    cards.set(card.id, card);
    for (const name of namesOf(card, card.identity, card.methodId, card.id)) {
      const same = byName.get(name) ?? [];
      if (!same.includes(card)) byName.set(name, [...same, card]);
    }
  };
  for (const row of rows) add({ ...row, isChanged: false });
  return {
    add,
    all: () => [...cards.values()],
    of: (one) => {
      const at = { provider: one.provider, account: one.account, fingerprint: one.card.fingerprint };
      const names = namesOf(at, identityOf(one.card), one.card.id, one.earlierId);
      return [...new Set(names.flatMap((name) => byName.get(name) ?? []))];
    },
  };
}

function namesOf(
  { provider, account, fingerprint }: Pick<KnownCard, 'provider' | 'account' | 'fingerprint'>,
  identity: Buffer,
  methodId: string | null,
  id: string | null,
): string[] {
  return [
    ['identity', identity.toString('hex')],
    ...(fingerprint === null ? [] : [['fingerprint', fingerprint]]),
    ...(methodId === null ? [] : [['method', methodId]]),
    ...(id === null ? [] : [['id', id]]),
  ].map((name) => JSON.stringify([provider, account, ...name]));
}

/** The customer's own before one of nobody, then the one that it was taken for before, then the surest name. */
function bestOf(
  candidates: readonly KnownCard[],
  { customerId, earlierId, card }: ToldCard,
  identity: Buffer,
): KnownCard | undefined {
  const isNamed = (one: KnownCard): boolean =>
    (card.fingerprint !== null && one.fingerprint === card.fingerprint) ||
    (card.id !== null && one.methodId === card.id) ||
    (one.id === earlierId && card.last4 !== null && one.last4 === card.last4);
  // Many cards look alike: by its looks alone one is somebody's own, or nobody's, and never changes hands.
  const isSame = (one: KnownCard): boolean =>
    one.customerId === customerId
      ? isNamed(one) || one.identity.equals(identity)
      : (customerId === null || one.customerId === null) && isNamed(one);
  const rank = (one: KnownCard): number =>
    (customerId !== null && one.customerId === customerId ? 0 : 4) +
    (one.id === earlierId ? 0 : 2) +
    (one.identity.equals(identity) ? 0 : 1);
  const age = (one: KnownCard): number => one.firstSeenAt?.getTime() ?? Number.POSITIVE_INFINITY;
  return candidates
    .filter(isSame)
    .toSorted((a, b) => rank(a) - rank(b) || age(a) - age(b) || (a.id < b.id ? -1 : 1))[0];
}

/** What one answer leaves out another adds. */
function learn(known: KnownCard, { customerId, customerProviderId, card }: ToldCard): void {
  const next = {
    customerId: known.customerId ?? customerId,
    customerProviderId: known.customerProviderId ?? customerProviderId,
    methodId: known.methodId ?? card.id,
    fingerprint: known.fingerprint ?? card.fingerprint,
    brand: known.brand ?? card.brand,
    last4: known.last4 ?? card.last4,
    expMonth: known.expMonth ?? card.expMonth,
    expYear: known.expYear ?? card.expYear,
    status: card.isSaved ? 'saved' : known.status,
  } as const;
  const isNew = (Object.keys(next) as (keyof typeof next)[]).some((field) => next[field] !== known[field]);
  if (isNew) Object.assign(known, next, { isChanged: true });
}

async function writeCards(
  transaction: Transaction,
  merchantId: string,
  cards: readonly KnownCard[],
  at: Date,
): Promise<void> {
  const columnsOf = (all: readonly KnownCard[]): unknown[] => [
    merchantId,
    all.map(({ id }) => id),
    all.map(({ customerId }) => customerId),
    all.map(({ customerProviderId }) => customerProviderId),
    all.map(({ methodId }) => methodId),
    all.map(({ fingerprint }) => fingerprint),
    all.map(({ brand }) => brand),
    all.map(({ last4 }) => last4),
    all.map(({ expMonth }) => expMonth),
    all.map(({ expYear }) => expYear),
    all.map(({ status }) => status),
  ];
  const added = cards.filter(({ firstSeenAt }) => firstSeenAt === null);
  if (added.length > 0)
    await transaction.query(
      `INSERT INTO customer_payment_methods (merchant_id, first_seen_at, payment_method_id, customer_id,
         customer_provider_id, provider_method_id, fingerprint, brand, last4, exp_month, exp_year, status, provider,
         account, identity)
       SELECT $1, $15, * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
         $9::smallint[], $10::smallint[], $11::text[], $12::text[], $13::text[], $14::bytea[])`,
      [
        ...columnsOf(added),
        added.map(({ provider }) => provider),
        added.map(({ account }) => account),
        added.map(({ identity }) => identity),
        at,
      ],
    );
  const changed = cards.filter(({ firstSeenAt, isChanged }) => firstSeenAt !== null && isChanged);
  if (changed.length > 0)
    await transaction.query(
      `UPDATE customer_payment_methods m SET
         customer_id = coalesce(m.customer_id, r.customer_id),
         customer_provider_id = coalesce(m.customer_provider_id, r.customer_provider_id),
         provider_method_id = coalesce(m.provider_method_id, r.method_id),
         fingerprint = coalesce(m.fingerprint, r.fingerprint), brand = coalesce(m.brand, r.brand),
         last4 = coalesce(m.last4, r.last4), exp_month = coalesce(m.exp_month, r.exp_month),
         exp_year = coalesce(m.exp_year, r.exp_year),
         status = CASE WHEN r.status = 'saved' THEN 'saved' ELSE m.status END
       FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::smallint[],
         $10::smallint[], $11::text[])
         AS r (id, customer_id, customer_provider_id, method_id, fingerprint, brand, last4, exp_month, exp_year, status)
       WHERE m.merchant_id = $1 AND m.payment_method_id = r.id`,
      columnsOf(changed),
    );
}

/** One default for each customer, provider and account: the other ceases to be it first. */
async function makeDefaults(
  transaction: Transaction,
  merchantId: string,
  chosen: readonly {
    readonly provider: string;
    readonly account: string;
    readonly customerId: string;
    readonly id: string | undefined;
  }[],
): Promise<void> {
  if (chosen.length === 0) return;
  const theirs = [
    merchantId,
    chosen.map(({ provider }) => provider),
    chosen.map(({ account }) => account),
    chosen.map(({ customerId }) => customerId),
    chosen.map(({ id }) => id),
  ];
  const chosenOf = `FROM unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[]) AS chosen (provider, account, customer_id, id)
     WHERE m.merchant_id = $1 AND m.provider = chosen.provider AND m.account = chosen.account
       AND m.customer_id = chosen.customer_id`;
  await transaction.query(
    `SELECT FROM customer_payment_methods m, ${chosenOf.slice('FROM '.length)}
     ORDER BY m.payment_method_id FOR UPDATE OF m`,
    theirs,
  );
  await transaction.query(
    `UPDATE customer_payment_methods m SET is_default = false ${chosenOf} AND is_default AND m.payment_method_id <> chosen.id`,
    theirs,
  );
  await transaction.query(
    `UPDATE customer_payment_methods m SET is_default = true ${chosenOf} AND NOT is_default AND m.payment_method_id = chosen.id`,
    theirs,
  );
}

function identityOf({ fingerprint, id, brand, last4, expMonth, expYear }: CleanCard): Buffer {
  const named =
    fingerprint !== null
      ? ['fingerprint', fingerprint]
      : id !== null
        ? ['id', id]
        : ['looks', brand, last4, expMonth, expYear];
  return createHash('sha256').update(JSON.stringify(named)).digest();
}
