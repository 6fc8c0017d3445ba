import { createHmac, type KeyObject } from 'node:crypto';
import { type CanonicalStatus, isSettled, STATUS_RANK } from '../../domain/payment-status.ts';
import { normaliseDocument, normaliseEmail, type Person } from '../../domain/person.ts';
import {
  type CleanCard,
  cleanCard,
  cleanId,
  cleanPayer,
  cleanText,
  cleanWhole,
} from '../unified/clean-facts.ts';
import { type AmountRule, readCents } from './amounts.ts';
import type { Columns, FieldName, RowKind } from './columns.ts';
import { type DateRule, readInstant } from './dates.ts';
import { fold } from './fold.ts';
import type { Mapping } from './mapping.ts';
import { readPayload } from './read-payload.ts';
import { normaliseProvider, normaliseStatus } from './words.ts';

/** A row as it stands in its source: column → text. */
export type Cells = Readonly<Record<string, string>>;

export interface ReadOptions extends DateRule {
  readonly kind: RowKind;
  /** Null where every amount stands in a column of cents. */
  readonly amounts: AmountRule | null;
  readonly currency: string;
}

export interface TransactionFacts {
  readonly provider: string;
  readonly routedProvider: string | null;
  readonly status: CanonicalStatus;
  readonly amountCents: number;
  readonly currency: string;
  readonly method: 'pix' | 'card' | 'boleto' | 'other' | null;
  readonly installments: number | null;
  readonly orderId: string | null;
  readonly chargeId: string | null;
  readonly createdAtMs: number;
  readonly paidAtMs: number | null;
  readonly refundedCents: number;
  readonly chargedBackCents: number;
  readonly refundedAtMs: number | null;
  readonly customerKey: string | null;
  readonly sessionKey: string | null;
  readonly providerCustomerId: string | null;
  readonly card: CleanCard | null;
}

export interface SessionFacts {
  readonly status: CanonicalStatus;
  readonly openedAtMs: number;
  readonly endedAtMs: number | null;
  readonly transactionKey: string | null;
  readonly orderId: string | null;
}

export interface ReadRow {
  readonly kind: RowKind;
  readonly key: string;
  readonly clinic: string | null;
  readonly merchantId: string | null;
  /** Null where nobody could be found again by it. */
  readonly person: Person | null;
  readonly old: {
    readonly provider: string | null;
    readonly providerV2: string | null;
    readonly status: string | null;
    readonly statusV2: string | null;
  };
  /** Null where the row is not understood; `reasons` says why. */
  readonly transaction: TransactionFacts | null;
  readonly session: SessionFacts | null;
  /** What stands against it, or was left out of it. */
  readonly reasons: readonly string[];
}

/** How exports write that there is nothing. */
const NOTHING = new Set(['', 'null', 'undefined', 'nan', 'none', 'nil', '\\n', '-']);
const MAX_KEY = 200;
const MAX_WORD = 100;

/**
 * Reads one row. Nothing here is thrown: what is not understood has its reasons, and is kept with them.
 * @param secret for ids that are somebody's e-mail or document
 */
export function readRow(
  cells: Cells,
  columns: Columns,
  options: ReadOptions,
  mapping: Mapping,
  secret: KeyObject,
): ReadRow {
  const reasons: string[] = [];
  const get = (field: FieldName): string | null => {
    for (const column of columns[field] ?? []) {
      const value = cells[column]?.trim();
      if (value !== undefined && !NOTHING.has(value.toLowerCase())) return value;
    }
    return null;
  };
  const keyFor = (value: string | null): string | null => (value === null ? null : safeKey(value, secret));
  const id = get('id');
  if (id === null) reasons.push('no_id');
  const key = keyFor(id ?? get('chargeId')) ?? `hash:${contentHash(cells, secret).toString('hex')}`;
  if (Object.values(cells).some((value) => value.includes('\uFFFD'))) reasons.push('broken_text');
  const clinic = get('clinic');
  const merchantId = mapping.merchantOf(clinic, get('merchant'));
  const person = personOf(get, reasons);
  const old = {
    provider: wordOf(get('provider')),
    providerV2: wordOf(get('providerV2')),
    status: wordOf(get('status')),
    statusV2: wordOf(get('statusV2')),
  };
  const base = { kind: options.kind, key, clinic: wordOf(clinic), merchantId, person, old };
  const stops: string[] = merchantId === null ? ['not_onboarded'] : [];
  const context = { get, keyFor, options, mapping, reasons, stops };
  const transaction = options.kind === 'transaction' ? transactionOf(context) : null;
  const session = options.kind === 'session' ? sessionOf(context) : null;
  if (options.kind === 'customer' && person === null) stops.push('no_email_or_document');
  const isUnderstood = stops.length === 0;
  return {
    ...base,
    transaction: isUnderstood ? transaction : null,
    session: isUnderstood ? session : null,
    reasons: [...new Set([...stops, ...reasons])],
  };
}

