import { businessDayOf } from '../../domain/business-day.ts';
import {
  NUMBER_LEASE_SIZE,
  type NumberLease,
  type NumberLeaseRequest,
} from '../../domain/protocol/leases.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';

const DAY_MS = 24 * 60 * 60_000;
/** A kiosk whose clock is a little behind still lives in yesterday; a week cut off needs today and seven days more. */
const DAYS_BACK = 1;
const DAYS_AHEAD = 8;
/**
 * Of one kiosk for one prefix and day: 4,000 tickets, one every 22 seconds around the clock. More is a kiosk gone mad,
 * which must not use up the numbers of the others.
 */
export const MAX_LEASES_PER_KIOSK_AND_DAY = 200;

type Ask = NumberLeaseRequest['leases'][number];
/** The numbers of one prefix and day. */
type Counter = Pick<Ask, 'businessDay' | 'prefix'>;
type LeaseRow = NumberLease & { readonly kioskId: string; readonly unitId: string } & Record<string, unknown>;

/**
 * Gives the kiosk ranges of numbers that nobody else will ever give out. A leaseId that was granted before is
 * answered with its same range.
 * @returns what was granted; an ask that the server does not grant is left out, so that it never costs the others: a
 *   leaseId of another kiosk, a prefix that no service of the unit that needs local numbers has, a day too far away
 */
export function leaseNumbers(
  context: ServerContext,
  kiosk: KioskPrincipal,
  asks: readonly Ask[],
): Promise<NumberLease[]> {
  return context.db.transaction(async (transaction) => {
    const atMs = context.clock.nowMs();
    const wanted = await grantable(transaction, kiosk, firstOfEach(asks), atMs);
    await lockCounters(transaction, kiosk, wanted);
    // Read after the locks: the same request, sent twice at once, finds here what its twin has just been given.
    const known = await readLeases(transaction, kiosk.merchantId, asks);
    const fresh = wanted.filter(({ leaseId }) => !known.has(leaseId));
    const granted = new Map<string, NumberLease>();
    for (const [leaseId, { kioskId, unitId, ...lease }] of known) {
      if (kioskId === kiosk.kioskId && unitId === kiosk.unitId) granted.set(leaseId, lease);
    }
    if (fresh.length > 0)
      for (const lease of await grant(transaction, kiosk, fresh, atMs)) granted.set(lease.leaseId, lease);
    return [...granted.values()];
  });
}

function firstOfEach(asks: readonly Ask[]): Ask[] {
  return [...new Map(asks.map((ask) => [ask.leaseId, ask])).values()];
}

/** In the order in which their counters are locked, which is the same for everybody. */
async function grantable(
  transaction: Transaction,
  { merchantId, unitId }: KioskPrincipal,
  asks: readonly Ask[],
  atMs: number,
): Promise<Ask[]> {
  const rows = await transaction.query<{ timeZone: string; prefix: string }>(
    `SELECT unit.time_zone AS "timeZone", service.prefix
     FROM units unit JOIN services service USING (merchant_id, unit_id)
     WHERE unit.merchant_id = $1 AND unit.unit_id = $2 AND (service.amount_cents = 0 OR service.pay_at_counter)`,
    [merchantId, unitId],
  );
  const prefixes = new Set(rows.map(({ prefix }) => prefix));
  const [place] = rows;
  if (place === undefined) return [];
  const firstDay = businessDayOf(atMs - DAYS_BACK * DAY_MS, place.timeZone);
  const lastDay = businessDayOf(atMs + DAYS_AHEAD * DAY_MS, place.timeZone);
  return asks
    .filter(({ prefix, businessDay }) => {
      return prefixes.has(prefix) && businessDay >= firstDay && businessDay <= lastDay && isDate(businessDay);
    })
    .sort((left, right) => (counterKey(left) < counterKey(right) ? -1 : 1));
}

function counterKey({ businessDay, prefix }: Counter): string {
  return `${businessDay}/${prefix}`;
}

