import { createHash } from 'node:crypto';
import { minorDigitsOf } from '../../../domain/money.ts';
import { Currency } from '../../../domain/protocol/primitives.ts';

/** A record of a statement, by its columns as the bank named them. */
export type StatementRecord = Readonly<Record<string, unknown>>;

export interface StatementLine {
  /** Of the file, from 1. */
  readonly line: number;
  readonly kind: 'receipt' | 'refund' | 'dispute' | 'fee' | 'payout' | 'other';
  /** Epoch milliseconds of the booking, or of the day's beginning where the bank tells the day alone. */
  readonly atMs: number;
  /** The moment, or the day, ends before it. */
  readonly untilMs: number;
  /** Never negative: the kind says which way the money went. */
  readonly amountCents: number;
  /** What the provider kept of it, where the line itself says so; of a line that is a fee, nothing. */
  readonly feeCents: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Of a refund or a dispute: of the Pix that goes back. */
  readonly endToEndId: string | null;
  readonly txid: string | null;
  /** What makes it this line and no other, however often and in whichever file it comes. */
  readonly ref: string;
}

export type LineReading =
  | { readonly ok: true; readonly line: StatementLine }
  | { readonly ok: false; readonly problem: string };

const DAY_MS = 24 * 60 * 60_000;
/** Longer values are of another column than the bank's file has them in. */
const MAX_ID_LENGTH = 100;

/** Our name of a column, and what banks call it; compared without case, accents and punctuation. */
const COLUMNS = {
  at: ['at', 'date', 'datetime', 'data', 'datahora', 'horario', 'datamovimento'],
  amount: ['amount', 'value', 'valor'],
  kind: ['kind', 'type', 'tipo'],
  endToEndId: ['endtoendid', 'e2eid', 'e2e', 'idpix'],
  txid: ['txid'],
  fee: ['fee', 'tarifa', 'taxa', 'mdr'],
  currency: ['currency', 'moeda'],
  reference: ['reference', 'referencia', 'documento', 'id'],
} as const satisfies Record<string, readonly string[]>;
export type Column = keyof typeof COLUMNS;

const KINDS: Readonly<Record<string, StatementLine['kind']>> = {
  receipt: 'receipt',
  credit: 'receipt',
  credito: 'receipt',
  pix: 'receipt',
  pixrecebido: 'receipt',
  recebimento: 'receipt',
  c: 'receipt',
  refund: 'refund',
  devolucao: 'refund',
  devolucaopix: 'refund',
  estorno: 'refund',
  dispute: 'dispute',
  disputa: 'dispute',
  chargeback: 'dispute',
  contestacao: 'dispute',
  med: 'dispute',
  payout: 'payout',
  repasse: 'payout',
  liquidacao: 'payout',
  fee: 'fee',
  tarifa: 'fee',
  taxa: 'fee',
  other: 'other',
  outro: 'other',
  debit: 'other',
  debito: 'other',
  d: 'other',
  saque: 'other',
  transferencia: 'other',
};

/** A fee in a column of its own is kept of money that came or went for a customer. */
const TAKES_FEES: ReadonlySet<StatementLine['kind']> = new Set(['receipt', 'refund', 'dispute']);

/** The column that a bank's name stands for; null for one that is not used. */
export function columnNamed(name: string): Column | null {
  const plain = plainOf(name);
  for (const [column, names] of Object.entries(COLUMNS))
    if ((names as readonly string[]).includes(plain)) return column as Column;
  return null;
}

/**
 * Reads one record. What is not understood is a problem with its reason, never a guess.
 * @param timeZone of dates that carry none, IANA name
 * @param copies counts lines that say the very same, so that each of them is a line of its own
 */
