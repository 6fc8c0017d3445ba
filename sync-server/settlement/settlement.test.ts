import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { SettlementDay } from '../../domain/protocol/settlement.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import type { ServerContext } from '../context.ts';
import { readBalances } from '../ledger/balances.ts';
import { checkCharge } from '../payments/check-charge.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { ModelBank } from '../payments/testing/model-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, SERVICE } from '../payments/testing/payment-steps.ts';
import type { ProviderReceipt } from '../providers/provider.ts';
import { importStatement } from '../reconciliation/statement/import-statement.ts';
import { onlyProvider } from '../routing/charge-router.ts';
import { seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { readDifferences, readSettlement } from './read-settlement.ts';

const HOUR_MS = 60 * 60_000;
const CENTS = SERVICE.amountCents;
const ALL = {
  merchantId: DEMO_MERCHANT_ID,
  timeZone: 'America/Sao_Paulo',
  from: '2000-01-01',
  to: '2100-01-01',
};
const HEADER = 'at;kind;amount;fee;endToEndId;reference';

const databases: TestDatabase[] = [];
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;

beforeEach(async () => {
  const database = await createTestDatabase();
  databases.push(database);
  // Noon in São Paulo.
  clock = new ManualClock(Date.UTC(2026, 2, 10, 15));
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
  bank = new ModelBank(clock);
});
afterAll(() => Promise.all(databases.map((database) => database.close())));

async function sell(isSeen = true): Promise<ProviderReceipt & { readonly sessionId: string }> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const receipt = bank.pay(request.txid, CENTS);
  const payment = await findBySession(context.db, DEMO_MERCHANT_ID, request.sessionId);
  if (payment === undefined) throw new Error('no payment');
  if (isSeen) await checkCharge(context, bank, payment, 'poll');
  return { ...receipt, sessionId: request.sessionId };
}

const iso = (atMs: number): string => new Date(atMs).toISOString();
const paid = ({ paidAtMs, endToEndId }: ProviderReceipt, fee = '', amount: number = CENTS): string =>
  [iso(paidAtMs), 'pix', (amount / 100).toFixed(2), fee, endToEndId, ''].join(';');
const other = (kind: string, amount: string, reference: string): string =>
  [iso(clock.nowMs()), kind, amount, '', '', reference].join(';');

/** A statement of the whole of the clock's day, as far as it has come. */
async function statement(...lines: string[]): Promise<void> {
  const text = [HEADER, ...lines].join('\n');
  const result = await importStatement(context, bank, {
    merchantId: DEMO_MERCHANT_ID,
    file: {
      sha256: createHash('sha256').update(text).digest('hex'),
      format: 'csv',
      async *open() {
        yield text;
      },
    },
    dryRun: false,
    period: { from: Date.UTC(2026, 2, 10, 3), to: clock.nowMs() + 1 },
    timeZone: 'America/Sao_Paulo',
  });
  if (!result.ok) throw new Error(result.code);
  await expectMoneyAddsUp(context);
}

const report = async (): Promise<readonly SettlementDay[]> => (await readSettlement(context.db, ALL)).days;
const differences = async () => (await readDifferences(context.db, ALL)).differences;
const balance = async (code: string): Promise<number> => {
  const { accounts } = await readBalances(context.db, DEMO_MERCHANT_ID, { atMs: clock.nowMs() + HOUR_MS });
  return accounts.find(({ accountCode }) => accountCode === code)?.balanceCents ?? 0;
};

test('a day is open until a statement covers it, and settled with its fees when all of it is there', async () => {
  const [first, second] = [await sell(), await sell()];
  expect(await report()).toMatchObject([
    {
      day: '2026-03-10',
      provider: 'bacen-pix',
      state: 'open',
      awaited: 2,
      expected: { receipts: 2, netCents: 2 * CENTS },
    },
  ]);
  clock.advance(HOUR_MS);
  await statement(
    paid(first, '0,50'),
    paid(second),
    other('tarifa', '-1,20', 'monthly'),
    other('repasse', '-90,00', 'R1'),
  );
  expect(await report()).toEqual([
    {
      provider: 'bacen-pix',
      day: '2026-03-10',
      currency: 'BRL',
      state: 'settled',
      expected: {
        receipts: 2,
        receiptsCents: 2 * CENTS,
        refundsCents: 0,
        disputesCents: 0,
        feesCents: 0,
        netCents: 2 * CENTS,
      },
      settled: {
        receipts: 2,
        receiptsCents: 2 * CENTS,
        refundsCents: 0,
        disputesCents: 0,
        feesCents: 170,
        netCents: 2 * CENTS - 170,
      },
      payoutsCents: 9_000,
      differences: 0,
      awaited: 0,
    },
  ]);
  expect(await Promise.all(['fees', 'settlement', 'receivable:bacen-pix'].map(balance))).toEqual([
    170,
    9_000,
    2 * CENTS - 9_170,
  ]);
});

