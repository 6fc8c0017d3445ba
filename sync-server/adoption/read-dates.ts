import { type DateRule, readInstant } from './dates.ts';
import type { PayloadFacts } from './read-payload.ts';
import type { Reading } from './row-facts.ts';

const DAY_MS = 24 * 3_600_000;
/** A clock that goes wrong, and a zone that was left out, are hours; what is later is a wrong day. */
const AHEAD_MS = 2 * DAY_MS;

export interface Dates {
  readonly createdAtMs: number;
  readonly paidAtMs: number | null;
  readonly refundedAtMs: number | null;
  /** When the row was last written, or else the payment: the day of what has none of its own. */
  readonly changedAtMs: number;
}

/** Money is booked on the day that a row tells; a day that has not come stops it. */
export function datesOf(
  { get, options, nowMs, note, stop }: Reading,
  payload: PayloadFacts | null = null,
): Dates | null {
  let isAhead = false;
  const read = (field: 'createdAt' | 'paidAt' | 'refundedAt'): number | null => {
    const text = get(field);
    if (text === null) return null;
    const atMs = readInstant(text, options);
    if (atMs === null) note('date_unreadable');
    if (atMs !== null && atMs > nowMs + AHEAD_MS) isAhead = true;
    return atMs;
  };
  const [created, paid, refundedAtMs] = [read('createdAt'), read('paidAt'), read('refundedAt')];
  if (isAhead) {
    stop('date_in_future');
    return null;
  }
  const inPayload = (text: string | null): number | null => {
    const atMs = text === null ? null : readInstant(text, UTC);
    return atMs === null || atMs > nowMs + AHEAD_MS ? null : atMs;
  };
  const paidAtMs = paid ?? (get('paidAt') === null ? inPayload(payload?.paidAt ?? null) : null);
  const createdAtMs =
    created ?? paid ?? (get('createdAt') === null ? inPayload(payload?.createdAt ?? null) : null);
  if (createdAtMs === null) {
    stop('no_date');
    return null;
  }
  if (created === null) note(paid === null ? 'date_from_payload' : 'created_at_missing');
  else if (paid === null && paidAtMs !== null) note('date_from_payload');
  if (paidAtMs !== null && paidAtMs < createdAtMs - DAY_MS) note('paid_before_created');
  if (paidAtMs !== null && refundedAtMs !== null && refundedAtMs < paidAtMs - DAY_MS)
    note('refunded_before_paid');
  const updated = get('updatedAt');
  const updatedAtMs = updated === null ? null : readInstant(updated, options);
  const changedAtMs = Math.max(
    paidAtMs ?? createdAtMs,
    updatedAtMs === null || updatedAtMs > nowMs + AHEAD_MS ? 0 : updatedAtMs,
  );
  return { createdAtMs, paidAtMs, refundedAtMs, changedAtMs };
}

/** Providers write seconds since 1970, or ISO 8601 with its zone. */
const UTC: DateRule = { timeZone: 'UTC', dayFirst: true };