/** Whether nothing could be made of the row. */
export function isUnmapped(row: ReadRow): boolean {
  if (row.merchantId === null) return true;
  if (row.kind === 'transaction') return row.transaction === null;
  return row.kind === 'session' ? row.session === null : row.person === null;
}

/** Of all that a row says, whatever order its columns have. */
export function contentHash(cells: Cells, secret: KeyObject): Buffer {
  const sorted = Object.entries(cells).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHmac('sha256', secret).update(JSON.stringify(sorted)).digest();
}

interface Reading {
  readonly get: (field: FieldName) => string | null;
  readonly keyFor: (value: string | null) => string | null;
  readonly options: ReadOptions;
  readonly mapping: Mapping;
  readonly reasons: string[];
  /** Why nothing can be made of it. */
  readonly stops: string[];
}

function transactionOf(reading: Reading): TransactionFacts | null {
  const { get, keyFor, options, mapping, reasons, stops } = reading;
  const provider = providerOf(reading);
  const told = statusOf(reading);
  const amountCents = amountOf(reading, 'amountCents', 'amount');
  if (amountCents === null) stops.push('amount_missing');
  else if (typeof amountCents === 'string') stops.push(amountCents);
  const currency = (get('currency') ?? options.currency).toUpperCase();
  if (!/^[A-Z]{3}$/.test(currency)) stops.push('currency_unreadable');
  const dates = datesOf(reading);
  if (provider === null || told === null || typeof amountCents !== 'number' || dates === null) return null;
  if (told === 'CANCELED' && dates.paidAtMs !== null) stops.push('canceled_but_paid');
  const back = moneyBack(reading, told, amountCents);
  const settled = isSettled(back.status);
  if (settled && dates.paidAtMs === null) reasons.push('paid_at_missing');
  const payload = get('rawPayload');
  const facts = payload === null ? null : readPayload(payload);
  if (payload !== null && facts === null) reasons.push('raw_payload_unreadable');
  const routed = get('routedProvider');
  return {
    provider,
    routedProvider: routed === null ? null : normaliseProvider(routed, mapping.words),
    status: back.status,
    amountCents,
    currency,
    method: methodOf(get('method'), reasons),
    installments: cleanWhole(Number(get('installments') ?? Number.NaN), 1, 99),
    orderId: cleanId(get('orderId') ?? undefined),
    chargeId: cleanId(get('chargeId') ?? undefined),
    createdAtMs: dates.createdAtMs,
    paidAtMs: settled ? (dates.paidAtMs ?? dates.createdAtMs) : null,
    refundedCents: back.refundedCents,
    chargedBackCents: back.chargedBackCents,
    refundedAtMs:
      back.refundedCents + back.chargedBackCents > 0 ? (dates.refundedAtMs ?? dates.latestMs) : null,
    customerKey: keyFor(get('customerKey')),
    sessionKey: keyFor(get('sessionKey')),
    providerCustomerId: cleanId(get('providerCustomerId') ?? undefined) ?? facts?.customerId ?? null,
    card:
      facts?.card ??
      cleanCard({
        id: get('methodId') ?? undefined,
        brand: get('cardBrand') ?? undefined,
        last4: get('cardLast4')?.padStart(4, '0'),
      }),
  };
}

function sessionOf(reading: Reading): SessionFacts | null {
  const { get, keyFor } = reading;
  const status = statusOf(reading);
  const dates = datesOf(reading);
  if (status === null || dates === null) return null;
  const ended = get('endedAt');
  return {
    status,
    openedAtMs: dates.createdAtMs,
    endedAtMs: (ended === null ? null : readInstant(ended, reading.options)) ?? dates.paidAtMs,
    transactionKey: keyFor(get('transactionKey')),
    orderId: cleanId(get('orderId') ?? undefined),
  };
}

/** The word of the newer column first, where there are two. */
function providerOf({ get, mapping, reasons, stops }: Reading): string | null {
  const words = [get('providerV2'), get('provider'), get('routedProvider')].filter((word) => word !== null);
  const names = words.map((word) => normaliseProvider(word, mapping.words)).filter((name) => name !== null);
  const [name] = names;
  if (name === undefined) {
    stops.push(words.length === 0 ? 'provider_missing' : 'unknown_provider');
    return null;
  }
  const [v2, v1] = [get('providerV2'), get('provider')].map((word) =>
    word === null ? null : normaliseProvider(word, mapping.words),
  );
  if (v2 && v1 && v2 !== v1) reasons.push('provider_words_disagree');
  return name;
}

/** Of two words the one of higher authority: the newer column was rarely written at the end of a payment. */
function statusOf({ get, mapping, reasons, stops }: Reading): CanonicalStatus | null {
  const words = [get('statusV2'), get('status')].filter((word) => word !== null);
  const known = words.map((word) => normaliseStatus(word, mapping.words)).filter((status) => status !== null);
  const [status] = known.toSorted((a, b) => STATUS_RANK[b] - STATUS_RANK[a]);
  if (status === undefined) {
    stops.push(words.length === 0 ? 'status_missing' : 'unknown_status');
    return null;
  }
  if (known.length < words.length) reasons.push('unknown_status_beside_known');
  if (new Set(known).size > 1) reasons.push('status_words_disagree');
  return status;
}

