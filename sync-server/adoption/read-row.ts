import { createHmac, type KeyObject } from 'node:crypto';
import { MASK } from '../../domain/personal-words.ts';
import { type Columns, columnsNotRead, columnsOf, type FieldName } from './columns.ts';
import { isSurplus } from './csv-source.ts';
import { cellAt } from './json-cells.ts';
import type { Mapping } from './mapping.ts';
import { type PayloadFacts, readPayload } from './read-payload.ts';
import { personOf } from './read-person.ts';
import { linkOf, subscriptionOf } from './read-subscription.ts';
import { sessionOf, transactionOf } from './read-transaction.ts';
import type { Reason } from './reasons.ts';
import type { Cells, Reading, ReadOptions, ReadRow } from './row-facts.ts';
import { isRounded, safeKey, shownWord, wordOf } from './row-ids.ts';
import { normaliseProvider, normaliseStatus } from './words.ts';

export type { Cells, ReadOptions, ReadRow, SessionFacts, TransactionFacts } from './row-facts.ts';

/** How exports write that there is nothing. */
const NOTHING = new Set(['', 'null', 'undefined', 'nan', 'none', 'nil', '\\n', '-']);

/** No refund, however the column writes it. */
const SAYS_NO = /^(?:|r?\$? ?0+(?:[.,]0+)?|false|f|no|n|n[aã]o|\{\}|\[\])$/i;

/** By them money is told apart; of the others nobody misses the letters. */
const IDS_OF_MONEY: ReadonlySet<FieldName> = new Set<FieldName>(['id', 'chargeId', 'orderId']);

export interface ReadBy {
  /** For ids that are somebody's e-mail or document. */
  readonly secret: KeyObject;
  /** What happens later than this has not happened. */
  readonly nowMs: number;
}

/** Reads one row. Nothing here is thrown: what is not understood has its reasons, and is kept with them. */
export function readRow(
  cells: Cells,
  columns: Columns,
  options: ReadOptions,
  mapping: Mapping,
  { secret, nowMs }: ReadBy,
): ReadRow {
  const stops = new Set<Reason>();
  const notes = new Set<Reason>();
  const cellOf = (column: string): string | undefined => {
    const value = (cells[column] ?? cellAt(cells, column))?.trim();
    return value === undefined || NOTHING.has(value.toLowerCase()) ? undefined : value;
  };
  const all = (field: FieldName): string[] =>
    (columns[field] ?? []).flatMap((column) => cellOf(column) ?? []);
  const get = (field: FieldName): string | null => all(field)[0] ?? null;
  const reading: Reading = {
    get,
    all,
    first: (field) => {
      const [column] = columns[field] ?? [];
      return column === undefined ? null : (cellOf(column) ?? null);
    },
    id: (field) => {
      const value = get(field);
      if (value === null) return null;
      if (isRounded(value)) {
        notes.add('id_rounded');
        return null;
      }
      // Of a row that was kept without personal words: what stood there nobody knows any more.
      if (value.includes(MASK)) stops.add('masked_id');
      const safe = safeKey(value, secret);
      if (safe !== value && IDS_OF_MONEY.has(field)) notes.add('id_hidden');
      return safe;
    },
    keyFor: (value) => (value === null ? null : safeKey(value, secret)),
    options,
    mapping,
    nowMs,
    stop: (reason) => stops.add(reason),
    note: (reason) => notes.add(reason),
  };
  if (get('id') === null) notes.add('no_id');
  const key =
    reading.id('id') ?? reading.id('chargeId') ?? `hash:${contentHash(cells, secret).toString('hex')}`;
  if (Object.values(cells).some((value) => value.includes('\uFFFD'))) notes.add('broken_text');
  const isTorn = Object.entries(cells).some(([column, value]) => isSurplus(column) && value.trim() !== '');
  if (isTorn) stops.add('surplus_cells');
  if (
    options.kind === 'transaction' &&
    moneyBackNotRead(Object.keys(cells), columns, mapping).some((name) => !SAYS_NO.test(cellOf(name) ?? ''))
  )
    stops.add('refund_not_read');
  const clinic = get('clinic');
  const merchantId = mapping.merchantOf(clinic, get('merchant'));
  if (merchantId === null) stops.add('not_onboarded');
  const payload = payloadOf(reading);
  // Of a torn row nobody knows which cell is whose.
  const person = isTorn ? null : personOf(reading, payload);
  const transaction = options.kind === 'transaction' ? transactionOf(reading, payload) : null;
  const session = options.kind === 'session' ? sessionOf(reading) : null;
  const subscription = options.kind === 'subscription' ? subscriptionOf(reading) : null;
  const link =
    options.kind === 'payment_method' || options.kind === 'customer_provider' ? linkOf(reading) : null;
  if (options.kind === 'customer' && person === null) stops.add('no_email_or_document');
  const isUnderstood = stops.size === 0;
  return {
    kind: options.kind,
    key,
    clinic: wordOf(clinic),
    merchantId,
    person,
    old: oldWords(reading, isTorn),
    transaction: isUnderstood ? transaction : null,
    session: isUnderstood ? session : null,
    subscription: isUnderstood ? subscription : null,
    link: isUnderstood ? link : null,
    reasons: [...stops, ...notes],
  };
}

/** Columns that sound like a refund, and of which nobody has said what they are. */
function moneyBackNotRead(header: readonly string[], columns: Columns, mapping: Mapping): string[] {
  const doubtful = columnsNotRead(columns, header.filter(mapping.soundsLikeMoneyBack));
  // A field that is mapped to another column, or to none, has been thought of.
  return doubtful.length === 0 ? [] : columnsNotRead(columnsOf('transaction', doubtful, {}), doubtful);
}

/** Of a torn row they are cells of nobody knows which column. */
function oldWords({ get, mapping }: Reading, isTorn: boolean): ReadRow['old'] {
  const shown = (field: FieldName, read: typeof normaliseProvider | typeof normaliseStatus): string | null =>
    isTorn ? null : shownWord(get(field), (word) => read(word, mapping.words) !== null);
  return {
    provider: shown('provider', normaliseProvider),
    providerV2: shown('providerV2', normaliseProvider),
    status: shown('status', normaliseStatus),
    statusV2: shown('statusV2', normaliseStatus),
  };
}

/** Whether nothing could be made of the row. */
export function isUnmapped(row: ReadRow): boolean {
  if (row.merchantId === null) return true;
  switch (row.kind) {
    case 'transaction':
      return row.transaction === null;
    case 'session':
      return row.session === null;
    case 'customer':
      return row.person === null;
    case 'subscription':
      return row.subscription === null;
    case 'payment_method':
    case 'customer_provider':
      return row.link === null;
  }
}

/** Of all that a row says, whatever order its columns have. */
export function contentHash(cells: Cells, secret: KeyObject): Buffer {
  const sorted = Object.entries(cells).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHmac('sha256', secret).update(JSON.stringify(sorted)).digest();
}

function payloadOf({ get, options, note }: Reading): PayloadFacts | null {
  const text = options.kind === 'transaction' ? get('rawPayload') : null;
  const payload = text === null ? null : readPayload(text);
  if (text !== null && payload === null) note('raw_payload_unreadable');
  return payload;
}
