import { type CleanCard, cleanCard, cleanId } from '../unified/clean-facts.ts';

export interface PayloadFacts {
  /** As the provider calls them. */
  readonly customerId: string | null;
  readonly card: CleanCard | null;
}

/** Deeper and longer than any provider's answer is useful. */
const MAX_DEPTH = 12;
const MAX_NODES = 20_000;

/**
 * What an old row kept of a provider's answer, as far as it helps: whom the provider knows, and the card. Where in the
 * answer they stand each provider decides, so the first object called `card` and the first `customer` count.
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
  const found: { customer?: unknown; card?: CleanCard } = {};
  let nodes = 0;
  const visit = (value: unknown, depth: number): void => {
    nodes += 1;
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH || nodes > MAX_NODES) return;
    for (const [key, held] of Object.entries(value)) {
      if (key === 'customer' && found.customer === undefined) found.customer = held;
      if (key === 'card' && found.card === undefined) {
        const card = cardOf(held);
        if (card !== null) found.card = card;
      }
      visit(held, depth + 1);
    }
  };
  visit(payload, 0);
  return { customerId: customerIdOf(found.customer), card: found.card ?? null };
}

function customerIdOf(customer: unknown): string | null {
  if (typeof customer === 'object' && customer !== null)
    return textOf((customer as { id?: unknown }).id) ?? null;
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
  const card = held as Readonly<Record<string, unknown>>;
  const whole = (value: unknown): number | undefined =>
    typeof value === 'number' || typeof value === 'string' ? Number(value) : undefined;
  return cleanCard({
    id: textOf(card['id']),
    fingerprint: textOf(card['fingerprint']),
    brand: textOf(card['brand']),
    last4: textOf(card['last4']) ?? textOf(card['last_four_digits']),
    expMonth: whole(card['exp_month']),
    expYear: whole(card['exp_year']),
  });
}
