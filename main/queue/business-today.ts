import { businessDayOf } from '../../domain/business-day.ts';
import type { KioskStore } from '../store/store.ts';
import type { StoredTicket } from '../store/tickets.ts';

/**
 * The unit's tickets of the current business day; none before the first catalogue, which tells the time zone. The day
 * is the server's: a totem whose clock battery is dead must not show an empty queue.
 * @param nowMs by the kiosk's clock
 */
export function ticketsOfToday(store: KioskStore, nowMs: number): StoredTicket[] {
  const unit = store.sync.catalog()?.unit;
  if (unit === undefined) return [];
  const serverNowMs = nowMs + (store.sync.read().clockSkewMs ?? 0);
  return store.tickets.ofDay(businessDayOf(serverNowMs, unit.timeZone));
}
