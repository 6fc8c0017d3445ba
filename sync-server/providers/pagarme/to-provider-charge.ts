import { parseBrCode } from '../../../domain/br-code.ts';
import type { ProviderCharge, ProviderChargeRefund, ProviderDispute, ProviderReceipt } from '../provider.ts';
import type { WireCharge, WireOrder } from './wire.ts';

/** What we ask for is in the answer; this stands in for it where a transaction holds no expiry, as after a refund. */
const ASSUMED_LIFE_MS = 24 * 60 * 60_000;

type ChargeStatus = Exclude<ProviderCharge['status'], 'SUCCEEDED'>;

/** Of a charge, or of its transaction, that took no money. Sources: module-core and the SDK's enumerations. */
export const UNPAID_STATUS: ReadonlyMap<string, ChargeStatus> = new Map<string, ChargeStatus>(
  Object.entries({
    pending: 'PENDING',
    waiting_payment: 'PENDING',
    processing: 'PROCESSING',
    authorized_pending_capture: 'AUTHORIZED',
    waiting_capture: 'AUTHORIZED',
    failed: 'FAILED',
    with_error: 'FAILED',
    withError: 'FAILED',
    not_authorized: 'FAILED',
    notAuthorized: 'FAILED',
    expired: 'EXPIRED',
    canceled: 'CANCELED',
  }),
);

/** Words that say that money came, even where the answer leaves out how much. */
const PAID_WORDS = new Set(['paid', 'overpaid', 'underpaid', 'chargedback']);

/** `pagarme:` before Pagar.me's own id: another provider's charges are called `ch_…`, too. */
const RECEIPT_PREFIX = 'pagarme:';

/** @param receiptId the charge's, or that of a later payment of it (`payments/total-receipts.ts`) */
export function chargeIdOf(receiptId: string): string | null {
  const [first = ''] = receiptId.split(':total:', 1);
  return first.startsWith(RECEIPT_PREFIX) ? first.slice(RECEIPT_PREFIX.length) : null;
}

/**
 * An order as Pagar.me answers for it. What was paid is `paid_amount`, never the amount that was asked for: an
 * underpaid or overpaid Pix is a receipt of what came, and is judged as such.
 */
export function toProviderCharge(order: WireOrder): ProviderCharge {
  const charges = order.charges ?? [];
  const paid = charges.filter(isPaid);
  const { status, word } = statusOf(order, paid.length > 0);
  const expiresAtMs = charges.flatMap(({ last_transaction: pix }) => pix?.expires_at ?? [])[0];
  return {
    txid: order.code,
    providerChargeId: order.id,
    // Pagar.me receives in its own name, and settles with the merchant later.
    pixKey: null,
    amountCents: order.amount,
    currency: (order.currency ?? 'BRL').toUpperCase(),
    status,
    closedBy: status === 'CANCELED' ? 'provider' : null,
    providerStatus: word,
    createdAtMs: order.created_at,
    expiresAtMs: expiresAtMs ?? order.created_at + ASSUMED_LIFE_MS,
    brCode: charges.map(brCodeOf).find((brCode) => brCode !== null) ?? null,
    receipts: paid.map((charge) => toReceipt(order, charge)),
    refunds: paid.flatMap(toRefund),
    disputes: paid.flatMap((charge) => toDispute(order, charge)),
  };
}

/** `refunded` comes as "canceled" with the amounts that say so; without paid money "canceled" is a withdrawal. */
function statusOf(
  order: WireOrder,
  isPaidFor: boolean,
): { readonly status: ProviderCharge['status']; readonly word: string } {
  const [charge] = order.charges ?? [];
  const word = charge?.status ?? order.status;
  if (isPaidFor) return { status: 'SUCCEEDED', word };
  if (PAID_WORDS.has(word)) return { status: null, word };
  // Of an expired Pix the charge says "failed" or "canceled", and its transaction why.
  const reason = charge?.last_transaction?.status;
  const known = reason === 'expired' ? reason : word;
  return { status: UNPAID_STATUS.get(known) ?? null, word: known };
}

/** "paid" means the exact amount, by the difference to "underpaid" and "overpaid": it may stand in for `paid_amount`. */
function paidCents(charge: WireCharge): number {
  return charge.paid_amount ?? (charge.status === 'paid' ? charge.amount : 0);
}

export function isPaid(charge: WireCharge): boolean {
  return paidCents(charge) > 0;
}

export function receiptIdOf(charge: Pick<WireCharge, 'id'>): string {
  return `${RECEIPT_PREFIX}${charge.id}`;
}

/** The charge's id names it: the endToEndId is left out by some answers, and a name that changes would count twice. */
export function toReceipt(
  order: Pick<WireOrder, 'code' | 'created_at'>,
  charge: WireCharge,
): ProviderReceipt {
  const endToEndId = charge.last_transaction?.end_to_end_id;
  return {
    receiptId: receiptIdOf(charge),
    endToEndId: endToEndId != null && /^[a-zA-Z0-9]{32}$/.test(endToEndId) ? endToEndId : null,
    txid: order.code,
    pixKey: null,
    amountCents: paidCents(charge),
    paidAtMs: charge.paid_at ?? charge.updated_at ?? order.created_at,
    feeCents: null,
    ...(tellsTotal(charge) ? { isTotal: true } : {}),
  };
}

/** Only by words that speak of how much came: of "paid" that is the exact amount, and more contradicts it. */
function tellsTotal(charge: WireCharge): boolean {
  if (charge.status === 'paid') return paidCents(charge) <= charge.amount;
  return charge.status === 'overpaid' || charge.status === 'underpaid';
}

/** Pagar.me keeps a total and no list: one refund stands for all of a charge's, whoever asked for them. */
export function toRefund(charge: WireCharge): ProviderChargeRefund[] {
  const amountCents = charge.canceled_amount ?? 0;
  if (amountCents === 0) return [];
  return [
    {
      refundId: `${receiptIdOf(charge)}:canceled_amount`,
      receiptId: receiptIdOf(charge),
      amountCents,
      status: 'settled',
      providerStatus: charge.status,
      reason: null,
      initiatedBy: 'provider',
      isTotal: true,
    },
  ];
}

export function toDispute(order: Pick<WireOrder, 'created_at'>, charge: WireCharge): ProviderDispute[] {
  // What was sent back before is not there to be taken.
  const amountCents = paidCents(charge) - (charge.canceled_amount ?? 0);
  if (charge.status !== 'chargedback' || amountCents <= 0) return [];
  return [
    {
      disputeId: `${receiptIdOf(charge)}:chargedback`,
      receiptId: receiptIdOf(charge),
      // Of a Pix it is a MED case: cards are not taken by this flow.
      kind: charge.payment_method === 'credit_card' ? 'chargeback' : 'med',
      status: 'lost',
      amountCents,
      reason: charge.status,
      openedAtMs: charge.updated_at ?? charge.paid_at ?? order.created_at,
    },
  ];
}

function brCodeOf({ last_transaction: pix }: WireCharge): string | null {
  const text = pix?.qr_code?.trim() ?? '';
  const parsed = parseBrCode(text);
  return parsed.ok && parsed.value.kind !== 'rec-only' ? text : null;
}
