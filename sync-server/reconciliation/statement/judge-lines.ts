import type { StatementOutcome } from '../../../domain/protocol/reconciliation.ts';
import type { ServerContext } from '../../context.ts';
import type { Queryable } from '../../db/database.ts';
import { checkCharge } from '../../payments/check-charge.ts';
import { findByCharge } from '../../payments/payment-transaction.ts';
import { lookAgainAtRefunds } from '../../payments/refunds.ts';
import type { PaymentProvider } from '../../providers/provider.ts';
import { placeReceipt } from '../place-receipt.ts';
import {
  disputesOf,
  type KnownMoney,
  type Match,
  matchReceipt,
  type Owner,
  receiptsOf,
  settledRefundsOf,
  suggestReceipt,
} from './known-money.ts';
import type { StatementLine } from './statement-line.ts';

export interface JudgedLine {
  readonly line: StatementLine;
  readonly outcome: StatementOutcome;
  /** The receipt here that is this money, or has its id. */
  readonly receiptId: string | null;
  /** The refund, or the dispute, here by which it went back. */
  readonly backId?: string;
  readonly suggestedReceiptId: string | null;
  /** What is written here, where it is another amount. */
  readonly hereCents: number | null;
}

/** What a file's lines were found to be so far; one receipt is one line. */
export interface Seen {
  readonly receipts: Set<string>;
  readonly refunds: Set<string>;
  readonly disputes: Set<string>;
}

/** Who acts on what is missing; null in a dry run, which only looks. */
export type Actor = { readonly context: ServerContext; readonly provider: PaymentProvider } | null;

/** Compares some lines with what is written here, and brings what is missing the way of all money. */
export async function judgeLines(
  database: Queryable,
  actor: Actor,
  owner: Owner,
  lines: readonly StatementLine[],
  seen: Seen,
): Promise<JudgedLine[]> {
  const receipts = await receiptsOf(
    database,
    owner,
    lines.filter(({ kind }) => kind === 'receipt'),
  );
  const refunds = await settledRefundsOf(
    database,
    owner,
    lines.filter(({ kind }) => kind === 'refund'),
  );
  const disputes = await disputesOf(
    database,
    owner,
    lines.filter(({ kind }) => kind === 'dispute'),
  );
  const index = indexOf(receipts);
  const judged: JudgedLine[] = [];
  // One after the other: a receipt that is found for a line is no other line's.
  for (const line of lines) {
    if (line.kind === 'receipt')
      judged.push(await judgeReceipt(database, actor, owner, line, index(line), seen));
    else if (line.kind === 'refund')
      judged.push(await judgeRefund(database, actor, owner, line, refunds, seen));
    else if (line.kind === 'dispute') judged.push(judgeDispute(line, disputes, seen));
    else judged.push(plain(line, line.kind === 'other' ? 'ignored' : line.kind));
  }
  return judged;
}

async function judgeReceipt(
  database: Queryable,
  actor: Actor,
  owner: Owner,
  line: StatementLine,
  known: readonly KnownMoney[],
  seen: Seen,
): Promise<JudgedLine> {
  const isTaken = (id: string): boolean => seen.receipts.has(id);
  const take = (outcome: StatementOutcome, id: string, hereCents: number | null = null): JudgedLine => {
    seen.receipts.add(id);
    return { line, outcome, receiptId: id, suggestedReceiptId: null, hereCents };
  };
  const match = matchReceipt(line, known, isTaken);
  if (match.kind === 'same') return take('matched', match.id);
  if (match.kind === 'amount_differs') return take('amount_differs', match.id, match.hereCents);
  const suggestedReceiptId = await suggestReceipt(database, owner, line, isTaken);
  const hint = { suggestedReceiptId, hereCents: match.kind === 'other_amount' ? match.hereCents : null };
  if (actor === null) return { ...plain(line, 'missing_here'), ...hint };

  // Of what its charge told when it was read back.
  const recorded = (now: Match): JudgedLine => {
    if (now.kind === 'none') return plain(line, 'not_read');
    return now.kind === 'same'
      ? take('missing_here_recorded', now.id)
      : take('amount_differs', now.id, now.hereCents);
  };
  let now: Match = match;
  const receiptId = line.endToEndId ?? `statement:${owner.provider}:${line.ref}`;
  const place = await placeReceipt(actor.context, actor.provider, {
    merchantId: owner.merchantId,
    receipt: {
      receiptId,
      endToEndId: line.endToEndId,
      txid: line.txid,
      pixKey: null,
      amountCents: line.amountCents,
      paidAtMs: line.atMs,
    },
    foundBy: 'statement',
    suggestedReceiptId,
    isPlaced: async () => {
      now = matchReceipt(line, await receiptsOf(database, owner, [line]), isTaken);
      return now.kind !== 'none';
    },
  });
  switch (place) {
    case 'recorded':
      return recorded(now);
    case 'in_suspense':
      return { ...take('missing_here_suspense', receiptId), ...hint };
    case 'later':
      return { ...plain(line, 'not_read'), ...hint };
    case 'not_ours':
      return plain(line, 'ignored');
  }
}

