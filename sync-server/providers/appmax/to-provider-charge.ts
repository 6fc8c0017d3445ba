import type { ChargeRef, ProviderCharge, ProviderDispute } from '../provider.ts';
import type { AppmaxOrder } from './generation.ts';

/** Appmax's ids are bare numbers. */
const RECEIPT_PREFIX = 'appmax:';

export function receiptIdOf(orderId: string): string {
  return `${RECEIPT_PREFIX}${orderId}`;
}

export function orderIdOf(receiptId: string): string | null {
  return receiptId.startsWith(RECEIPT_PREFIX) ? receiptId.slice(RECEIPT_PREFIX.length) : null;
}

/** Source: Appmax's own table of order statuses; a name that is not in it changes nothing. */
export const STATUS: ReadonlyMap<string, NonNullable<ProviderCharge['status']>> = new Map([
  ['pendente', 'PENDING'],
  ['autorizado', 'AUTHORIZED'],
  ['aprovado', 'SUCCEEDED'],
  ['integrado', 'SUCCEEDED'],
  ['pendente_integracao', 'SUCCEEDED'],
  ['pendente_integracao_em_analise', 'SUCCEEDED'],
  ['estornado', 'SUCCEEDED'],
  ['chargeback_em_tratativa', 'SUCCEEDED'],
  ['chargeback_em_disputa', 'SUCCEEDED'],
  ['chargeback_perdido', 'SUCCEEDED'],
  ['chargeback_vencido', 'SUCCEEDED'],
  ['cancelado', 'CANCELED'],
  ['recusado_por_risco', 'FAILED'],
]);

/** "vencido" is said of a chargeback that ran out, and was recovered. */
export const DISPUTE: ReadonlyMap<string, ProviderDispute['status']> = new Map([
  ['chargeback_em_tratativa', 'open'],
  ['chargeback_em_disputa', 'open'],
  ['chargeback_perdido', 'lost'],
  ['chargeback_vencido', 'won'],
]);

export const REFUNDED = 'estornado';
/** "Approved, refund pending manual analysis." */
export const REFUND_UNDER_ANALYSIS = 'pendente_integracao_em_analise';

/** What came, by Appmax's own word. Of money that went back it may no longer say how much: then it was the order's. */
export function paidCentsOf(order: AppmaxOrder): number {
  if (STATUS.get(order.status) !== 'SUCCEEDED') return 0;
  const wentBack = order.status === REFUNDED || DISPUTE.has(order.status);
  return order.paidCents || (wentBack ? order.amountCents : 0);
}

/**
 * @param made what only the making of the charge knows: no answer tells a BR Code twice, or when it ends
 */
export function toProviderCharge(
  order: AppmaxOrder,
  ref: ChargeRef,
  made: { readonly brCode: string | null; readonly createdAtMs: number; readonly expiresSeconds: number },
): ProviderCharge {
  const status = STATUS.get(order.status) ?? null;
  const createdAtMs = order.createdAtMs ?? made.createdAtMs;
  const paidCents = paidCentsOf(order);
  const receiptId = receiptIdOf(order.orderId);
  const paidAtMs = order.paidAtMs ?? order.updatedAtMs ?? createdAtMs;
  const dispute = DISPUTE.get(order.status);
  return {
    txid: ref.txid,
    providerChargeId: order.orderId,
    // Appmax receives in its own name, and settles with the merchant later.
    pixKey: null,
    amountCents: order.amountCents,
    currency: 'BRL',
    status,
    closedBy: status === 'CANCELED' ? 'provider' : null,
    providerStatus: order.status,
    createdAtMs,
    expiresAtMs: createdAtMs + made.expiresSeconds * 1000,
    brCode: made.brCode,
    receipts:
      paidCents === 0
        ? []
        : [
            {
              receiptId,
              endToEndId: null,
              txid: ref.txid,
              pixKey: null,
              amountCents: paidCents,
              paidAtMs,
              feeCents: null,
            },
          ],
    refunds:
      order.status === REFUNDED && paidCents > 0
        ? [
            {
              refundId: `${receiptId}:${REFUNDED}`,
              receiptId,
              amountCents: paidCents,
              status: 'settled',
              providerStatus: order.status,
              reason: null,
              initiatedBy: 'provider',
              isTotal: true,
            },
          ]
        : [],
    disputes:
      dispute === undefined || paidCents === 0
        ? []
        : [
            {
              disputeId: `${receiptId}:chargeback`,
              receiptId,
              kind: 'med',
              status: dispute,
              amountCents: paidCents,
              reason: order.status,
              openedAtMs: order.updatedAtMs ?? paidAtMs,
            },
          ],
  };
}
