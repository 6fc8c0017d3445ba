import { CanonicalStatus, isSettled } from '../../domain/payment-status.ts';
import { type AskingPace, STANDING_MS } from './webhook-pace.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const MAX_OPEN_DELAY_MS = 5 * MINUTE_MS;
/** A Pix that a bank held back for its fraud check lands within the hour, at the latest within the day. */
const LATE_MONEY_MS = 24 * HOUR_MS;
/** What is paid or withdrawn is looked at some more for a second Pix: after a minute, ten, an hour, six. */
const CLOSED_DELAYS_MS = [10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS];
/** No check is planned for later than this. */
export const MAX_DELAY_MS = Math.max(...CLOSED_DELAYS_MS);

/** Nothing more is expected of these: their checks are few, and far between. */
export const CLOSED_STATUSES = CanonicalStatus.options.filter(
  (status) => isSettled(status) || status === 'CANCELED' || status === 'FAILED',
);

/**
 * When to ask the provider again about a charge, so that a lost webhook loses nothing.
 * @param checkCount checks since the status last became settled or closed, this one included; at least 1
 * @param pace how long the first check was waited for, by what this provider's webhooks take
 * @param chargeEndsAtMs when the charge expires; for one that never got an answer, when it was opened
 * @returns the delay in milliseconds, or null when it need not be asked about any more
 */
export function nextCheckDelayMs(
  status: CanonicalStatus,
  checkCount: number,
  chargeEndsAtMs: number,
  nowMs: number,
  pace: AskingPace,
): number | null {
  if (CLOSED_STATUSES.includes(status)) return CLOSED_DELAYS_MS[checkCount - 1] ?? null;
  if (nowMs > chargeEndsAtMs + LATE_MONEY_MS) return null;
  // Counted from the first check, which itself came after as long: 4, 4, 8, 16 … seconds.
  const { firstMs, steadyMs } = pace;
  const steadyChecks = steadyMs === null ? 0 : Math.floor(STANDING_MS / steadyMs);
  return Math.min(firstMs * 2 ** Math.max(0, checkCount - 1 - steadyChecks), MAX_OPEN_DELAY_MS);
}
