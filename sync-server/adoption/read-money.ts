import { type CanonicalStatus, isSettled, STATUS_RANK } from '../../domain/payment-status.ts';
import { type AmountRead, currencyBeside, possibleCents, readCents } from './amounts.ts';
import { readCurrency } from './currencies.ts';
import { fold } from './fold.ts';
import type { PayloadFacts } from './read-payload.ts';
import type { Reason } from './reasons.ts';
import type { Reading } from './row-facts.ts';
import { normaliseStatus } from './words.ts';

type CentsField = 'amountCents' | 'refundedCents' | 'paidCents';
type TextField = 'amount' | 'refunded' | 'paid';

/** @returns null where it has none */
function moneyIn(
  { first, get, options }: Reading,
  inCents: CentsField,
  asText: TextField,
): AmountRead | null {
  // Another column of amounts is another amount; of what went back none may be passed by.
  const told = asText === 'amount' ? first : get;
  const cents = told(inCents);
  if (cents !== null) return readColumnOfCents(cents, options.amounts === 'cents');
  const text = told(asText);
  return text === null ? null : readCents(text, options.amounts ?? 'evident');
}

/** @param isSaid that all amounts of the file are cents: then 15000.00 is so many, too */
function readColumnOfCents(text: string, isSaid: boolean): AmountRead {
  const read = readCents(text, 'cents');
  if (read.ok || read.reason !== 'cents_with_decimals' || !isSaid) return read;
  return readCents(text.replace(/[.,]0+\s*$/, ''), 'cents');
}

/** What was sold for, of all that the row says; null, and why, where that is not certain. */
export function amountOf(
  reading: Reading,
  status: CanonicalStatus,
  payload: PayloadFacts | null,
): number | null {
  const { stop, note } = reading;
  const read = moneyIn(reading, 'amountCents', 'amount') ?? moneyIn(reading, 'paidCents', 'paid');
  if (read?.ok === false) {
    stop(read.reason);
    if (read.reason === 'amount_negative') note('refund_not_applied');
    return null;
  }
  const cents = read?.cents ?? payload?.amountCents ?? null;
  if (cents === null) {
    stop('amount_missing');
    return null;
  }
  if (read === null) note('amount_from_payload');
  compareColumns(reading, status, cents);
  comparePaid(reading, status, cents);
  if (read !== null && payload !== null) comparePayload(reading, status, cents, payload);
  return cents;
}

/** Another column of an amount, which is not the one that came. A column that the mapping names has none beside it. */
function compareColumns(
  { all, get, options, stop, note }: Reading,
  status: CanonicalStatus,
  cents: number,
): void {
  const paid = get('paid');
  const texts = all('amount').filter((text) => text !== paid);
  const beside = get('amountCents') === null ? texts.slice(1) : texts;
  const rule = options.amounts;
  for (const text of beside) {
    const possible = rule === null || rule === 'evident' ? possibleCents(text) : centsBy(text, rule);
    if (possible.length === 0) note('amount_beside_unreadable');
    else if (possible.includes(cents)) continue;
    else if (isSettled(status)) stop('amounts_disagree');
    else note('amounts_differ_unpaid');
  }
}

function centsBy(text: string, rule: 'cents' | 'comma' | 'point'): number[] {
  const read = readCents(text, rule);
  return read.ok ? [read.cents] : [];
}

/** What came is what was asked for, or a person looks at it. */
function comparePaid(reading: Reading, status: CanonicalStatus, cents: number): void {
  const paid = moneyIn(reading, 'paidCents', 'paid');
  if (paid === null) return;
  if (!paid.ok) reading.note('amount_beside_unreadable');
  else if (isSettled(status)) {
    if (paid.cents !== cents) reading.stop('paid_amount_differs');
  } else if (paid.cents > 0) stopButPaid(reading, status);
}

function comparePayload(
  reading: Reading,
  status: CanonicalStatus,
  cents: number,
  payload: PayloadFacts,
): void {
  const { stop, note } = reading;
  const possible =
    payload.amountCents !== null
      ? [payload.amountCents]
      : payload.statedAmount === null
        ? [cents]
        : possibleCents(payload.statedAmount);
  if (!possible.includes(cents)) {
    if (isSettled(status)) stop('payload_amount_differs');
    else note('amounts_differ_unpaid');
  }
}

