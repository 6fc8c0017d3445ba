import { businessDayOf } from '../../domain/business-day.ts';
import type { KioskStore } from '../store/store.ts';
import type { StoredTicket } from '../store/tickets.ts';

/** The unit's tickets of the current business day; none before the first catalogue, which tells the time zone. */
export function ticketsOfToday(store: KioskStore, nowMs: number): StoredTicket[] {
  const unit = store.sync.catalog()?.unit;
  return unit === undefined ? [] : store.tickets.ofDay(businessDayOf(nowMs, unit.timeZone));
}
