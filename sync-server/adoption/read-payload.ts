import type { PayerFacts } from '../providers/provider-facts.ts';
import { type CleanCard, cleanCard, cleanId } from '../unified/clean-facts.ts';
import { type PayloadMoney, payloadMoneyOf } from './payload-money.ts';

/** What an old row kept of a provider's answer, as far as it helps. */
export interface PayloadFacts extends PayloadMoney {
  /** As the provider calls them. */
  readonly customerId: string | null;
  readonly card: CleanCard | null;
  /** As it was told; for a row whose columns name nobody. */
  readonly payer: PayerFacts;
  /** Stripe says of each object whether money moved by it. */
  readonly isTest: boolean;
}

/** Deeper and longer than any provider's answer is useful. */
const MAX_DEPTH = 12;
const MAX_NODES = 20_000;
/** Who pays, in the order of trust. */
const PAYERS = ['customer', 'billing_details', 'payer', 'customer_details', 'buyer'];

type Held = Readonly<Record<string, unknown>>;

/**
 * Whom the provider knows, the card, and what it says of the money. Where in the answer they stand each provider decides,
 * so the first object called `card` and the first `customer` count.
 * @returns null where it is no JSON
 */
export function readPayload(text: string): PayloadFacts | null {
  let payload: unknown;
  try {
    payload = JSON.parse(text);
    // Some rows hold JSON within a JSON string.
    if (typeof payload === 'string') payload = JSON.parse(payload);
  } catch {
    // Cut off, or never JSON: the caller reports it.
    return null;
  }
  if (typeof payload !== 'object' || payload === null) return null;
  const found: { card?: CleanCard; isTest?: boolean } = {};
  const payers = new Map<string, unknown>();
  let nodes = 0;
  const visit = (value: unknown, depth: number): void => {
    nodes += 1;
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH || nodes > MAX_NODES) return;
    for (const [key, held] of Object.entries(value)) {
      if (key === 'livemode' && held === false) found.isTest = true;
      if (PAYERS.includes(key) && !payers.has(key)) payers.set(key, held);
      if (
        (key === 'receipt_email' || key === 'customer_email') &&
        typeof held === 'string' &&
        !payers.has(key)
      )
        payers.set(key, { email: held });
      if (key === 'card' && found.card === undefined) {
        const card = cardOf(held);
        if (card !== null) found.card = card;
      }
      visit(held, depth + 1);
    }
  };
  visit(payload, 0);
  return {
    customerId: customerIdOf(payers.get('customer')),
    card: found.card ?? null,
    payer: payerOf([...PAYERS, 'receipt_email', 'customer_email'].map((key) => payers.get(key))),
    isTest: found.isTest === true,
    ...payloadMoneyOf(payload as Held),
  };
}

/** Of several the first that can be found again: one whole person, and no mixture of two. */
function payerOf(told: readonly unknown[]): PayerFacts {
  const people = told.flatMap((one): PayerFacts[] => {
    if (typeof one !== 'object' || one === null) return [];
    const held = one as Held;
    const words = (...keys: readonly string[]): string | undefined =>
      keys.map((key) => held[key]).find((value): value is string => typeof value === 'string');
    return [
      {
        name: words('name'),
        email: words('email'),
        document: words('document', 'cpfCnpj', 'cpf', 'tax_id', 'document_number'),
        phone: words('phone'),
      },
    ];
  });
  return people.find(({ email, document }) => (email ?? document) !== undefined) ?? people[0] ?? {};
}

function customerIdOf(customer: unknown): string | null {
  if (typeof customer === 'object' && customer !== null) return textOf((customer as Held)['id']) ?? null;
  return textOf(customer) ?? null;
}

function textOf(value: unknown): string | undefined {
  return (
    cleanId(typeof value === 'number' ? String(value) : typeof value === 'string' ? value : undefined) ??
    undefined
  );
}

function cardOf(held: unknown): CleanCard | null {
  if (typeof held !== 'object' || held === null) return null;
  const card = held as Held;
  const whole = (value: unknown): number | undefined =>
    typeof value === 'number' || typeof value === 'string' ? Number(value) : undefined;
  return cleanCard({
    id: textOf(card['id']),
    fingerprint: textOf(card['fingerprint']),
    brand: textOf(card['brand']),
    last4: textOf(card['last4']) ?? textOf(card['last_four_digits']),
    expMonth: whole(card['exp_month']),
    expYear: yearOf(whole(card['exp_year'])),
  });
}

/** Pagar.me gives two digits. */
function yearOf(year: number | undefined): number | undefined {
  return year !== undefined && year >= 0 && year < 100 ? 2000 + year : year;
}
