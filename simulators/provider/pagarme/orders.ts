import { z } from 'zod';
import { moneyOf } from '../psp/bank-charge.ts';
import type { PspContext } from '../psp/psp-context.ts';

export const ORDER = 'pagarme.order';

export const Order = z.object({
  id: z.string(),
  code: z.string(),
  chargeId: z.string(),
  transactionId: z.string(),
  /** Of the charge at the bank; null where the order failed at once. */
  txid: z.string().nullable(),
  amountCents: z.int(),
  createdAt: z.int(),
  updatedAt: z.int(),
  customer: z.unknown(),
  items: z.unknown(),
  split: z.array(z.unknown()),
  chargedback: z.boolean(),
});
export type Order = z.infer<typeof Order>;

/** What the simulator says on purpose that is not so; see docs/providers/pagarme.md. */
export const Lie = z.enum(['none', 'amount', 'paid_amount', 'failed', 'no_qr_code', 'error_after_write']);
export type Lie = z.infer<typeof Lie>;

const LIE_CENTS = 100;

export function orderDocument(context: PspContext, order: Order, lie: Lie = 'none'): Record<string, unknown> {
  const charge = chargeDocument(context, order, lie);
  return {
    id: order.id,
    code: order.code,
    amount: order.amountCents + (lie === 'amount' ? LIE_CENTS : 0),
    currency: 'BRL',
    closed: true,
    status: orderStatus(String(charge['status'])),
    items: order.items,
    customer: order.customer,
    created_at: iso(order.createdAt),
    updated_at: iso(order.updatedAt),
    charges: [charge],
  };
}

function orderStatus(chargeStatus: string): string {
  if (['paid', 'overpaid', 'partial_canceled', 'chargedback'].includes(chargeStatus)) return 'paid';
  return chargeStatus === 'underpaid' ? 'pending' : chargeStatus;
}

/** The charge as `GET /charges/{id}` has it; in a webhook the order is a part of it. */
export function chargeDocument(
  { bank }: PspContext,
  order: Order,
  lie: Lie = 'none',
): Record<string, unknown> {
  const common = {
    id: order.chargeId,
    code: order.code,
    gateway_id: order.transactionId,
    amount: order.amountCents + (lie === 'amount' ? LIE_CENTS : 0),
    currency: 'BRL',
    payment_method: 'pix',
    created_at: iso(order.createdAt),
    updated_at: iso(order.updatedAt),
  };
  if (order.txid === null) {
    const transaction = {
      transaction_type: 'pix',
      id: order.transactionId,
      status: 'failed',
      success: false,
      gateway_response: { code: '400', errors: [{ message: 'validation_error | Pix is not enabled' }] },
    };
    return { ...common, status: 'failed', last_transaction: transaction };
  }
  const money = moneyOf(bank, order.txid);
  const status = chargeStatus(order, money);
  return {
    ...common,
    status: status === 'expired' ? 'failed' : status,
    ...(money.paidCents === 0
      ? {}
      : {
          paid_amount: money.paidCents + (lie === 'paid_amount' ? LIE_CENTS : 0),
          paid_at: iso(money.paidAt ?? order.createdAt),
        }),
    ...(money.refundedCents === 0 ? {} : { canceled_amount: money.refundedCents }),
    last_transaction: {
      transaction_type: 'pix',
      id: order.transactionId,
      status: transactionStatus(status, money.refundingCents),
      success: true,
      amount: order.amountCents,
      ...(lie === 'no_qr_code'
        ? {}
        : {
            qr_code: money.brCode,
            qr_code_url: `https://api.pagar.me/core/v5/transactions/${order.transactionId}/qrcode`,
          }),
      expires_at: iso(money.expiresAt),
      ...(money.endToEndId === null ? {} : { end_to_end_id: money.endToEndId }),
      ...(order.split.length === 0 ? {} : { split: order.split }),
      gateway_response: { code: '200', errors: [] },
    },
  };
}

function chargeStatus(order: Order, money: ReturnType<typeof moneyOf>): string {
  const { paidCents, refundedCents } = money;
  if (paidCents === 0) return money.isWithdrawn ? 'canceled' : money.hasExpired ? 'expired' : 'pending';
  if (order.chargedback) return 'chargedback';
  if (refundedCents >= paidCents) return 'canceled';
  if (refundedCents > 0) return 'partial_canceled';
  if (paidCents === order.amountCents) return 'paid';
  return paidCents < order.amountCents ? 'underpaid' : 'overpaid';
}

function transactionStatus(status: string, refundingCents: number): string {
  if (refundingCents > 0) return 'pending_refund';
  if (status === 'pending') return 'waiting_payment';
  if (status === 'canceled') return 'refunded';
  if (status === 'partial_canceled') return 'partial_refunded';
  return status === 'expired' ? 'expired' : 'paid';
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