/** @returns cents, the reason against it, or null where there is none */
function amountOf(
  { get, options }: Reading,
  inCents: 'amountCents' | 'refundedCents',
  asText: 'amount' | 'refunded',
): number | string | null {
  const cents = get(inCents);
  const text = cents ?? get(asText);
  if (text === null) return null;
  const read = readCents(text, cents !== null ? 'cents' : (options.amounts ?? 'evident'));
  return read.ok ? read.cents : read.reason;
}

/** What of the money went back, which the status alone does not always say. */
function moneyBack(
  reading: Reading,
  told: CanonicalStatus,
  amountCents: number,
): { readonly status: CanonicalStatus; readonly refundedCents: number; readonly chargedBackCents: number } {
  const { get, mapping, reasons } = reading;
  const refunded = amountOf(reading, 'refundedCents', 'refunded');
  if (typeof refunded === 'string') reasons.push(`refund_${refunded}`);
  const cents = typeof refunded === 'number' ? refunded : 0;
  if (cents > amountCents) reasons.push('refund_larger_than_amount');
  const known = Math.min(cents, amountCents);
  if (told === 'CHARGEBACK')
    return { status: told, refundedCents: known, chargedBackCents: amountCents - known };
  const word = get('refundStatus');
  const refundWord = word === null ? null : normaliseStatus(word, mapping.words);
  const isBack = told === 'REFUNDED' || (told === 'SUCCEEDED' && known === 0 && refundWord === 'REFUNDED');
  if (isBack) {
    if (known > 0 && known < amountCents) reasons.push('refunded_less_than_amount');
    const all = known > 0 ? known : amountCents;
    return {
      status: all < amountCents ? 'PARTIALLY_REFUNDED' : 'REFUNDED',
      refundedCents: all,
      chargedBackCents: 0,
    };
  }
  if (!isSettled(told)) return { status: told, refundedCents: 0, chargedBackCents: 0 };
  if (told === 'PARTIALLY_REFUNDED' && known === 0) reasons.push('refund_amount_unknown');
  if (known === 0) return { status: told, refundedCents: 0, chargedBackCents: 0 };
  return {
    status: known === amountCents ? 'REFUNDED' : 'PARTIALLY_REFUNDED',
    refundedCents: known,
    chargedBackCents: 0,
  };
}

function datesOf({ get, options, reasons, stops }: Reading) {
  const read = (field: 'createdAt' | 'paidAt' | 'refundedAt'): number | null => {
    const text = get(field);
    const atMs = text === null ? null : readInstant(text, options);
    if (text !== null && atMs === null) reasons.push('date_unreadable');
    return atMs;
  };
  const [created, paidAtMs, refundedAtMs] = [read('createdAt'), read('paidAt'), read('refundedAt')];
  const createdAtMs = created ?? paidAtMs;
  if (createdAtMs === null) {
    stops.push('no_date');
    return null;
  }
  if (created === null) reasons.push('created_at_missing');
  return { createdAtMs, paidAtMs, refundedAtMs, latestMs: refundedAtMs ?? paidAtMs ?? createdAtMs };
}

function methodOf(word: string | null, reasons: string[]): TransactionFacts['method'] {
  if (word === null) return null;
  const folded = fold(word);
  if (folded.includes('pix')) return 'pix';
  if (/card|cartao|credit|debit/.test(folded)) return 'card';
  if (/boleto|slip/.test(folded)) return 'boleto';
  reasons.push('unknown_method');
  return 'other';
}

function personOf(get: Reading['get'], reasons: string[]): Person | null {
  const email = get('email');
  const document = get('document');
  if (email !== null && normaliseEmail(email) === null) reasons.push('email_unreadable');
  if (document !== null && normaliseDocument(document) === null) reasons.push('document_unreadable');
  return cleanPayer({
    name: get('name') ?? undefined,
    email: email ?? undefined,
    document: document ?? undefined,
    phone: get('phone') ?? undefined,
  });
}

/** An old word is a word, and not somebody's e-mail in the wrong column. */
function wordOf(value: string | null): string | null {
  const word = cleanText(value ?? undefined, MAX_WORD);
  return word === null || normaliseEmail(word) !== null || normaliseDocument(word) !== null ? null : word;
}

/** The id as it is, unless it is personal, or no id. */
function safeKey(value: string, secret: KeyObject): string {
  const isPlain =
    value.length <= MAX_KEY &&
    cleanText(value, MAX_KEY) !== null &&
    !value.includes('@') &&
    normaliseDocument(value) === null;
  return isPlain ? value : `hash:${createHmac('sha256', secret).update(value.toLowerCase()).digest('hex')}`;
}
