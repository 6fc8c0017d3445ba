import { formatCurrency } from '../../domain/money.ts';

/** @param currency ISO 4217; reais where nothing is said */
export function formatMoney(cents: number, currency = 'BRL'): string {
  return formatCurrency(cents, currency);
}

const LOCALE = 'pt-BR';
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A remaining time as `4:05`; never negative, rounded up so that `0:00` means that it is over. */
export function formatCountdown(remainingMs: number): string {
  const seconds = Math.max(0, Math.ceil(remainingMs / SECOND_MS));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A remaining time in whole seconds, rounded up, never negative. */
export function secondsLeft(remainingMs: number): number {
  return Math.max(0, Math.ceil(remainingMs / SECOND_MS));
}

/** An elapsed time in its largest useful unit: `12 s`, `4 min`, `2 h 05`, `3 d`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) {
    const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
    return `${Math.floor(ms / HOUR_MS)} h ${String(minutes).padStart(2, '0')}`;
  }
  return `${Math.floor(ms / DAY_MS)} d`;
}

/**
 * Hour and minute, `14:05`.
 * @param timeZone IANA name of the unit's zone; null: the zone of the machine that shows the screen
 */
export function formatTime(epochMs: number, timeZone: string | null): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit' }, timeZone).format(epochMs);
}

/** `22/11/2026 14:05`, in the zone of the machine that shows the screen. */
export function formatDateTime(epochMs: number): string {
  return dateFormat({ dateStyle: 'short', timeStyle: 'short' }, null).format(epochMs);
}

/** Weekday, day and month: `sábado, 22 de novembro`. `timeZone` as in {@link formatTime}. */
export function formatDay(epochMs: number, timeZone: string | null): string {
  return dateFormat({ weekday: 'long', day: 'numeric', month: 'long' }, timeZone).format(epochMs);
}

/** Seconds with one decimal, `1,4 s`, and below one with two, `0,04 s`; a dash while there is none. */
export function formatSeconds(seconds: number | null): string {
  return seconds === null ? '–' : `${formatDecimal(seconds, Math.abs(seconds) < 1 ? 2 : 1)} s`;
}

/** `99,5 %` */
export function formatPercent(percent: number): string {
  return `${formatDecimal(percent, 2)} %`;
}

/** `1.234,5` */
export function formatDecimal(value: number, maximumFractionDigits: number): string {
  // `negative`: what rounds to nothing has no sign.
  return new Intl.NumberFormat(LOCALE, { maximumFractionDigits, signDisplay: 'negative' }).format(value);
}

function dateFormat(parts: Intl.DateTimeFormatOptions, timeZone: string | null): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(LOCALE, timeZone === null ? parts : { ...parts, timeZone });
}

/** 12480 → "12.480". */
export function formatCount(count: number): string {
  return formatDecimal(count, 0);
}

/** A civil day: 2026-03-10 → "10/03/2026". */
export function formatCivilDay(day: string): string {
  return day.split('-').reverse().join('/');
}
