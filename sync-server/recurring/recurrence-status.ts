import type { RecurrenceStatus } from '../../domain/protocol/recurring.ts';

/** A status only rises; within a rank the newer word counts. Money after an ending is money all the same. */
const RANK: Readonly<Record<RecurrenceStatus, number>> = {
  created: 0,
  active: 1,
  failed: 1,
  rejected: 2,
  expired: 2,
  canceled: 2,
  paid: 3,
};
/** From here on it has ended, and no other ending of the same rank takes its place. */
const ENDED = 2;

/**
 * What becomes of a status that was read.
 * @param read null: in a word that is not known here
 * @param isNewer whether it was asked for after what is known
 * @returns the status to keep; null to leave everything as it is, the provider's word included
 */
export function nextRecurrenceStatus(
  known: RecurrenceStatus | null,
  read: RecurrenceStatus | null,
  isNewer: boolean,
): { readonly status: RecurrenceStatus | null } | null {
  if (known === null) return { status: read };
  if (read === null) return isNewer ? { status: known } : null;
  if (RANK[read] > RANK[known]) return { status: read };
  if (RANK[read] < RANK[known] || !isNewer) return null;
  return RANK[known] >= ENDED && read !== known ? null : { status: read };
}