export function readLine(
  record: StatementRecord,
  line: number,
  timeZone: string,
  copies: Map<string, number>,
): LineReading {
  const fields: Partial<Record<Column, string>> = {};
  for (const [name, value] of Object.entries(record)) {
    const column = columnNamed(name);
    if (column === null || value === null || value === undefined || value === '') continue;
    if (typeof value !== 'string' && typeof value !== 'number')
      return bad(`${name} is neither text nor number`);
    fields[column] ??= String(value).trim();
  }
  const time = readTime(fields.at ?? '', timeZone);
  if (time === null) return bad(fields.at === undefined ? 'no date' : `"${clip(fields.at)}" is no date`);
  const currency = (fields.currency ?? 'BRL').toUpperCase();
  if (!Currency.safeParse(currency).success) return bad(`"${clip(currency)}" is no currency`);
  const signedCents = readCents(fields.amount ?? '', currency);
  if (signedCents === null)
    return bad(fields.amount === undefined ? 'no amount' : `"${clip(fields.amount)}" is no amount`);
  const kind = readKind(fields, signedCents);
  if (kind === null) return bad(`"${clip(fields.kind ?? '')}" is no kind of line`);
  if (kind === 'receipt' && signedCents <= 0) return bad('a receipt of no money');
  const signedFeeCents = fields.fee === undefined ? 0 : readCents(fields.fee, currency);
  if (signedFeeCents === null) return bad(`"${clip(fields.fee ?? '')}" is no fee`);
  if (signedFeeCents !== 0 && !TAKES_FEES.has(kind)) return bad(`a fee of a line that is a ${kind}`);
  const { endToEndId = null, txid = null, reference = '' } = fields;
  if ([endToEndId, txid, reference].some((id) => (id?.length ?? 0) > MAX_ID_LENGTH))
    return bad('an id that is too long');
  const amountCents = Math.abs(signedCents);
  const feeCents = Math.abs(signedFeeCents);
  const content = [kind, reference, time.atMs, amountCents, endToEndId, txid];
  // Only where they are told: what was imported before they were read is still the same line.
  if (feeCents > 0) content.push(`fee ${feeCents}`);
  if (currency !== 'BRL') content.push(currency);
  const hash = createHash('sha256').update(content.join('\u0000')).digest('hex').slice(0, 32);
  const isNamed = reference !== '' || endToEndId !== null;
  const copy = isNamed ? 0 : (copies.get(hash) ?? 0);
  if (!isNamed) copies.set(hash, copy + 1);
  const ids = { endToEndId, txid, ref: `${hash}-${copy}` };
  return { ok: true, line: { line, kind, ...time, amountCents, feeCents, currency, ...ids } };
}

function readKind(
  fields: Partial<Record<Column, string>>,
  signedCents: number,
): StatementLine['kind'] | null {
  if (fields.kind !== undefined) return KINDS[plainOf(fields.kind)] ?? null;
  if (signedCents > 0) return 'receipt';
  return fields.endToEndId === undefined ? 'other' : 'refund';
}

/**
 * "1234.56", "1.234,56", "-12,30" and "R$ 12,30"; "1.234" could be either and is refused, but of a currency with three
 * decimals. Of one that has none only zeros may stand there.
 * @returns the currency's smallest units
 */
function readCents(text: string, currency: string): number | null {
  const plain = text.replace(/^(-?)\s*R\$\s*(-?)/, '$1$2').replaceAll(' ', '');
  const decimal = plain.includes(',') ? plain.replaceAll('.', '').replace(',', '.') : plain;
  const match = /^([+-]?)(\d{1,12})(?:\.(\d{1,3}))?$/.exec(decimal);
  if (match === null) return null;
  const [, sign, units = '', decimals = ''] = match;
  const digits = minorDigitsOf(currency);
  const told = digits === 0 && /^0{0,2}$/.test(decimals) ? '' : decimals;
  if (told.length > digits) return null;
  return (sign === '-' ? -1 : 1) * Number(`${units}${told.padEnd(digits, '0')}`);
}

/** ISO 8601 with its offset, or a local date with or without a time, as 2026-03-10 12:00 or 10/03/2026 12:00:05. */
function readTime(text: string, timeZone: string): Pick<StatementLine, 'atMs' | 'untilMs'> | null {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/.test(text)) {
    const atMs = Date.parse(text);
    return Number.isNaN(atMs) ? null : { atMs, untilMs: atMs + 1 };
  }
  const match = /^(?:(\d{4})-(\d\d)-(\d\d)|(\d\d)\/(\d\d)\/(\d{4}))(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/.exec(
    text,
  );
  if (match === null) return null;
  const [, year = match[6], month = match[5], day = match[4], , , , hour, minute = '0', second = '0'] = match;
  const utcMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute),
    Number(second),
  );
  // Date.UTC takes a 31st of February for a day in March.
  if (new Date(utcMs).getUTCDate() !== Number(day) || Number(hour ?? 0) > 23) return null;
  const atMs = utcMs - offsetMs(utcMs, timeZone);
  return { atMs, untilMs: hour === undefined ? atMs + DAY_MS : atMs + 1 };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's clocks are ahead of UTC; exact but within the hour of a change. */
function offsetMs(utcMs: number, timeZone: string): number {
  const format =
    formats.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  formats.set(timeZone, format);
  const name = format.formatToParts(utcMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const match = /GMT([+-])(\d\d):(\d\d)/.exec(name);
  if (match === null) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000;
}

function plainOf(text: string): string {
  return text
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
}

function bad(problem: string): LineReading {
  return { ok: false, problem };
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