/** "2026-02-31" has the shape of a day, and is none. */
function isDate(businessDay: string): boolean {
  const instant = new Date(`${businessDay}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(businessDay);
}

async function lockCounters(
  transaction: Transaction,
  { merchantId, unitId }: KioskPrincipal,
  asks: readonly Ask[],
): Promise<void> {
  const counters = [...new Map(asks.map((ask) => [counterKey(ask), ask])).values()];
  if (counters.length === 0) return;
  // The rows are locked one after the other, as they stand here.
  await transaction.query(
    `INSERT INTO ticket_counters AS c (merchant_id, unit_id, business_day, prefix, last_number)
     SELECT $1, $2, day, prefix, 0
     FROM unnest($3::date[], $4::text[]) WITH ORDINALITY AS wanted (day, prefix, place) ORDER BY place
     ON CONFLICT (merchant_id, unit_id, business_day, prefix) DO UPDATE SET last_number = c.last_number`,
    [
      merchantId,
      unitId,
      counters.map(({ businessDay }) => businessDay),
      counters.map(({ prefix }) => prefix),
    ],
  );
}

async function readLeases(
  transaction: Transaction,
  merchantId: string,
  asks: readonly Ask[],
): Promise<Map<string, LeaseRow>> {
  const rows = await transaction.query<LeaseRow>(
    `SELECT lease_id AS "leaseId", unit_id AS "unitId", kiosk_id AS "kioskId", prefix,
       business_day AS "businessDay", first_number AS "from", last_number AS "to"
     FROM number_leases WHERE merchant_id = $1 AND lease_id = ANY ($2::uuid[])`,
    [merchantId, asks.map(({ leaseId }) => leaseId)],
  );
  return new Map(rows.map((row) => [row.leaseId, row]));
}

/**
 * @returns those that were granted: not what is beyond the kiosk's share of a day, nor what another kiosk took the id of
 *   this instant
 */
async function grant(
  transaction: Transaction,
  { merchantId, unitId, kioskId }: KioskPrincipal,
  asks: readonly Ask[],
  atMs: number,
): Promise<NumberLease[]> {
  const asksByCounter = Map.groupBy(asks, counterKey);
  const days = [...asksByCounter.values()].map(([ask]) => ask?.businessDay);
  const prefixes = [...asksByCounter.values()].map(([ask]) => ask?.prefix);
  const shares = await transaction.query<Counter & { leases: number }>(
    `SELECT business_day AS "businessDay", prefix, count(*)::int AS leases FROM number_leases
     WHERE merchant_id = $1 AND unit_id = $2 AND kiosk_id = $5
       AND (business_day, prefix) IN (SELECT * FROM unnest($3::date[], $4::text[]))
     GROUP BY business_day, prefix`,
    [merchantId, unitId, days, prefixes, kioskId],
  );
  const hadByCounter = new Map(shares.map((share) => [counterKey(share), share.leases]));
  const wanted = [...asksByCounter].map(([key, ofCounter]) =>
    ofCounter.slice(0, Math.max(0, MAX_LEASES_PER_KIOSK_AND_DAY - (hadByCounter.get(key) ?? 0))),
  );
  const starts = await transaction.query<Counter & { from: number }>(
    `UPDATE ticket_counters SET next_local_number = next_local_number + $5 * wanted.leases
     FROM unnest($3::date[], $4::text[], $6::int[]) AS wanted (day, prefix, leases)
     WHERE merchant_id = $1 AND unit_id = $2 AND business_day = wanted.day
       AND ticket_counters.prefix = wanted.prefix AND wanted.leases > 0
     RETURNING business_day AS "businessDay", ticket_counters.prefix,
       next_local_number - $5 * wanted.leases AS "from"`,
    [merchantId, unitId, days, prefixes, NUMBER_LEASE_SIZE, wanted.map((ofCounter) => ofCounter.length)],
  );
  const startByCounter = new Map(starts.map((start) => [counterKey(start), start.from]));
  const leases = wanted.flatMap((ofCounter) =>
    ofCounter.map(({ leaseId, prefix, businessDay }, index): NumberLease => {
      const start = startByCounter.get(counterKey({ prefix, businessDay }));
      if (start === undefined) throw new Error('the counter was locked a moment ago');
      const from = start + index * NUMBER_LEASE_SIZE;
      return { leaseId, prefix, businessDay, from, to: from + NUMBER_LEASE_SIZE - 1 };
    }),
  );
  const stored = await transaction.query<{ leaseId: string }>(
    `INSERT INTO number_leases (merchant_id, unit_id, kiosk_id, granted_at, lease_id, business_day, prefix,
       first_number, last_number)
     SELECT $1, $2, $3, $4, * FROM unnest($5::uuid[], $6::date[], $7::text[], $8::int[], $9::int[])
     ON CONFLICT (merchant_id, lease_id) DO NOTHING RETURNING lease_id AS "leaseId"`,
    [
      merchantId,
      unitId,
      kioskId,
      new Date(atMs),
      leases.map(({ leaseId }) => leaseId),
      leases.map(({ businessDay }) => businessDay),
      leases.map(({ prefix }) => prefix),
      leases.map(({ from }) => from),
      leases.map(({ to }) => to),
    ],
  );
  const storedIds = new Set(stored.map(({ leaseId }) => leaseId));
  return leases.filter(({ leaseId }) => storedIds.has(leaseId));
}
