import { ticketIdOfSession, txidOfSession } from '../../domain/ids.ts';
import type { BankCharge, BankPix } from '../bank/bank.ts';
import type { Hall } from '../hall.ts';

type Banks = Pick<Hall, 'banks'>;

/** The session of which a txid is made: a UUID without its dashes. */
export function sessionOfTxid(txid: string): string {
  return txid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** All money that has come in, at any bank. */
export function allPix({ banks }: Banks): BankPix[] {
  return banks.flatMap(({ bank }) => bank.pix);
}

/** Each Pix of exactly its charge's amount that has arrived and was not sent back. */
export function exactPixKept(charges: readonly BankCharge[]): BankPix[] {
  return charges.flatMap(({ pix, amountCents }) =>
    pix.filter((one) => one.amountCents === amountCents && one.refunds.length === 0),
  );
}

/** At any bank: one, unless a bank has made what it said it had not. */
export function chargesOfSession({ banks }: Banks, sessionId: string): BankCharge[] {
  const txid = txidOfSession(sessionId);
  return banks.flatMap(({ bank }) => bank.charges.get(txid) ?? []);
}

/** Every session for which any bank has a charge. */
export function sessionsWithCharges({ banks }: Banks): ReadonlySet<string> {
  return new Set(banks.flatMap(({ bank }) => [...bank.charges.keys()].map(sessionOfTxid)));
}

export function chargesOfTicket({ banks }: Banks, ticketId: string): BankCharge[] {
  return banks.flatMap(({ bank }) =>
    [...bank.charges.values()].filter((charge) => ticketIdOf(charge) === ticketId),
  );
}

const ticketIds = new WeakMap<BankCharge, string>();

function ticketIdOf(charge: BankCharge): string {
  const known = ticketIds.get(charge) ?? ticketIdOfSession(sessionOfTxid(charge.txid));
  ticketIds.set(charge, known);
  return known;
}