async function judgeRefund(
  database: Queryable,
  actor: Actor,
  owner: Owner,
  line: StatementLine,
  settled: readonly KnownMoney[],
  seen: Seen,
): Promise<JudgedLine> {
  const matched = (refunds: readonly KnownMoney[]): JudgedLine | null =>
    takeBack(line, refunds, seen.refunds);
  const known = matched(settled);
  if (known !== null) return { ...known, outcome: 'refund_matched' };
  if (actor === null || line.endToEndId === null) return plain(line, 'refund_unknown');
  const asked = await askAboutRefund(database, actor, owner, line);
  if (!asked) return plain(line, 'not_read');
  const now = matched(await settledRefundsOf(database, owner, [line]));
  return now === null ? plain(line, 'refund_unknown') : { ...now, outcome: 'refund_matched' };
}

function judgeDispute(line: StatementLine, disputes: readonly KnownMoney[], seen: Seen): JudgedLine {
  const known = takeBack(line, disputes, seen.disputes);
  return known === null ? plain(line, 'dispute_unknown') : { ...known, outcome: 'dispute_matched' };
}

/** Money that went back, by the Pix and the amount; each is one line. */
function takeBack(line: StatementLine, known: readonly KnownMoney[], taken: Set<string>): JudgedLine | null {
  const found = known.find(
    ({ id, amountCents, endToEndId }) =>
      line.endToEndId !== null &&
      endToEndId === line.endToEndId &&
      amountCents === line.amountCents &&
      !taken.has(id),
  );
  if (found === undefined) return null;
  taken.add(found.id);
  return { ...plain(line, 'ignored'), backId: found.id };
}

/**
 * The charge of the receipt that goes back is read anew, which tells of refunds of the provider's own; our own ones are
 * asked about by their worker.
 * @returns false when the provider did not answer
 */
async function askAboutRefund(
  database: Queryable,
  { context, provider }: NonNullable<Actor>,
  owner: Owner,
  { endToEndId, txid }: StatementLine,
): Promise<boolean> {
  const known = await receiptsOf(database, owner, [{ endToEndId, txid: null }]);
  const chargeTxid = known.find((one) => one.txid !== null)?.txid ?? txid;
  if (chargeTxid === null) return true;
  const payments = await findByCharge(database, provider.name, { txid: chargeTxid, providerChargeId: null });
  for (const payment of payments.filter(({ merchantId }) => merchantId === owner.merchantId)) {
    await lookAgainAtRefunds(context, payment, context.clock.nowMs());
    const checked = await checkCharge(context, provider, payment, 'statement');
    if (checked.kind === 'unavailable') return false;
  }
  return true;
}

/** Of a batch's known money, what one of its lines may be: by its ids alone, so that no line looks through all. */
function indexOf(
  known: readonly KnownMoney[],
): (line: Pick<StatementLine, 'endToEndId' | 'txid'>) => readonly KnownMoney[] {
  const byId = new Map<string, Set<KnownMoney>>();
  const add = (key: string | null, one: KnownMoney): void => {
    if (key !== null) byId.set(key, (byId.get(key) ?? new Set()).add(one));
  };
  for (const one of known) {
    add(`id ${one.id}`, one);
    if (one.endToEndId !== null) add(`id ${one.endToEndId}`, one);
    if (one.txid !== null) add(`txid ${one.txid}`, one);
  }
  return ({ endToEndId, txid }) => [
    ...new Set([...(byId.get(`id ${endToEndId}`) ?? []), ...(byId.get(`txid ${txid}`) ?? [])]),
  ];
}

function plain(line: StatementLine, outcome: StatementOutcome): JudgedLine {
  return { line, outcome, receiptId: null, suggestedReceiptId: null, hereCents: null };
}
