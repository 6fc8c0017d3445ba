export interface DateRule {
  /** IANA name; where a date has no zone of its own. */
  readonly timeZone: string;
  /** Whether 03/04 is the third of April. */
  readonly dayFirst: boolean;
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;
const SLASHED = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:,?[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;
/** An export of 1990, and one of a clock that went wrong by a century. */
const EARLIEST_MS = Date.UTC(1990, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/**
 * An instant as an export writes it: ISO 8601 and PostgreSQL's spelling of it with or without a zone, dates with
 * slashes, seconds or milliseconds since 1970. @returns epoch milliseconds; null for what is no such instant
 */
export function readInstant(text: string, rule: DateRule): number | null {
  const trimmed = text.trim();
  if (/^\d{10}(\.\d+)?$/.test(trimmed)) return plausible(Math.round(Number(trimmed) * 1000));
  if (/^\d{13}$/.test(trimmed)) return plausible(Number(trimmed));
  const iso = ISO.exec(trimmed);
  if (iso !== null) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = iso;
    const civil = civilMs([year, month, day, hour, minute, second].map(Number), fraction);
    if (civil === null) return null;
    const offset = zone === undefined ? null : offsetMs(zone);
    if (zone !== undefined && offset === null) return null;
    return plausible(offset === null ? instantIn(civil, rule.timeZone) : civil - offset);
  }
  const slashed = SLASHED.exec(trimmed);
  if (slashed === null) return null;
  const [, first, second, year, hour = '0', minute = '0', seconds = '0'] = slashed;
  const [day, month] = rule.dayFirst ? [first, second] : [second, first];
  const civil = civilMs([year, month, day, hour, minute, seconds].map(Number), '');
  return civil === null ? null : plausible(instantIn(civil, rule.timeZone));
}

function plausible(atMs: number): number | null {
  return atMs >= EARLIEST_MS && atMs < LATEST_MS ? atMs : null;
}

/** As if the clock on the wall were UTC's; null for the 30th of February. */
function civilMs(parts: readonly number[], fraction: string): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const atMs =
    Date.UTC(year, month - 1, day, hour, minute, second) + Number(fraction.padEnd(3, '0').slice(0, 3));
  const made = new Date(atMs);
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? atMs : null;
}

function offsetMs(zone: string): number | null {
  const [, sign, hours = '', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  const total = Number(hours) * 60 + Number(minutes);
  return total > 14 * 60 || Number(minutes) > 59 ? null : (sign === '-' ? -1 : 1) * total * 60_000;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
/** Zone → day since 1970 → how far its clocks are ahead as that day begins in UTC; some hundred years of days at most. */
const offsets = new Map<string, Map<number, number>>();
const DAY_MS = 24 * 3_600_000;

/** The instant at which a wall clock of that zone shows this; of an hour that comes twice the first, of one that is left out the next. */
function instantIn(civil: number, timeZone: string): number {
  const before = civil - shownOffset(civil - 24 * 3_600_000, timeZone);
  const after = civil - shownOffset(civil + 24 * 3_600_000, timeZone);
  const fits = [before, after].filter((at) => at + shownOffset(at, timeZone) === civil);
  return fits.length > 0 ? Math.min(...fits) : before;
}

/** Asked for each day once, and at an instant only where the day has two: a formatter is slow. */
function shownOffset(atMs: number, timeZone: string): number {
  const days = offsets.get(timeZone) ?? new Map<number, number>();
  offsets.set(timeZone, days);
  const startOf = (day: number): number => {
    const offset = days.get(day) ?? exactOffset(day * DAY_MS, timeZone);
    days.set(day, offset);
    return offset;
  };
  const day = Math.floor(atMs / DAY_MS);
  const offset = startOf(day);
  return offset === startOf(day + 1) ? offset : exactOffset(atMs, timeZone);
}

function exactOffset(atMs: number, timeZone: string): number {
  const formatter = formatters.get(timeZone) ?? formatterOf(timeZone);
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatter.formatToParts(atMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const formatter = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn-hc-h23', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, formatter);
  return formatter;
}
