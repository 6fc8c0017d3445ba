export interface DateRule {
  /** IANA name; where a date has no zone of its own. */
  readonly timeZone: string;
  /** Whether 03/04 is the third of April. */
  readonly dayFirst: boolean;
}

const ISO =
  /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;
/** What may follow a day: `14:22`, `às 14:22:05`, `14h22`, `2:22 PM`. */
const CLOCK = String.raw`(?:,?(?:T|\s+(?:[àa]s\s+)?)\s*(\d{1,2})[:h](\d{2})(?::(\d{2}))?(?:\s*([ap])\.?m\.?)?)?`;
/** Of a year in two digits only with slashes: 24-05-01 may be another order. */
const SLASHED = new RegExp(String.raw`^(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4})|/(\d{2}))${CLOCK}$`, 'i');
/** `10 de março de 2025 às 14:22`, `10-Mar-2025`, `Mon, 10 Mar 2025 11:22:05 -0300` (RFC 2822). */
const DAY_FIRST_WORDS = new RegExp(
  String.raw`^(?:\p{L}+,?\s+)?(\d{1,2})(?:\s+de\s+|[\s/-]+)(\p{L}{3,9})\.?(?:\s+de\s+|[\s/,-]+)(\d{4})${CLOCK}\s*(Z|UTC|GMT|[+-]\d{4})?$`,
  'iu',
);
/** `Mon Mar 10 2025 11:22:05 GMT-0300 (…)`, as JavaScript prints it; `Mar 10, 2025, 2:22 PM`. */
const MONTH_FIRST_WORDS = new RegExp(
  String.raw`^(?:[a-z]{3,9},?\s+)?(\p{L}{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})${CLOCK}\s*(?:GMT)?(Z|UTC|GMT|[+-]\d{4})?(?:\s*\(.*\))?$`,
  'iu',
);
/** The first three letters, in English and Portuguese. */
const MONTHS = [
  'jan',
  'feb|fev',
  'mar',
  'apr|abr',
  'may|mai',
  'jun',
  'jul',
  'aug|ago',
  'sep|set',
  'oct|out',
  'nov',
  'dec|dez',
];
/** An export of 1990, and one of a clock that went wrong by a century. */
const EARLIEST_MS = Date.UTC(1990, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);
/** Spreadsheets count days from here; five digits are a day of 1990 to 2100 and nothing else in a column of dates. */
const SPREADSHEET_EPOCH_MS = Date.UTC(1899, 11, 30);

/**
 * An instant as an export writes it: ISO 8601 and PostgreSQL's spelling of it with or without a zone, dates with
 * slashes or a month's name, JavaScript's and RFC 2822's, seconds, milliseconds or microseconds since 1970, a
 * spreadsheet's days. @returns epoch milliseconds; null for what is no such instant
 */
export function readInstant(text: string, rule: DateRule): number | null {
  const trimmed = text.trim();
  if (/^\d{10}(\.\d+)?$/.test(trimmed)) return plausible(Math.round(Number(trimmed) * 1000));
  if (/^\d{13}$/.test(trimmed)) return plausible(Number(trimmed));
  if (/^\d{16}$/.test(trimmed)) return plausible(Math.floor(Number(trimmed) / 1000));
  if (/^\d{5}([.,]\d+)?$/.test(trimmed)) {
    // To the second: a fraction of a day has no more.
    const seconds = Math.round(Number(trimmed.replace(',', '.')) * 86_400);
    return plausible(instantIn(SPREADSHEET_EPOCH_MS + seconds * 1000, rule.timeZone));
  }
  const iso = ISO.exec(trimmed);
  if (iso !== null) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = iso;
    return instantOf([year, month, day, hour, minute, second].map(Number), fraction, zone, rule);
  }
  const slashed = SLASHED.exec(trimmed);
  if (slashed !== null) {
    const [, first, second, year, short, ...clock] = slashed;
    const [day, month] = rule.dayFirst ? [first, second] : [second, first];
    const years = year === undefined ? 2000 + Number(short) : Number(year);
    return instantOf([years, Number(month), Number(day), ...clockOf(clock)], '', undefined, rule);
  }
  const worded = DAY_FIRST_WORDS.exec(trimmed);
  if (worded !== null) {
    const [, day, month = '', year, ...clock] = worded;
    return instantOf([Number(year), monthOf(month), Number(day), ...clockOf(clock)], '', clock[4], rule);
  }
  const [, month = '', day, year, ...clock] = MONTH_FIRST_WORDS.exec(trimmed) ?? [];
  if (year === undefined) return null;
  return instantOf([Number(year), monthOf(month), Number(day), ...clockOf(clock)], '', clock[4], rule);
}

/** @param zone its own, where it has one */
function instantOf(
  parts: readonly number[],
  fraction: string,
  zone: string | undefined,
  rule: DateRule,
): number | null {
  const civil = civilMs(parts, fraction);
  if (civil === null) return null;
  if (zone === undefined) return plausible(instantIn(civil, rule.timeZone));
  const offset = offsetMs(zone);
  return offset === null ? null : plausible(civil - offset);
}

/** Hour, minute and second; 13 PM gives an hour that there is not. */
function clockOf([hour = '0', minute = '0', second = '0', half]: readonly (string | undefined)[]): number[] {
  const isHalf = half !== undefined;
  const whole = Number(hour);
  if (isHalf && (whole < 1 || whole > 12)) return [99, 0, 0];
  const hours = isHalf ? (whole % 12) + (half.toLowerCase() === 'p' ? 12 : 0) : whole;
  return [hours, Number(minute), Number(second)];
}

/** 1 to 12; 0 for what is no month. */
function monthOf(word: string): number {
  const start = word.toLowerCase().slice(0, 3);
  return MONTHS.findIndex((names) => names.split('|').includes(start)) + 1;
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
