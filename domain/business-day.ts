/** Making a formatter costs far more than using it; a unit has one time zone, so the map stays tiny. */
const formatterByTimeZone = new Map<string, Intl.DateTimeFormat>();

/**
 * The civil date on which an instant falls in a time zone: the day that ticket numbers and queues belong to.
 * @param instantMs UTC, epoch milliseconds
 * @param timeZone IANA name, "America/Sao_Paulo"
 * @returns `YYYY-MM-DD`
 * @throws RangeError when the runtime does not know the time zone
 */
export function businessDayOf(instantMs: number, timeZone: string): string {
  const parts = formatterOf(timeZone).formatToParts(instantMs);
  const partOf = (type: 'year' | 'month' | 'day'): string =>
    parts.find((part) => part.type === type)?.value ?? '';
  return `${partOf('year')}-${partOf('month')}-${partOf('day')}`;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatterByTimeZone.get(timeZone);
  if (known !== undefined) return known;
  // The calendar and the digits are named, so that the machine's own locale cannot change the answer.
  const formatter = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  formatterByTimeZone.set(timeZone, formatter);
  return formatter;
}

/** Whether it is an IANA name that this machine knows. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    // An offset is none: PostgreSQL reads "+03:00" the other way round.
    return /^[A-Za-z]/.test(name);
  } catch {
    // A RangeError is how Intl answers this question.
    return false;
  }
}