/** An end, or none, that the evidence of a payment contradicts. */
const BUT_PAID: Readonly<Partial<Record<CanonicalStatus, Reason>>> = {
  CREATED: 'created_but_paid',
  PENDING: 'pending_but_paid',
  PROCESSING: 'processing_but_paid',
  AUTHORIZED: 'authorized_but_paid',
  FAILED: 'failed_but_paid',
  EXPIRED: 'expired_but_paid',
  CANCELED: 'canceled_but_paid',
};

export function stopButPaid({ stop }: Reading, status: CanonicalStatus): void {
  const reason = BUT_PAID[status];
  if (reason !== undefined) stop(reason);
}

/** The row's own, or the one that stands beside its amounts, or the provider's, or the file's; they agree, or it waits. */
export function currencyOf({ get, all, options, stop }: Reading, payload: PayloadFacts | null): string {
  const text = get('currency');
  const code = text === null ? null : readCurrency(text);
  if (text !== null && code === null) stop('currency_unreadable');
  const beside = (
    ['amountCents', 'amount', 'refundedCents', 'refunded', 'paidCents', 'paid'] as const
  ).flatMap((field) => all(field).flatMap((amount) => currencyBeside(amount) ?? []));
  const told = [code, ...beside, payload?.currency ?? null].filter((one) => one !== null);
  if (new Set(told).size > 1) stop('currency_disagrees');
  return told[0] ?? options.currency.toUpperCase();
}

export interface MoneyBack {
  readonly status: CanonicalStatus;
  readonly refundedCents: number;
  readonly chargedBackCents: number;
}

/** What of the money went back, which the status alone does not always say. */
export function moneyBack(
  reading: Reading,
  told: CanonicalStatus,
  amountCents: number,
  payload: PayloadFacts | null,
): MoneyBack {
  const { get, stop, note } = reading;
  const nothing = { status: told, refundedCents: 0, chargedBackCents: 0 };
  const read = moneyIn(reading, 'refundedCents', 'refunded');
  if (read?.ok === false) {
    stop(`refund_${read.reason}`);
    return nothing;
  }
  const word = refundWordOf(reading);
  const inPayload = payload?.amountCents == null ? 0 : payload.refundedCents;
  const cents = read?.cents ?? 0;
  if (Math.max(cents, inPayload) > amountCents) stop('refund_larger_than_amount');
  if (!isSettled(told)) {
    if (cents > 0 || get('refundedAt') !== null || word === 'done' || word === 'whole')
      stop('refunded_but_not_paid');
    if (payload?.isPaid === true) stop('payload_says_paid');
    return nothing;
  }
  if (payload?.isDisputed === true && told !== 'CHARGEBACK') note('payload_tells_dispute');
  if (cents > 0 && inPayload > cents) stop('payload_refund_differs');
  if (told === 'CHARGEBACK')
    return { status: told, refundedCents: cents, chargedBackCents: Math.max(0, amountCents - cents) };
  if ((cents > 0 || told === 'REFUNDED') && (word === 'open' || word === 'refused'))
    stop('refund_words_disagree');
  if (cents > 0) {
    if (told === 'REFUNDED' && cents < amountCents) note('refunded_less_than_amount');
    return refundOf(cents, amountCents);
  }
  if (told === 'REFUNDED' || (told === 'SUCCEEDED' && word === 'whole'))
    return refundOf(amountCents, amountCents);
  if (inPayload > 0) {
    note('refund_from_payload');
    return refundOf(inPayload, amountCents);
  }
  if (told === 'PARTIALLY_REFUNDED' || word === 'done') stop('refund_amount_unknown');
  else if (word === 'open') note('refund_pending');
  else if (word === null && get('refundedAt') !== null) stop('refund_date_without_refund');
  return nothing;
}

function refundOf(cents: number, amountCents: number): MoneyBack {
  const status = cents < amountCents ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
  return { status, refundedCents: cents, chargedBackCents: 0 };
}

const NO_REFUND = new Set([
  'no',
  'nao',
  'false',
  '0',
  'notrefunded',
  'naoestornado',
  'semestorno',
  'nenhum',
  'na',
]);

/** Of a refund's own status: all went back, some did, it is under way, it will not; null where nothing is said. */
function refundWordOf({ get, mapping, note }: Reading): 'whole' | 'done' | 'open' | 'refused' | null {
  const word = get('refundStatus');
  if (word === null || NO_REFUND.has(fold(word))) return null;
  const status = normaliseStatus(word, mapping.words);
  if (status === null) note('refund_status_unknown');
  if (status === null) return null;
  if (status === 'REFUNDED') return 'whole';
  if (isSettled(status)) return 'done';
  return STATUS_RANK[status] >= STATUS_RANK.FAILED ? 'refused' : 'open';
}
