import { isValidCpf } from '../../../domain/cpf.ts';
import { moneyOf, openBankCharge, refundBankCharge } from '../psp/bank-charge.ts';
import type { PspContext } from '../psp/psp-context.ts';
import { tellOfOrder } from './events.ts';
import { dashboardOf, type Order, putOrder } from './orders.ts';

/** Appmax's own Pix key at the bank: it receives in its own name. */
const PIX_KEY = '9a7d2c64-1e5b-4f38-8c0a-6b3e9d2f7a51';
/** The smallest PNG: nobody reads the picture, but it is there. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export interface PixAnswer {
  readonly pix_qrcode: string;
  readonly pix_emv: string;
}

/** Opens the Pix of an order. An order that has one is answered with nothing to show, as Appmax does. */
export function openPix(
  context: PspContext,
  order: Order,
  cpf: string,
  expiresSeconds: number,
): PixAnswer | 'invalid_cpf' {
  if (!isValidCpf(cpf)) return 'invalid_cpf';
  if (order.txid !== null) return { pix_qrcode: '', pix_emv: '' };
  const charge = openBankCharge(context.bank, {
    key: PIX_KEY,
    amountCents: order.amountCents,
    expiresSeconds,
    messageToPayer: `Pedido ${order.id}`,
    merchantName: 'APPMAX TOTEM',
  });
  const opened = { ...order, txid: charge.txid };
  putOrder(context, opened);
  const expiration = new Date(charge.createdAt + expiresSeconds * 1000).toISOString().slice(0, 19);
  tellOfOrder(context, 'OrderPixCreated', opened, { code: charge.brCode, expiration });
  return {
    pix_qrcode: PICTURE,
    pix_emv: dashboardOf(context).lie === 'no_code' ? 'not a code' : charge.brCode,
  };
}

/** @param amountCents null: all that is left. @returns whether the request was taken */
export function refund(context: PspContext, order: Order, amountCents: number | null): boolean {
  if (order.txid === null || order.word?.startsWith('chargeback') === true) return false;
  const { paidCents, refundedCents, refundingCents } = moneyOf(context.bank, order.txid);
  const left = paidCents - refundedCents - refundingCents;
  if (left === 0) return false;
  const id = `appmax${order.id}n${refundedCents + refundingCents}`;
  return refundBankCharge(context.bank, order.txid, id, amountCents ?? left);
}
