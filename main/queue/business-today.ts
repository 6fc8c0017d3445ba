import { businessDayOf } from '../../domain/business-day.ts';
import { NO_SHOW_RETURN_MS } from '../../domain/queue-policy.ts';
import type { KioskStore } from '../store/store.ts';
import type { StoredTicket } from '../store/tickets.ts';

/** The unit's tickets of the current business day; none before the first catalogue, which tells the time zone. */
export function ticketsOfToday(store: KioskStore, nowMs: number): StoredTicket[] {
  const today = businessToday(store, nowMs);
  return today === null ? [] : store.tickets.ofDay(today.businessDay);
}

/** The queue: beside today's tickets those of earlier days whose customers are still owed a service. */
export function ticketsInQueue(store: KioskStore, nowMs: number): StoredTicket[] {
  const today = businessToday(store, nowMs);
  return today === null
    ? []
    : store.tickets.ofQueue(today.businessDay, today.serverNowMs - NO_SHOW_RETURN_MS);
}

/**
 * The day is the server's: a totem whose clock battery is dead must not show an empty queue.
 * @param nowMs by the kiosk's clock
 */
export function businessToday(
  store: KioskStore,
  nowMs: number,
): { readonly businessDay: string; readonly serverNowMs: number } | null {
  const unit = store.sync.catalog()?.unit;
  if (unit === undefined) return null;
  const serverNowMs = nowMs + (store.sync.read().clockSkewMs ?? 0);
  return { businessDay: businessDayOf(serverNowMs, unit.timeZone), serverNowMs };
}
