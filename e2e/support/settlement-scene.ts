import type { SettlementDifferences, SettlementReport } from '../../domain/protocol/settlement.ts';
import { KIOSK_NOW } from './screen-scenes.ts';

const side = (receipts: number, receiptsCents: number, feesCents = 0, refundsCents = 0) => ({
  receipts,
  receiptsCents,
  refundsCents,
  disputesCents: 0,
  feesCents,
  netCents: receiptsCents - refundsCents - feesCents,
});

const PIX = { provider: 'bacen-pix', currency: 'BRL' } as const;

export const settlementReport: SettlementReport = {
  from: '2031-05-05',
  to: '2031-05-07',
  timeZone: 'America/Sao_Paulo',
  days: [
    {
      ...PIX,
      day: '2031-05-07',
      state: 'open',
      expected: side(12, 120_000),
      settled: side(0, 0),
      payoutsCents: 0,
      differences: 0,
      awaited: 12,
    },
    {
      ...PIX,
      day: '2031-05-06',
      state: 'settled',
      expected: side(30, 300_000, 0, 12_000),
      settled: side(30, 300_000, 1_500, 12_000),
      payoutsCents: 250_000,
      differences: 0,
      awaited: 0,
    },
    {
      ...PIX,
      day: '2031-05-05',
      state: 'differs',
      expected: side(10, 100_000),
      settled: side(9, 88_500, 220),
      payoutsCents: 0,
      differences: 2,
      awaited: 0,
    },
  ],
};

export const settlementDifferences: SettlementDifferences = {
  total: 2,
  differences: [
    {
      ...PIX,
      day: '2031-05-05',
      kind: 'missing_there',
      of: 'receipt',
      id: 'E00000000203105051200ABCDEFGHIJK',
      transactionId: '0198c1a0-0000-7000-8000-0000000000d1',
      at: KIOSK_NOW - 2 * 86_400_000,
      hereCents: 10_000,
      thereCents: null,
      feeHereCents: null,
      feeThereCents: null,
    },
    {
      ...PIX,
      day: '2031-05-05',
      kind: 'amount_differs',
      of: 'receipt',
      id: 'E00000000203105051300ABCDEFGHIJK',
      transactionId: '0198c1a0-0000-7000-8000-0000000000d2',
      at: KIOSK_NOW - 2 * 86_400_000,
      hereCents: 10_000,
      thereCents: 8_500,
      feeHereCents: null,
      feeThereCents: 0,
    },
  ],
};
