import type { SplitPayoutRequest, SplitPayoutView } from '../../domain/protocol/splits.ts';
import type { Database, Queryable, Transaction } from '../db/database.ts';
import { type Account, payableAccount, receivableAccount, SETTLEMENT } from '../ledger/accounts.ts';
import { type LedgerDeps, post } from '../ledger/ledger.ts';

type Deps = LedgerDeps & { readonly db: Database };

export type PayoutRefusal = 'recipient_unknown' | 'more_than_owed' | 'payout_conflict' | 'payout_unknown';
export type PayoutOutcome =
  | { readonly ok: true; readonly payout: SplitPayoutView }
  | { readonly ok: false; readonly code: PayoutRefusal; readonly detail: string };

/** Writes down, and posts, that a recipient has been paid: no more than is owed. The same payoutId again changes nothing. */
export function recordSplitPayout(
  deps: Deps,
  merchantId: string,
  { provider, ...request }: SplitPayoutRequest,
): Promise<PayoutOutcome> {
  const paidFrom = provider === null ? SETTLEMENT : receivableAccount(provider);
  return deps.db.transaction(async (transaction) => {
    if (!(await lockRecipient(transaction, merchantId, request.recipient)))
      return refuse('recipient_unknown', 'the merchant has no such recipient');
    const known = await readPayout(transaction, merchantId, request.payoutId);
    if (known !== undefined)
      return isSame(known, { ...request, provider }) ? { ok: true, payout: known } : conflict();
    const owedCents = await readOwed(transaction, merchantId, request.recipient, request.currency);
    if (request.amountCents > owedCents)
      return refuse('more_than_owed', `${owedCents} cents of ${request.currency} are owed`);
    await transaction.query(
      `INSERT INTO split_payouts (merchant_id, payout_id, recipient, amount_cents, currency, paid_from, paid_at,
         recorded_at, recorded_by, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        merchantId,
        request.payoutId,
        request.recipient,
        request.amountCents,
        request.currency,
        paidFrom.code,
        new Date(request.paidAt),
        new Date(deps.clock.nowMs()),
        request.by,
        request.note ?? null,
      ],
    );
    const account = payableAccount(request.recipient);
    await postPayout(
      deps,
      transaction,
      { merchantId, ...request, occurredAtMs: request.paidAt },
      account,
      paidFrom,
    );
    return found(transaction, merchantId, request.payoutId);
  });
}

/** A payout was a mistake, or came back: it is owed again. */
export function reverseSplitPayout(
  deps: Deps,
  merchantId: string,
  payoutId: string,
  by: string,
): Promise<PayoutOutcome> {
  const atMs = deps.clock.nowMs();
  return deps.db.transaction(async (transaction) => {
    const named = await readPayout(transaction, merchantId, payoutId);
    if (named === undefined) return refuse('payout_unknown', 'the merchant has no such payout');
    await lockRecipient(transaction, merchantId, named.recipient);
    const reversed = await transaction.query(
      `UPDATE split_payouts SET reversed_at = $3, reversed_by = $4
       WHERE merchant_id = $1 AND payout_id = $2 AND reversed_at IS NULL RETURNING payout_id`,
      [merchantId, payoutId, new Date(atMs), by],
    );
    if (reversed.length === 1) {
      const paidFrom = named.provider === null ? SETTLEMENT : receivableAccount(named.provider);
      const fact = { merchantId, ...named, occurredAtMs: atMs };
      await postPayout(deps, transaction, fact, paidFrom, payableAccount(named.recipient), '_reversed');
    }
    return found(transaction, merchantId, payoutId);
  });
}

/** The newest first. @param recipient without it, all of the merchant's */
export function listSplitPayouts(
  database: Queryable,
  merchantId: string,
  recipient: string | undefined,
  limit: number,
): Promise<SplitPayoutView[]> {
  return database.query<SplitPayoutView & Record<string, unknown>>(
    `SELECT ${VIEW} FROM split_payouts WHERE merchant_id = $1 AND ($2::text IS NULL OR recipient = $2)
     ORDER BY paid_at DESC, payout_id LIMIT $3`,
    [merchantId, recipient ?? null, limit],
  );
}

const VIEW = `payout_id AS "payoutId", recipient, amount_cents AS "amountCents", currency,
  CASE WHEN paid_from = 'settlement' THEN NULL ELSE substr(paid_from, length('receivable:') + 1) END AS provider,
  floor(extract(epoch FROM paid_at) * 1000)::bigint AS "paidAt", recorded_by AS by, note,
  floor(extract(epoch FROM reversed_at) * 1000)::bigint AS "reversedAt", reversed_by AS "reversedBy"`;

async function readPayout(
  database: Queryable,
  merchantId: string,
  payoutId: string,
): Promise<SplitPayoutView | undefined> {
  const [payout] = await database.query<SplitPayoutView & Record<string, unknown>>(
    `SELECT ${VIEW} FROM split_payouts WHERE merchant_id = $1 AND payout_id = $2`,
    [merchantId, payoutId],
  );
  return payout;
}

/** Until the commit: two payouts at once must not both see the same money owed. */
async function lockRecipient(
  transaction: Transaction,
  merchantId: string,
  recipient: string,
): Promise<boolean> {
  const rows = await transaction.query(
    'SELECT 1 FROM split_recipients WHERE merchant_id = $1 AND recipient = $2 FOR NO KEY UPDATE',
    [merchantId, recipient],
  );
  return rows.length === 1;
}

async function readOwed(
  database: Queryable,
  merchantId: string,
  recipient: string,
  currency: string,
): Promise<number> {
  const [owed] = await database.query<{ cents: number }>(
    `SELECT coalesce(-sum(amount_cents), 0)::bigint AS cents FROM ledger_postings
     WHERE merchant_id = $1 AND account_code = $2 AND currency = $3`,
    [merchantId, payableAccount(recipient).code, currency],
  );
  return owed?.cents ?? 0;
}

function postPayout(
  deps: LedgerDeps,
  transaction: Transaction,
  fact: {
    readonly merchantId: string;
    readonly payoutId: string;
    readonly amountCents: number;
    readonly currency: string;
    readonly occurredAtMs: number;
  },
  debit: Account,
  credit: Account,
  suffix = '',
): Promise<void> {
  const { merchantId, payoutId, amountCents, currency, occurredAtMs } = fact;
  return post(
    deps,
    transaction,
    { merchantId, transactionId: null, amountCents, currency, occurredAtMs },
    { kind: `split_payout${suffix}`, idempotencyKey: `split_payout${suffix}:${payoutId}`, debit, credit },
  );
}

function isSame(
  known: SplitPayoutView,
  asked: Pick<SplitPayoutRequest, 'recipient' | 'amountCents' | 'currency' | 'provider'>,
): boolean {
  return (['recipient', 'amountCents', 'currency', 'provider'] as const).every(
    (field) => known[field] === asked[field],
  );
}

async function found(database: Queryable, merchantId: string, payoutId: string): Promise<PayoutOutcome> {
  const payout = await readPayout(database, merchantId, payoutId);
  if (payout === undefined) throw new Error('a row that was written is there');
  return { ok: true, payout };
}

function conflict(): PayoutOutcome {
  return refuse('payout_conflict', 'the payoutId is another payout’s');
}

function refuse(code: PayoutRefusal, detail: string): PayoutOutcome {
  return { ok: false, code, detail };
}
