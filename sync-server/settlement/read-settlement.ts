import {
  MAX_DIFFERENCES,
  type SettlementDay,
  type SettlementDifferences,
  type SettlementReport,
} from '../../domain/protocol/settlement.ts';
import type { Queryable } from '../db/database.ts';
import { SETTLEMENT_FACTS } from './settlement-facts.ts';

export interface SettlementQuestion {
  readonly merchantId: string;
  /** IANA name: where the days begin and end. */
  readonly timeZone: string;
  readonly provider?: string | undefined;
}

type Sums = {
  provider: string;
  day: string;
  currency: string;
  receipts: number;
  settledReceipts: number;
  differences: number;
  awaited: number;
  payoutsCents: number;
} & Record<`${'expected' | 'settled'}${'Receipts' | 'Refunds' | 'Disputes' | 'Fees'}Cents`, number>;

/** Day by day and provider by provider: what should have come, and what the statements say. @param from,to civil days, both included */
export async function readSettlement(
  database: Queryable,
  {
    merchantId,
    timeZone,
    provider,
    from,
    to,
  }: SettlementQuestion & { readonly from: string; readonly to: string },
): Promise<SettlementReport> {
  const sum = (cents: string, of: string): string =>
    `coalesce(sum(${cents}) FILTER (WHERE of = '${of}'), 0)::bigint`;
  const rows = await database.query<Sums>(
    `WITH ${SETTLEMENT_FACTS}
     SELECT provider, day, currency,
       count(here_cents) FILTER (WHERE of = 'receipt')::int AS receipts,
       count(there_cents) FILTER (WHERE of = 'receipt')::int AS "settledReceipts",
       ${sum('here_cents', 'receipt')} AS "expectedReceiptsCents", ${sum('there_cents', 'receipt')} AS "settledReceiptsCents",
       ${sum('here_cents', 'refund')} AS "expectedRefundsCents", ${sum('there_cents', 'refund')} AS "settledRefundsCents",
       ${sum('here_cents', 'dispute')} AS "expectedDisputesCents", ${sum('there_cents', 'dispute')} AS "settledDisputesCents",
       coalesce(sum(fee_here_cents), 0)::bigint AS "expectedFeesCents",
       coalesce(sum(CASE of WHEN 'fee' THEN there_cents WHEN 'payout' THEN 0 ELSE fee_there_cents END), 0)::bigint AS "settledFeesCents",
       ${sum('there_cents', 'payout')} AS "payoutsCents",
       count(difference)::int AS differences,
       count(*) FILTER (WHERE there_cents IS NULL AND NOT is_covered)::int AS awaited
     FROM told
     GROUP BY provider, day, currency ORDER BY day DESC, provider, currency`,
    [merchantId, timeZone, from, to, provider ?? null],
  );
  return { from, to, timeZone, days: rows.map(dayOf) };
}

function dayOf({
  provider,
  day,
  currency,
  differences,
  awaited,
  payoutsCents,
  ...sums
}: Sums): SettlementDay {
  const side = (which: 'expected' | 'settled', receipts: number): SettlementDay['expected'] => {
    const [receiptsCents, refundsCents, disputesCents, feesCents] = [
      sums[`${which}ReceiptsCents`],
      sums[`${which}RefundsCents`],
      sums[`${which}DisputesCents`],
      sums[`${which}FeesCents`],
    ];
    const netCents = receiptsCents - refundsCents - disputesCents - feesCents;
    return { receipts, receiptsCents, refundsCents, disputesCents, feesCents, netCents };
  };
  return {
    provider,
    day,
    currency,
    state: differences > 0 ? 'differs' : awaited > 0 ? 'open' : 'settled',
    expected: side('expected', sums.receipts),
    settled: side('settled', sums.settledReceipts),
    payoutsCents,
    differences,
    awaited,
  };
}

/** What makes days differ, the newest first, up to MAX_DIFFERENCES. @param day only that one */
export async function readDifferences(
  database: Queryable,
  {
    merchantId,
    timeZone,
    provider,
    from,
    to,
  }: SettlementQuestion & { readonly from: string; readonly to: string },
): Promise<SettlementDifferences> {
  const rows = await database.query<
    Omit<SettlementDifferences['differences'][number], 'at'> & { at: Date; total: number }
  >(
    `WITH ${SETTLEMENT_FACTS}
     SELECT provider, day, currency, difference AS kind, of, id, transaction_id AS "transactionId", at,
       here_cents AS "hereCents", there_cents AS "thereCents", fee_here_cents AS "feeHereCents", fee_there_cents AS "feeThereCents",
       (count(*) OVER ())::int AS total
     FROM told
     WHERE difference IS NOT NULL
     ORDER BY at DESC, id LIMIT ${MAX_DIFFERENCES}`,
    [merchantId, timeZone, from, to, provider ?? null],
  );
  return {
    total: rows[0]?.total ?? 0,
    differences: rows.map(({ total: _total, ...row }) => ({ ...row, at: row.at.getTime() })),
  };
}
