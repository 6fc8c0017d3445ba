import { normaliseDocument, normaliseEmail, type Person } from '../../domain/person.ts';
import type { CardFacts, PayerFacts } from '../providers/provider-facts.ts';

/** Of the ids that providers give: Stripe allows 255 characters, the others are shorter. */
const MAX_ID = 255;
const MAX_WORD = 40;
const MAX_NAME = 200;
/** As the database has it (`looks_like_card_number`). */
const CARD_NUMBER = /(^|[^A-Za-z0-9])([0-9][ ._-]?){11,18}[0-9]([^A-Za-z0-9]|$)/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * What a provider tells beside the money must never keep the money from being written down: whatever the database would
 * refuse (a NUL, a text without end, a day that is none, a card's number) is left out here.
 */
export function cleanId(value: string | undefined): string | null {
  return cleanText(value, MAX_ID);
}

/** Of orders, payments and agreements: some providers count them, and a count may have a card number's many digits. */
export function cleanReference(value: string | undefined): string | null {
  return plainText(value, MAX_ID);
}

export function cleanText(value: string | undefined, maxLength: number): string | null {
  const text = plainText(value, maxLength);
  return text === null || looksLikeCardNumber(text) ? null : text;
}

function plainText(value: string | undefined, maxLength: number): string | null {
  if (typeof value !== 'string' || value.length > maxLength) return null;
  const isPlain = [...value].every((character) => (character.codePointAt(0) ?? 0) >= 32);
  const trimmed = value.trim();
  return !isPlain || !value.isWellFormed() || trimmed === '' ? null : trimmed;
}

export function looksLikeCardNumber(value: string): boolean {
  return CARD_NUMBER.test(value);
}

/** YYYY-MM-DD of a day that there is; else null. */
export function cleanDay(value: string | undefined): string | null {
  if (value === undefined || !DAY.test(value)) return null;
  const atMs = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(value) ? value : null;
}

/** Both days, or neither: a period that ends before it begins is none. */
export function cleanPeriod(
  startsOn: string | undefined,
  endsOn: string | undefined,
): { readonly startsOn: string; readonly endsOn: string } | null {
  const from = cleanDay(startsOn);
  const until = cleanDay(endsOn);
  return from === null || until === null || until < from ? null : { startsOn: from, endsOn: until };
}

/** Between 1970 and the year 9999; else null. */
export function cleanInstant(value: number | undefined): Date | null {
  const MAX_MS = 253_402_300_799_000;
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 && value <= MAX_MS
    ? new Date(value)
    : null;
}

export function cleanWhole(value: number | undefined, min: number, max: number): number | null {
  return value !== undefined && Number.isInteger(value) && value >= min && value <= max ? value : null;
}

export interface CleanCard {
  readonly id: string | null;
  readonly fingerprint: string | null;
  readonly brand: string | null;
  readonly last4: string | null;
  readonly expMonth: number | null;
  readonly expYear: number | null;
  readonly isSaved: boolean;
  readonly isDefault: boolean;
}

/** Null where nothing is left by which the card would be known again. */
export function cleanCard(card: CardFacts | undefined): CleanCard | null {
  if (card === undefined) return null;
  const clean: CleanCard = {
    id: cleanId(card.id),
    fingerprint: cleanId(card.fingerprint),
    brand: cleanText(card.brand, MAX_WORD)?.toLowerCase() ?? null,
    last4: card.last4 !== undefined && /^[0-9]{4}$/.test(card.last4) ? card.last4 : null,
    expMonth: cleanWhole(card.expMonth, 1, 12),
    expYear: cleanWhole(card.expYear, 2000, 2199),
    isSaved: card.isSaved === true,
    isDefault: card.isDefault === true,
  };
  return clean.id === null && clean.fingerprint === null && clean.last4 === null ? null : clean;
}

/** @returns null where the payer cannot be told from another by it: a name alone is nobody */
export function cleanPayer(payer: PayerFacts | undefined): Person | null {
  if (payer === undefined) return null;
  const document = normaliseDocument(payer.document ?? '') ?? undefined;
  const email = normaliseEmail(cleanText(payer.email, MAX_ID) ?? '') ?? undefined;
  if (document === undefined && email === undefined) return null;
  return {
    name: cleanText(payer.name, MAX_NAME) ?? undefined,
    email,
    document,
    phone: cleanPhone(payer.phone),
  };
}

/** Digits alone: a phone's are as many as a card's. */
function cleanPhone(value: string | undefined): string | undefined {
  const digits = value?.replace(/[()+\-.\s]/g, '') ?? '';
  return /^\d{8,15}$/.test(digits) ? digits : undefined;
}
