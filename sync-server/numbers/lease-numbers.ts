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
    for (const ask of fresh) {
      const lease = await grant(transaction, kiosk, ask, atMs);
      if (lease !== null) granted.set(lease.leaseId, lease);
    }
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

function counterKey({ businessDay, prefix }: Ask): string {
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
  const counters = new Map(asks.map((ask) => [counterKey(ask), ask]));
  for (const { businessDay, prefix } of counters.values()) {
    await transaction.query(
      `INSERT INTO ticket_counters AS c (merchant_id, unit_id, business_day, prefix, last_number)
       VALUES ($1, $2, $3, $4, 0)
       ON CONFLICT (merchant_id, unit_id, business_day, prefix) DO UPDATE SET last_number = c.last_number`,
      [merchantId, unitId, businessDay, prefix],
    );
  }
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

/** @returns null when the kiosk has had its share of the day, or the id was taken by another kiosk this instant */
async function grant(
  transaction: Transaction,
  { merchantId, unitId, kioskId }: KioskPrincipal,
  { leaseId, prefix, businessDay }: Ask,
  atMs: number,
): Promise<NumberLease | null> {
  const counter = [merchantId, unitId, businessDay, prefix];
  const [share] = await transaction.query<{ leases: number }>(
    `SELECT count(*)::int AS leases FROM number_leases
     WHERE merchant_id = $1 AND unit_id = $2 AND business_day = $3 AND prefix = $4 AND kiosk_id = $5`,
    [...counter, kioskId],
  );
  if (share === undefined || share.leases >= MAX_LEASES_PER_KIOSK_AND_DAY) return null;
  const [range] = await transaction.query<{ from: number; to: number }>(
    `UPDATE ticket_counters SET next_local_number = next_local_number + $5
     WHERE merchant_id = $1 AND unit_id = $2 AND business_day = $3 AND prefix = $4
     RETURNING next_local_number - $5 AS "from", next_local_number - 1 AS "to"`,
    [...counter, NUMBER_LEASE_SIZE],
  );
  if (range === undefined) throw new Error('the counter was locked a moment ago');
  const stored = await transaction.query(
    `INSERT INTO number_leases (merchant_id, unit_id, business_day, prefix, lease_id, kiosk_id, first_number,
       last_number, granted_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (merchant_id, lease_id) DO NOTHING RETURNING lease_id`,
    [...counter, leaseId, kioskId, range.from, range.to, new Date(atMs)],
  );
  return stored.length === 0 ? null : { leaseId, prefix, businessDay, ...range };
}
