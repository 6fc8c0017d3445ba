import { ticketIdOfSession } from '../../domain/ids.ts';
import type { BankCharge, BankPix } from '../bank/bank.ts';
import type { Hall } from '../hall.ts';

/** The session of which a txid is made: a UUID without its dashes. */
export function sessionOfTxid(txid: string): string {
  return txid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A Pix of exactly the charge's amount that has arrived and was not sent back. */
export function exactPixKept(charge: BankCharge | undefined): BankPix[] {
  return (charge?.pix ?? []).filter(
    (pix) => pix.amountCents === charge?.amountCents && pix.refunds.length === 0,
  );
}

export function chargeOfSession(hall: Hall, sessionId: string): BankCharge | undefined {
  return hall.bank.charges.get(sessionId.replaceAll('-', ''));
}

export function chargeOfTicket(hall: Hall, ticketId: string): BankCharge | undefined {
  for (const charge of hall.bank.charges.values()) if (ticketIdOf(charge) === ticketId) return charge;
  return undefined;
}

const ticketIds = new WeakMap<BankCharge, string>();

function ticketIdOf(charge: BankCharge): string {
  const known = ticketIds.get(charge) ?? ticketIdOfSession(sessionOfTxid(charge.txid));
  ticketIds.set(charge, known);
  return known;
}