test('the same lines in another file post nothing again', async () => {
  const sold = await sell();
  clock.advance(HOUR_MS);
  await statement(paid(sold, '0,50'), other('repasse', '-40,00', 'R1'));
  const before = await Promise.all(['fees', 'settlement'].map(balance));
  const payout = other('repasse', '-40,00', 'R1');
  await statement(payout, paid(sold, '0,50'));
  expect(await Promise.all(['fees', 'settlement'].map(balance))).toEqual(before);
});

describe('what differs is listed with its transaction:', () => {
  test('money that the statement lacks, has with another amount, or has and we did not', async () => {
    const missing = await sell();
    const cut = await sell();
    const stranger = { ...missing, endToEndId: `E${'9'.repeat(31)}` };
    clock.advance(HOUR_MS);
    await statement(paid(cut, '', CENTS - 100), paid(stranger));
    const found = await differences();
    expect(
      found.map(({ kind, id, hereCents, thereCents }) => [kind, id, hereCents, thereCents]).sort(),
    ).toEqual(
      [
        ['missing_there', missing.receiptId, CENTS, null],
        ['amount_differs', cut.receiptId, CENTS, CENTS - 100],
        ['in_suspense', stranger.endToEndId, CENTS, CENTS],
      ].sort(),
    );
    const payment = await findBySession(context.db, DEMO_MERCHANT_ID, missing.sessionId);
    expect(found.find(({ kind }) => kind === 'missing_there')?.transactionId).toBe(payment?.transactionId);
    expect(await report()).toMatchObject([{ state: 'differs', differences: 3, awaited: 0 }]);
  });

  test('a refund that is not known here, and money by night belongs to its own day', async () => {
    const sold = await sell();
    clock.advance(10 * HOUR_MS);
    const late = await sell();
    clock.advance(HOUR_MS);
    await statement(
      paid(sold),
      paid(late),
      [iso(sold.paidAtMs + 1_000), 'estorno', '-5,00', '', sold.endToEndId, ''].join(';'),
    );
    expect(await report()).toMatchObject([
      { day: '2026-03-10', state: 'differs', differences: 1, settled: { receipts: 2, refundsCents: 500 } },
    ]);
    const payment = await findBySession(context.db, DEMO_MERCHANT_ID, sold.sessionId);
    expect(await differences()).toMatchObject([
      {
        kind: 'missing_here',
        of: 'refund',
        hereCents: null,
        thereCents: 500,
        transactionId: payment?.transactionId,
      },
    ]);
    clock.advance(4 * HOUR_MS);
    await sell();
    expect((await report()).map(({ day, state }) => [day, state])).toEqual([
      ['2026-03-11', 'open'],
      ['2026-03-10', 'differs'],
    ]);
  });
});

test('whatever a statement has and lacks, each day’s sums are those of its lines', async () => {
  const sales: Awaited<ReturnType<typeof sell>>[] = [];
  for (let sale = 0; sale < 12; sale += 1) {
    sales.push(await sell());
    clock.advance(5 * HOUR_MS);
  }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ listed: fc.boolean(), feeCents: fc.integer({ min: 0, max: 99 }) }), {
        minLength: sales.length,
        maxLength: sales.length,
      }),
      fc.integer({ min: 1, max: 1_000_000 }),
      async (choices, salt) => {
        await context.db.transaction(async (transaction) => {
          await transaction.query('SET LOCAL session_replication_role = replica');
          await transaction.query('DELETE FROM statement_lines');
          await transaction.query('DELETE FROM statements');
          for (const table of ['ledger_postings', 'ledger_seals'])
            await transaction.query(
              `DELETE FROM ${table} WHERE entry_id IN (SELECT entry_id FROM ledger_entries WHERE kind IN ('fee', 'payout'))`,
            );
          await transaction.query("DELETE FROM ledger_entries WHERE kind IN ('fee', 'payout')");
        });
        const listed = sales.filter((_sale, index) => choices[index]?.listed);
        await statement(
          ...sales.flatMap((sale, index) => {
            const choice = choices[index];
            return choice?.listed ? [paid(sale, (choice.feeCents / 100).toFixed(2))] : [];
          }),
          other('saque', '-1,00', `salt ${salt}`),
        );
        const days = await report();
        const sum = (of: (day: SettlementDay) => number): number =>
          days.reduce((all, day) => all + of(day), 0);
        const fees = choices.reduce((all, { listed: is, feeCents }) => all + (is ? feeCents : 0), 0);
        expect(sum(({ settled }) => settled.receiptsCents)).toBe(listed.length * CENTS);
        expect(sum(({ settled }) => settled.feesCents)).toBe(fees);
        expect(sum((day) => day.differences)).toBe(sales.length - listed.length);
        expect(sum(({ expected }) => expected.netCents)).toBe(sales.length * CENTS);
        expect(await balance('fees')).toBe(fees);
      },
    ),
    { numRuns: 15 },
  );
});
