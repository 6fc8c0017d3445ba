import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProviderReceipt } from '../providers/provider.ts';
import { judgeReceipts } from './judge-receipts.ts';

const NONE = { own: new Set<string>(), others: new Set<string>() };
const payment = {
  txid: 'a'.repeat(32),
  pixKey: 'key-1',
  amountCents: 5_000,
  currency: 'BRL',
  settledReceiptId: null,
};
const charge = (receipts: ProviderReceipt[]) => ({
  txid: payment.txid,
  pixKey: payment.pixKey,
  currency: payment.currency,
  receipts,
});

function pix(id: number, overrides: Partial<ProviderReceipt> = {}): ProviderReceipt {
  return {
    receiptId: `E${String(id).padStart(31, '0')}`,
    endToEndId: null,
    feeCents: null,
    txid: payment.txid,
    pixKey: payment.pixKey,
    amountCents: 5_000,
    paidAtMs: 1_000 + id,
    ...overrides,
  };
}
const dispositions = (receipts: ProviderReceipt[], before = payment) =>
  judgeReceipts(before, charge(receipts), NONE).judged.map((item) => item.disposition);

describe('what a Pix is', () => {
  test('the exact amount settles', () => {
    expect(dispositions([pix(1)])).toEqual(['settles']);
  });
  test('the second is surplus, whatever its amount', () => {
    expect(dispositions([pix(1), pix(2), pix(3, { amountCents: 1 })])).toEqual([
      'settles',
      'surplus',
      'surplus',
    ]);
  });
  test('another amount buys nothing, and the right one after it still does', () => {
    expect(dispositions([pix(1, { amountCents: 4_999 }), pix(2)])).toEqual(['wrong_amount', 'settles']);
  });
  test('for a settled payment everything new is surplus', () => {
    const settled = { ...payment, settledReceiptId: 'E0' } as unknown as typeof payment;
    expect(dispositions([pix(7)], settled)).toEqual(['surplus']);
  });
  test('one that is known, or named twice, is judged once', () => {
    expect(
      judgeReceipts(payment, charge([pix(1)]), { ...NONE, own: new Set([pix(1).receiptId]) }).judged,
    ).toEqual([]);
    expect(dispositions([pix(1), pix(1)])).toEqual(['settles']);
  });
});

test('money of another currency buys nothing, though the figure is the same, nor does any after it', () => {
  const judgement = judgeReceipts({ ...payment, currency: 'USD' }, charge([pix(1), pix(2)]), NONE);
  expect(judgement.judged.map((item) => item.disposition)).toEqual(['wrong_currency', 'wrong_currency']);
  expect(judgement.foreign).toEqual([]);
});

test.each([
  ['another txid', { txid: 'b'.repeat(32) }],
  ['another key', { pixKey: 'key-2' }],
  ['no amount', { amountCents: 0 }],
])('a Pix with %s does not count', (_name, overrides) => {
  const judgement = judgeReceipts(payment, charge([pix(1, overrides)]), NONE);
  expect(judgement.judged).toEqual([]);
  expect(judgement.foreign).toHaveLength(1);
});

test('a Pix of another charge counts for that one alone', () => {
  const others = new Set([pix(1).receiptId]);
  const judgement = judgeReceipts(payment, charge([pix(1)]), { ...NONE, others });
  expect(judgement).toMatchObject({
    judged: [],
    foreign: [{ reason: 'the Pix was received for another charge' }],
  });
});

test('nothing counts when the charge itself is received by another key', () => {
  const judgement = judgeReceipts(payment, { ...charge([pix(1)]), pixKey: 'key-2' }, NONE);
  expect(judgement.judged).toEqual([]);
});

test('a Pix that leaves out txid and key is believed for the charge that holds it', () => {
  expect(dispositions([pix(1, { txid: null, pixKey: null })])).toEqual(['settles']);
});

test('the order in which the provider lists them changes nothing, and at most one settles', () => {
  const receipts = fc.uniqueArray(fc.record({ id: fc.nat(50), amountCents: fc.constantFrom(5_000, 5_001) }), {
    selector: (item) => item.id,
  });
  fc.assert(
    fc.property(receipts, fc.infiniteStream(fc.nat()), (items, order) => {
      const list = items.map(({ id, amountCents }) => pix(id, { amountCents }));
      const shuffled = list
        .map((item) => ({ item, key: order.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item);
      expect(dispositions(shuffled)).toEqual(dispositions(list));
      expect(dispositions(list).filter((item) => item === 'settles').length).toBe(
        list.some((item) => item.amountCents === 5_000) ? 1 : 0,
      );
    }),
  );
});
