import {
  type CleanCard,
  cleanCard,
  cleanDay,
  cleanId,
  cleanReference,
  cleanText,
} from '../unified/clean-facts.ts';
import { readCents } from './amounts.ts';
import { readInstant } from './dates.ts';
import { fold } from './fold.ts';
import { currencyOf } from './read-money.ts';
import { judgeMode, providerOf } from './read-words.ts';
import type { LinkFacts, Reading, SubscriptionFacts } from './row-facts.ts';
import { readSubscriptionStatus } from './subscription-words.ts';

const MAX_PLAN = 100;
const YES = new Set(['true', 't', '1', 'yes', 'y', 'sim', 's', 'verdadeiro']);
const NO = new Set(['false', 'f', '0', 'no', 'n', 'nao', 'falso']);

/** A subscription of the old system: one that a provider runs has the provider's id. */
export function subscriptionOf(reading: Reading): SubscriptionFacts | null {
  const { get, id, keyFor, options, mapping, note, stop } = reading;
  judgeMode(reading, null);
  const provider = providerOf(reading);
  const word = get('status');
  const status = word === null ? null : readSubscriptionStatus(word, mapping.subscriptionStatuses);
  if (status === null) stop(word === null ? 'status_missing' : 'unknown_subscription_status');
  const providerSubscriptionId = cleanReference(id('providerSubscriptionId') ?? undefined);
  const native = fold(get('native') ?? '');
  const isNative = YES.has(native) || (!NO.has(native) && providerSubscriptionId === null);
  if (!isNative && providerSubscriptionId === null) stop('subscription_id_missing');
  const price = priceOf(reading);
  const instant = (field: 'startedAt' | 'createdAt' | 'trialEndsAt'): number | null => {
    const text = get(field);
    const atMs = text === null ? null : readInstant(text, options);
    if (text !== null && atMs === null) note('date_unreadable');
    return atMs;
  };
  const startedAtMs = instant('startedAt') ?? instant('createdAt');
  if (provider === null || status === null) return null;
  return {
    provider,
    providerSubscriptionId,
    isNative,
    status,
    plan: cleanText(get('plan') ?? undefined, MAX_PLAN),
    priceCents: price,
    currency: currencyOf(reading, null),
    startedAtMs,
    trialEndsAtMs: instant('trialEndsAt'),
    ...periodOf(reading),
    customerKey: keyFor(id('customerKey')),
    providerCustomerId: cleanId(id('providerCustomerId') ?? undefined),
  };
}

/** Which days it is for, both included; neither where they do not fit together. */
export function periodOf({ get, options, note }: Reading): {
  readonly periodStartsOn: string | null;
  readonly periodEndsOn: string | null;
} {
  const day = (field: 'periodStart' | 'periodEnd'): string | null => {
    const text = get(field);
    if (text === null) return null;
    const plain = cleanDay(text);
    if (plain !== null) return plain;
    const atMs = readInstant(text, options);
    if (atMs === null) note('date_unreadable');
    // As the calendar on the wall of that zone has it: Sweden writes days as ISO 8601 does.
    return atMs === null
      ? null
      : new Intl.DateTimeFormat('sv-SE', { timeZone: options.timeZone }).format(atMs);
  };
  const [periodStartsOn, periodEndsOn] = [day('periodStart'), day('periodEnd')];
  if (periodStartsOn === null || periodEndsOn === null || periodStartsOn <= periodEndsOn)
    return { periodStartsOn, periodEndsOn };
  note('period_unreadable');
  return { periodStartsOn: null, periodEndsOn: null };
}

/** A saved card, or a customer as a provider knows them. */
export function linkOf(reading: Reading): LinkFacts | null {
  const { id, keyFor, options, stop } = reading;
  judgeMode(reading, null);
  const provider = providerOf(reading);
  const card = options.kind === 'payment_method' ? savedCardOf(reading) : null;
  if (options.kind === 'payment_method' && card === null) stop('card_unknown');
  if (provider === null || (options.kind === 'payment_method' && card === null)) return null;
  return {
    provider,
    customerKey: keyFor(id('customerKey')),
    providerCustomerId: cleanId(id('providerCustomerId') ?? undefined),
    card,
  };
}

function savedCardOf({ get, id }: Reading): CleanCard | null {
  const [, month, year] = /^(\d{1,2})\s*[/-]\s*(\d{4}|\d{2})$/.exec(get('cardExpiry') ?? '') ?? [];
  const isGone = /inativ|inactiv|delet|remov|expir|cancel|detach|revog|revok/.test(fold(get('status') ?? ''));
  return cleanCard({
    id: id('methodId') ?? undefined,
    fingerprint: get('fingerprint') ?? undefined,
    brand: get('cardBrand') ?? undefined,
    last4: get('cardLast4')?.padStart(4, '0'),
    expMonth: Number(get('cardExpMonth') ?? month ?? Number.NaN),
    expYear: fullYear(Number(get('cardExpYear') ?? year ?? Number.NaN)),
    isSaved: !isGone,
    isDefault: !isGone && YES.has(fold(get('isDefault') ?? '')),
  });
}

/** `30` is 2030. */
function fullYear(year: number): number {
  return year < 100 ? 2_000 + year : year;
}

function priceOf({ get, options, note }: Reading): number | null {
  const cents = get('priceCents');
  const text = cents ?? get('price');
  if (text === null) return null;
  const read = readCents(text, cents !== null ? 'cents' : (options.amounts ?? 'evident'));
  if (!read.ok) note('price_unreadable');
  return read.ok ? read.cents : null;
}
