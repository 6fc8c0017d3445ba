import type {
  ProviderCharge,
  ProviderChargeRefund,
  ProviderDispute,
  ProviderReceipt,
  ProviderRefund,
} from '../provider.ts';
import { factsOfIntent } from './facts.ts';
import type { WireDispute, WireIntent, WireRefund } from './wire.ts';

/** What every PaymentIntent of ours carries; Stripe copies it to the charge, so that events of either name it. */
export const METADATA = {
  provider: 'provider',
  txid: 'txid',
  transactionId: 'transaction_id',
  orderId: 'order_id',
  saleId: 'sale_id',
  expiresSeconds: 'expires_seconds',
  /** On refunds: one without it was made by hand in Stripe's own pages. */
  refundId: 'refund_id',
} as const;

type Closing = Pick<ProviderCharge, 'status' | 'closedBy'>;

/**
 * A declined card gives `requires_payment_method` again, with the same PaymentIntent: the attempt failed, the charge
 * still waits for a card. So nothing here is ever FAILED.
 */
export const STATUS: ReadonlyMap<string, Closing> = new Map<string, Closing>([
  ['requires_payment_method', { status: 'PENDING', closedBy: null }],
  ['requires_confirmation', { status: 'PENDING', closedBy: null }],
  ['requires_action', { status: 'PENDING', closedBy: null }],
  ['processing', { status: 'PROCESSING', closedBy: null }],
  ['requires_capture', { status: 'AUTHORIZED', closedBy: null }],
  ['succeeded', { status: 'SUCCEEDED', closedBy: null }],
]);

const CANCELED_BY_US: Closing = { status: 'CANCELED', closedBy: 'us' };
const CANCELED_BY_STRIPE: Closing = { status: 'CANCELED', closedBy: 'provider' };
const EXPIRED: Closing = { status: 'EXPIRED', closedBy: null };
/** The reasons that Stripe gives by itself; all others come from who holds our key, or works in our account. */
const CANCELED: ReadonlyMap<string, Closing> = new Map<string, Closing>([
  ['automatic', EXPIRED],
  ['expired', EXPIRED],
  ['failed_invoice', CANCELED_BY_STRIPE],
  ['void_invoice', CANCELED_BY_STRIPE],
]);

const REFUND_STATUS: ReadonlyMap<string, ProviderRefund['status']> = new Map<
  string,
  ProviderRefund['status']
>([
  ['pending', 'processing'],
  ['requires_action', 'processing'],
  ['succeeded', 'settled'],
  ['failed', 'refused'],
  ['canceled', 'refused'],
]);

/** `prevented`: the bank withdrew the claim; what was given back for it stands among the refunds. */
const DISPUTE_STATUS: ReadonlyMap<string, ProviderDispute['status']> = new Map<
  string,
  ProviderDispute['status']
>([
  ['won', 'won'],
  ['prevented', 'won'],
  ['lost', 'lost'],
]);

/** Unknown words give null: the state is kept, the word is stored. */
export function canonicalStatus(wire: Pick<WireIntent, 'status' | 'cancellation_reason'>): Closing {
  if (wire.status === 'canceled') return CANCELED.get(wire.cancellation_reason ?? '') ?? CANCELED_BY_US;
  return STATUS.get(wire.status) ?? { status: null, closedBy: null };
}

/** @param intent with its charge expanded, where it has one */
export function toProviderCharge(
  intent: WireIntent,
  refunds: readonly WireRefund[],
  disputes: readonly WireDispute[],
): ProviderCharge {
  const createdAtMs = intent.created * 1000;
  const receipt = toReceipt(intent);
  return {
    txid: intent.metadata[METADATA.txid] ?? '',
    providerChargeId: intent.id,
    pixKey: null,
    amountCents: intent.amount,
    currency: intent.currency.toUpperCase(),
    ...canonicalStatus(intent),
    providerStatus: intent.status,
    createdAtMs,
    expiresAtMs: createdAtMs + expiresSeconds(intent) * 1000,
    brCode: null,
    receipts: receipt === null ? [] : [receipt],
    refunds: refunds.map((refund) => toChargeRefund(refund, receipt?.receiptId ?? '')),
    // An inquiry ("warning_…") moves no money; one that grows into a dispute gets another status.
    disputes: disputes.filter(({ status }) => !status.startsWith('warning_')).map(toDispute),
    facts: factsOfIntent(intent),
  };
}

/** A PaymentIntent itself never expires: how long ours may be paid travels in its metadata. */
function expiresSeconds(intent: WireIntent): number {
  const text = intent.metadata[METADATA.expiresSeconds] ?? '';
  return /^\d{1,7}$/.test(text) ? Number(text) : 0;
}

/** A PaymentIntent is paid by one charge at most; earlier ones of it have failed. */
function toReceipt(intent: WireIntent): ProviderReceipt | null {
  const charge = intent.latest_charge;
  if (intent.status !== 'succeeded' || charge === null || charge === undefined) return null;
  if (typeof charge === 'string' || !charge.paid || charge.status !== 'succeeded') return null;
  const balance = charge.balance_transaction;
  const sameCurrency =
    typeof balance === 'object' &&
    balance !== null &&
    balance.currency.toLowerCase() === charge.currency.toLowerCase();
  return {
    receiptId: charge.id,
    endToEndId: null,
    txid: intent.metadata[METADATA.txid] ?? null,
    pixKey: null,
    amountCents: intent.amount_received,
    paidAtMs: charge.created * 1000,
    // The fee is in the currency that Stripe pays out in: where that is another one it cannot be set against this.
    feeCents: sameCurrency ? balance.fee : null,
  };
}

/** A word that we do not know leaves the refund in process: it is asked for again, and never called settled. */
export function toProviderRefund(wire: WireRefund): ProviderRefund {
  const status = wire.status ?? 'pending';
  return {
    refundId: wire.metadata?.[METADATA.refundId] ?? wire.id,
    amountCents: wire.amount,
    status: REFUND_STATUS.get(status) ?? 'processing',
    providerStatus: status,
    reason: wire.failure_reason ?? null,
  };
}

export function toChargeRefund(wire: WireRefund, receiptId: string): ProviderChargeRefund {
  return {
    ...toProviderRefund(wire),
    receiptId: wire.charge ?? receiptId,
    initiatedBy: wire.metadata?.[METADATA.refundId] === undefined ? 'provider' : 'us',
  };
}

export function toDispute(wire: WireDispute): ProviderDispute {
  return {
    disputeId: wire.id,
    receiptId: wire.charge,
    kind: 'chargeback',
    status: DISPUTE_STATUS.get(wire.status) ?? 'open',
    amountCents: wire.amount,
    reason: wire.reason,
    openedAtMs: wire.created * 1000,
  };
}
