import type { SettlementDifferences, SettlementReport } from '../../domain/protocol/settlement.ts';
import { text } from '../i18n/text.ts';
import { type Cell, csvAmount, csvOf } from './csv.ts';

/** Each day with both sides, and below them what differs, with its transaction. */
export function settlementCsv({ days, differences }: SettlementReport & SettlementDifferences): string {
  const words = text.admin.settlement;
  const rows: Cell[][] = [words.csvDays.slice()];
  for (const one of days) {
    const { day, provider, currency, state, expected, settled, payoutsCents, awaited } = one;
    const sums = [expected, settled].flatMap((side) => [
      side.receipts,
      csvAmount(side.receiptsCents),
      csvAmount(side.refundsCents),
      csvAmount(side.disputesCents),
      csvAmount(side.feesCents),
      csvAmount(side.netCents),
    ]);
    rows.push([
      day,
      provider,
      currency,
      words.states[state],
      ...sums,
      csvAmount(payoutsCents),
      one.differences,
      awaited,
    ]);
  }
  rows.push([], words.csvDifferences.slice());
  const amount = (cents: number | null): Cell => (cents === null ? null : csvAmount(cents));
  for (const one of differences)
    rows.push([
      one.day,
      one.provider,
      one.currency,
      words.kinds[one.kind],
      words.of[one.of],
      amount(one.hereCents),
      amount(one.thereCents),
      amount(one.feeHereCents),
      amount(one.feeThereCents),
      one.transactionId,
      one.id,
    ]);
  return csvOf(rows);
}
