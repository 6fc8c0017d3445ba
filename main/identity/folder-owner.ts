import type { KioskStore } from '../store/store.ts';
import type { Enrolled } from './kiosk-identity.ts';

/**
 * Whether the data folder lets its totem go on as `next`. The same totem always may: that is a new key. Another one of
 * the unit may where nothing of the old one is left to send or to finish: it would go out under the wrong name. Another
 * unit never may, because the feed that was read, its queue and its catalogue are the unit's; it needs an empty folder.
 * @param before as the identity file says; null where there is none, as after it was lost: then the data is asked
 */
export function mayFolderBecome(store: KioskStore, next: Enrolled, before: Enrolled | null): boolean {
  const unit = store.sync.catalog()?.unit;
  const isOtherUnit =
    unit !== undefined && (unit.unitId !== next.unitId || unit.merchantId !== next.merchantId);
  if (isOtherUnit) return false;
  const formerId = before?.kioskId ?? lastOwnKioskId(store);
  return formerId === undefined || formerId === next.kioskId || !hasWorkPending(store);
}

function lastOwnKioskId({ db }: KioskStore): string | undefined {
  return db
    .prepare<[], string>('SELECT kiosk_id FROM tickets WHERE own = 1 ORDER BY issued_at DESC LIMIT 1')
    .pluck()
    .get();
}

/** Events that the server has not taken and that go out (again), sessions that money may still come for, payments without their ticket. */
function hasWorkPending({ db, outbox, confirmations }: KioskStore): boolean {
  const running = db
    .prepare<[], number>(`SELECT count(*) FROM payment_sessions WHERE status IN ('open', 'awaiting_payment')`)
    .pluck()
    .get();
  // What was set aside is sent again each hour, and at a start.
  const unsent = outbox.counts().pending > 0 || outbox.setAsideEvents().length > 0;
  return unsent || (running ?? 0) > 0 || confirmations.nextToClaim() !== undefined;
}
