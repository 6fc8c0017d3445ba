import { businessDayOf } from '../../domain/business-day.ts';
import { FIRST_LOCAL_NUMBER } from '../../domain/protocol/leases.ts';
import type { Transaction } from '../db/database.ts';
import type { PaymentTransaction } from './payment-transaction.ts';

export interface ReservedNumber {
  readonly number: number;
  /** `YYYY-MM-DD` in the unit's time zone. */
  readonly businessDay: string;
}

/**
 * The next number of the unit, prefix and business day. The counter's row stays locked until the commit, so numbers
 * are unique, and without gaps as a rolled-back payment gives its number back. Payments use the numbers below
 * FIRST_LOCAL_NUMBER; when those are used up, they go on from where the leases to kiosks (numbers/lease-numbers.ts)
 * have come to, by the same row.
 */
export async function reserveTicketNumber(
  transaction: Transaction,
  payment: Pick<PaymentTransaction, 'merchantId' | 'unitId' | 'servicePrefix' | 'timeZone'>,
  atMs: number,
): Promise<ReservedNumber> {
  const businessDay = businessDayOf(atMs, payment.timeZone);
  const [counter] = await transaction.query<{ number: number }>(
    `INSERT INTO ticket_counters AS c (merchant_id, unit_id, business_day, prefix, last_number)
     VALUES ($1, $2, $3, $4, 1)
     ON CONFLICT (merchant_id, unit_id, business_day, prefix) DO UPDATE SET
       last_number = CASE WHEN c.last_number + 1 < $5 THEN c.last_number + 1 ELSE c.next_local_number END,
       next_local_number = c.next_local_number + CASE WHEN c.last_number + 1 < $5 THEN 0 ELSE 1 END
     RETURNING last_number AS number`,
    [payment.merchantId, payment.unitId, businessDay, payment.servicePrefix, FIRST_LOCAL_NUMBER],
  );
  if (counter === undefined) throw new Error('an upsert that returns always gives a row');
  return { number: counter.number, businessDay };
}
