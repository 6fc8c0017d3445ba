import type { Invariant } from './invariant.ts';

/** Reasons for which the server may turn an event down, and what explains them. */
const EXPLAINED: readonly { readonly kind: string; readonly reason: RegExp }[] = [
  // A ticket that was rescued meanwhile is in the queue already, or further.
  { kind: 'ticket.queued', reason: /^not_allowed/ },
  // Another counter was faster than a totem that was cut off.
  { kind: 'queue.executed_locally', reason: /^(ticket_taken|counter_busy|not_allowed)$/ },
  // The press had reached the server just before the line broke, and its answer was lost.
  { kind: 'queue.executed_locally', reason: /^(refused_before|called_another_ticket): / },
];

export const rejectionsAreExplained: Invariant = {
  name: 'rejections are explained',
  says: 'At the end every event of a totem that works was taken, or turned down for a reason that a race explains.',
  atEnd({ hall }) {
    for (const { kioskId, db, goneForGood } of hall.kiosks) {
      if (goneForGood) continue;
      const rows = db
        .prepare<[], { kind: string; outcome: string; reason: string | null }>(
          `SELECT kind, outcome, reason FROM outbox WHERE outcome NOT IN ('applied', 'duplicate')`,
        )
        .all();
      for (const { kind, outcome, reason } of rows)
        if (!EXPLAINED.some((known) => known.kind === kind && known.reason.test(reason ?? '')))
          return `${kind} of ${kioskId} is ${outcome}: ${reason}`;
    }
    return null;
  },
};
