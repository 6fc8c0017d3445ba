/** What a provider's answer says of the money; cents where the answer is known to count in them. */
export interface PayloadMoney {
  /** What came, or, as long as nothing did, what was asked for; null where the answer is of no known form. */
  readonly amountCents: number | null;
  readonly refundedCents: number;
  /** ISO 4217, upper case. */
  readonly currency: string | null;
  /** The provider's own. */
  readonly statusWord: string | null;
  readonly isPaid: boolean;
  readonly isDisputed: boolean;
  readonly chargeId: string | null;
  readonly orderId: string | null;
  readonly createdAt: string | null;
  readonly paidAt: string | null;
  /** Of an answer of no known form: its amount, in whatever unit. */
  readonly statedAmount: string | null;
}

type Held = Readonly<Record<string, unknown>>;

const NOTHING: PayloadMoney = {
  amountCents: null,
  refundedCents: 0,
  currency: null,
  statusWord: null,
  isPaid: false,
  isDisputed: false,
  chargeId: null,
  orderId: null,
  createdAt: null,
  paidAt: null,
  statedAmount: null,
};

/** Charges and PaymentIntents of Stripe, orders and charges of Pagar.me, bare or within their events. */
export function payloadMoneyOf(payload: Held): PayloadMoney {
  const { data } = payload;
  const object = isHeld(data) ? (isHeld(data['object']) ? data['object'] : data) : payload;
  const kind = object['object'];
  if (kind === 'charge' || kind === 'payment_intent') return ofStripe(object);
  if (Array.isArray(object['charges']) || 'last_transaction' in object) return ofPagarme(object);
  const stated = object['amount'];
  return {
    ...NOTHING,
    statedAmount: typeof stated === 'number' || typeof stated === 'string' ? String(stated) : null,
  };
}

function ofStripe(object: Held): PayloadMoney {
  const isIntent = object['object'] === 'payment_intent';
  const charge =
    isIntent && isHeld(object['latest_charge']) ? object['latest_charge'] : isIntent ? {} : object;
  const isPaid = object['status'] === 'succeeded';
  const came = centsOf(isIntent ? object['amount_received'] : object['amount_captured']);
  const refundedCents = centsOf(charge['amount_refunded']) ?? 0;
  const asked = centsOf(object['amount']);
  const intent = object['payment_intent'];
  return {
    amountCents: isPaid && came !== null && came > 0 ? came : asked,
    refundedCents,
    currency: textOf(object['currency'])?.toUpperCase() ?? null,
    statusWord: textOf(object['status']),
    // A charge that is authorised alone says "succeeded", too.
    isPaid: isPaid && object['captured'] !== false,
    isDisputed: charge['disputed'] === true,
    chargeId: textOf(object['id']),
    orderId: isIntent ? null : textOf(intent),
    createdAt: textOf(object['created']),
    paidAt: null,
    statedAmount: null,
  };
}

function ofPagarme(object: Held): PayloadMoney {
  const listed = object['charges'];
  const charges = Array.isArray(listed) ? listed.filter(isHeld) : [object];
  const [first] = charges;
  const paid = charges.filter((charge) => (paidCentsOf(charge) ?? 0) > 0);
  const sum = (of: (charge: Held) => number | null): number =>
    paid.reduce((total, charge) => total + (of(charge) ?? 0), 0);
  const isOrder = Array.isArray(listed);
  return {
    amountCents: paid.length > 0 ? sum(paidCentsOf) : centsOf(object['amount']),
    // Of a charge that took no money it is what was withdrawn.
    refundedCents: sum((charge) => centsOf(charge['canceled_amount'])),
    currency: textOf(object['currency'] ?? first?.['currency'])?.toUpperCase() ?? null,
    statusWord: textOf(first?.['status'] ?? object['status']),
    isPaid: paid.length > 0,
    isDisputed: charges.some((charge) => charge['status'] === 'chargedback'),
    chargeId: textOf(first?.['id']),
    orderId: isOrder ? textOf(object['id']) : null,
    createdAt: textOf(object['created_at'] ?? first?.['created_at']),
    paidAt: textOf(paid[0]?.['paid_at']),
    statedAmount: null,
  };
}

/** "paid" means the exact amount. */
function paidCentsOf(charge: Held): number | null {
  return centsOf(charge['paid_amount']) ?? (charge['status'] === 'paid' ? centsOf(charge['amount']) : null);
}

function isHeld(value: unknown): value is Held {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function centsOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;
}
