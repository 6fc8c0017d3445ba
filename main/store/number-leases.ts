import type { NumberLease } from '../../domain/protocol/leases.ts';
import type { KioskDatabase } from './database.ts';

/** A range that was thought of, stored, and perhaps asked for: the same id is asked for until it is answered. */
export type LeaseAsk = Pick<NumberLease, 'leaseId' | 'prefix' | 'businessDay'>;

/** What is left to give out of one prefix on one day. */
export interface NumberSupply {
  readonly prefix: string;
  readonly businessDay: string;
  readonly free: number;
  /** Ranges on their way. */
  readonly asked: number;
}

export interface LeasedNumber {
  readonly leaseId: string;
  readonly number: number;
}

export type NumberLeaseRepository = ReturnType<typeof createNumberLeaseRepository>;

/** The ranges of ticket numbers that the server gave to this kiosk alone. Which are wanted is for sync/number-leases.ts. */
export function createNumberLeaseRepository(db: KioskDatabase) {
  const insert = db.prepare(
    `INSERT INTO number_leases (lease_id, prefix, business_day, requested_at)
     VALUES (@leaseId, @prefix, @businessDay, @atMs)`,
  );
  const asked = db.prepare<[number], LeaseAsk>(
    `SELECT lease_id AS leaseId, prefix, business_day AS businessDay FROM number_leases
     WHERE first_number IS NULL ORDER BY business_day, prefix, lease_id LIMIT ?`,
  );
  const grant = db.prepare(
    `UPDATE number_leases SET first_number = @from, next_number = @from, last_number = @to
     WHERE lease_id = @leaseId AND prefix = @prefix AND business_day = @businessDay AND first_number IS NULL`,
  );
  const refuse = db.prepare('DELETE FROM number_leases WHERE lease_id = ? AND first_number IS NULL');
  const take = db.prepare<[string, string], LeasedNumber>(
    `UPDATE number_leases SET next_number = next_number + 1 WHERE lease_id = (
       SELECT lease_id FROM number_leases WHERE prefix = ? AND business_day = ? AND next_number <= last_number
       ORDER BY first_number LIMIT 1)
     RETURNING lease_id AS leaseId, next_number - 1 AS number`,
  );
  const supply = db.prepare<[string], NumberSupply>(
    `SELECT prefix, business_day AS businessDay, sum(first_number IS NULL) AS asked,
       sum(CASE WHEN first_number IS NULL THEN 0 ELSE last_number - next_number + 1 END) AS free
     FROM number_leases WHERE business_day >= ? GROUP BY prefix, business_day`,
  );
  const dropBefore = db.prepare('DELETE FROM number_leases WHERE business_day < ?');
  const abandonAll = db.prepare('DELETE FROM number_leases');

  return {
    /** Before the server hears of it: an answer that is lost is then asked for again, and is the same range. */
    ask(lease: LeaseAsk, atMs: number): void {
      insert.run({ ...lease, atMs });
    },
    /** What was asked for and not answered yet, the nearest days first. */
    asked(limit: number): LeaseAsk[] {
      return asked.all(limit);
    },
    /** Takes the range over, once; an answer that comes again, or is of another prefix or day, changes nothing. */
    grant(lease: NumberLease): void {
      grant.run(lease);
    },
    /** The server answered without it. */
    refuse(leaseId: string): void {
      refuse.run(leaseId);
    },
    /**
     * The next number, which is then never given out again. Call it in the transaction that writes the ticket: both
     * are stored or neither.
     * @returns null when all numbers of the prefix and day are used up
     */
    take(prefix: string, businessDay: string): LeasedNumber | null {
      return take.get(prefix, businessDay) ?? null;
    },
    supplyFrom(businessDay: string): NumberSupply[] {
      return supply.all(businessDay);
    },
    /** Past days need no numbers any more. */
    dropBefore(businessDay: string): void {
      dropBefore.run(businessDay);
    },
    /**
     * Forgets every range, also those that were only asked for. For a database that comes from a backup: since it was
     * made, the totem may have given out any number of them, on paper that nobody can call back.
     */
    abandonAll(): void {
      abandonAll.run();
    },
  };
}
