import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { StatementReport } from '../../../domain/protocol/reconciliation.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import { DEMO_MERCHANT_ID } from '../../catalog/demo-shop.ts';
import type { ServerContext } from '../../context.ts';
import { checkCharge } from '../../payments/check-charge.ts';
import { chargeCreator } from '../../payments/create-charge.ts';
import { findBySession } from '../../payments/payment-transaction.ts';
import { startRefundWorker } from '../../payments/refunds.ts';
import { ModelBank } from '../../payments/testing/model-bank.ts';
import {
  chargeRequest,
  expectMoneyAddsUp,
  KIOSK,
  readPayment,
  SERVICE,
} from '../../payments/testing/payment-steps.ts';
import type { ProviderReceipt } from '../../providers/provider.ts';
import { watchProvider } from '../../providers/provider-health.ts';
import { onlyProvider } from '../../routing/charge-router.ts';
import { seedShop, testContext } from '../../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { importStatement, type StatementFile, type StatementOrder } from './import-statement.ts';

const DAY_MS = 24 * 60 * 60_000;
const CENTS = SERVICE.amountCents;
const HEADER = 'at;kind;amount;endToEndId;txid;reference';

let database: TestDatabase;
let clock: ManualClock;
let context: ServerContext;
let bank: ModelBank;

beforeAll(async () => {
  database = await createTestDatabase();
  clock = new ManualClock();
  context = testContext({ db: database.db, clock });
  await seedShop(database.db, clock.nowMs());
  bank = new ModelBank(clock);
});
afterEach(async () => {
  // Each test's statement is of a day of its own.
  clock.advance(2 * DAY_MS);
  await expectMoneyAddsUp(context);
});
afterAll(() => database.close());

interface Sold {
  readonly txid: string;
  readonly sessionId: string;
  readonly receipt: ProviderReceipt;
}

/** A charge that is paid at the bank; here it is known only when it was looked at. */
async function paid(isSeen: boolean, amountCents: number = CENTS): Promise<Sold> {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const receipt = bank.pay(request.txid, amountCents);
  if (isSeen) await look(request.sessionId);
  clock.advance(60_000);
  return { ...request, receipt };
}

async function look(sessionId: string): Promise<void> {
  const payment = await findBySession(context.db, DEMO_MERCHANT_ID, sessionId);
  if (payment === undefined) throw new Error('no payment');
  await checkCharge(context, bank, payment, 'poll');
}

const lineOf = ({ receipt }: Sold, change: Partial<Record<'amount' | 'e2e' | 'txid', string>> = {}): string =>
  [
    new Date(receipt.paidAtMs).toISOString(),
    'pix',
    change.amount ?? (receipt.amountCents / 100).toFixed(2),
    change.e2e ?? receipt.endToEndId,
    change.txid ?? receipt.txid,
    '',
  ].join(';');
const other = (kind: string, amount: string, e2e = '', reference = ''): string =>
  [new Date(clock.nowMs()).toISOString(), kind, amount, e2e, '', reference].join(';');

function fileOf(lines: readonly string[]): StatementFile {
  const text = [HEADER, ...lines].join('\n');
  return {
    sha256: createHash('sha256').update(text).digest('hex'),
    format: 'csv',
    async *open() {
      yield text;
    },
  };
}

async function reconcile(
  lines: readonly string[],
  change: Partial<StatementOrder> = {},
): Promise<StatementReport> {
  const result = await importStatement(context, bank, {
    merchantId: DEMO_MERCHANT_ID,
    file: fileOf(lines),
    dryRun: false,
    period: null,
    timeZone: 'America/Sao_Paulo',
    ...change,
  });
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  return result.report;
}

const TABLES = [
  'receipts',
  'refunds',
  'payment_transactions',
  'payment_transitions',
  'suspense_items',
  'statements',
  'statement_lines',
  'ledger_entries',
  'ledger_postings',
  'feed',
];
/** Every row of everything that an import might touch. */
async function everything(): Promise<string> {
  const tables = await Promise.all(
    TABLES.map((table) => context.db.query(`SELECT t::text AS row FROM ${table} t ORDER BY 1`)),
  );
  return JSON.stringify(tables);
}

test('each line is what it is: matched, recorded, in suspense, another amount, a fee, none of ours', async () => {
  const known = await paid(true);
  const lost = await paid(false);
  const wrong = await paid(true);
  const unlisted = await paid(true);
  await paid(true);
  const stranger = `E${'8'.repeat(31)}`;
  const report = await reconcile([
    lineOf(known),
    lineOf(lost),
    lineOf(wrong, { amount: '1.00' }),
    lineOf(unlisted, { e2e: '' }),
    other('pix', '12.34', stranger),
    other('tarifa', '-0.99'),
    other('saque', '-500.00'),
    'no line at all',
  ]);
  expect(report).toMatchObject({
    complete: true,
    lines: 8,
    outcomes: {
      matched: 2,
      missing_here_recorded: 1,
      amount_differs: 1,
      missing_here_suspense: 1,
      fee: 1,
      ignored: 1,
    },
    feeCents: 99,
    badLines: { count: 1, first: [{ line: 9 }] },
    missingThere: { count: 1 },
  });
  expect(report.findings).toMatchObject([
    { line: 3, outcome: 'missing_here_recorded' },
    { line: 4, outcome: 'amount_differs', amountCents: 100, hereCents: CENTS },
    { line: 6, outcome: 'missing_here_suspense', endToEndId: stranger },
  ]);
  expect(await readPayment(context, lost.sessionId)).toMatchObject({ status: 'SUCCEEDED', confirmations: 1 });
  const causes = await context.db.query(
    `SELECT cause FROM payment_transitions JOIN payment_transactions USING (merchant_id, transaction_id)
     WHERE session_id = $1 AND to_status = 'SUCCEEDED'`,
    [lost.sessionId],
  );
  expect(causes).toEqual([{ cause: 'statement' }]);
});

test('the file again changes nothing, and tells what was found', async () => {
  const [known, lost] = [await paid(true), await paid(false)];
  const lines = [
    lineOf(known),
    lineOf(lost),
    other('pix', '3.21', `E${'6'.repeat(31)}`),
    other('tarifa', '-1.00'),
  ];
  const first = await reconcile(lines);
  const before = await everything();
  clock.advance(DAY_MS);
  expect(await reconcile(lines)).toEqual({ ...first, alreadyImported: true });
  expect(await reconcile(lines, { dryRun: true })).toEqual({ ...first, dryRun: true, alreadyImported: true });
  expect(await everything()).toBe(before);
});

test('a line of another file is known; a line that comes twice in one file is one', async () => {
  const [known, stranger] = [await paid(true), other('pix', '3.21', `E${'5'.repeat(31)}`)];
  await reconcile([lineOf(known), stranger]);
  const later = await paid(true);
  const again = await reconcile([stranger, lineOf(known), lineOf(later), lineOf(later)]);
  expect(again).toMatchObject({ outcomes: { known_line: 3, matched: 1 }, missingThere: { count: 0 } });
});

test('a dry run tells the same and writes nothing', async () => {
  const [known, lost] = [await paid(true), await paid(false)];
  const lines = [lineOf(known), lineOf(lost), other('pix', '3.33', `E${'4'.repeat(31)}`)];
  const before = await everything();
  expect(await reconcile(lines, { dryRun: true })).toMatchObject({
    dryRun: true,
    statementId: null,
    outcomes: { matched: 1, missing_here: 2 },
  });
  expect(await everything()).toBe(before);
  // The twin: without the dry run the same file writes.
  await reconcile(lines);
  expect(await everything()).not.toBe(before);
});

test('amount and time alone are a hint, never a match', async () => {
  const sold = await paid(true);
  const line = `${new Date(sold.receipt.paidAtMs + 60_000).toISOString()};pix;${(CENTS / 100).toFixed(2)};;;`;
  const report = await reconcile([line], {
    period: { from: sold.receipt.paidAtMs, to: sold.receipt.paidAtMs + DAY_MS },
  });
  expect(report).toMatchObject({ outcomes: { missing_here_suspense: 1 }, missingThere: { count: 1 } });
  expect(report.findings).toMatchObject([{ suggestedReceiptId: sold.receipt.receiptId }]);
});

test('two Pix of one charge are two lines, also where the bank tells no endToEndId', async () => {
  const sold = await paid(true);
  bank.pay(sold.txid, CENTS);
  await look(sold.sessionId);
  clock.advance(3_600_000);
  const line = lineOf(sold, { e2e: '' });
  const report = await reconcile([`${line}1`, `${line}2`, `${line}3`]);
  expect(report.outcomes).toEqual({ matched: 2, missing_here_suspense: 1 });
});

test('a second Pix with another amount, which nobody has heard of, is read from its charge', async () => {
  const sold = await paid(true);
  bank.pay(sold.txid, 77);
  const report = await reconcile([lineOf(sold), lineOf(sold, { e2e: '', amount: '0.77' })]);
  expect(report.outcomes).toEqual({ matched: 1, missing_here_recorded: 1 });
  expect((await readPayment(context, sold.sessionId)).refunds).toMatchObject([
    { reason: 'surplus', cents: 77 },
  ]);
});

test('refunds: one that has arrived is matched, one that is not known is told of', async () => {
  const sold = await paid(true, 1);
  const e2e = sold.receipt.receiptId;
  const early = await reconcile([other('devolucao', '-0.01', e2e, 'early')]);
  expect(early.outcomes).toEqual({ refund_unknown: 1 });
  const watched = watchProvider(bank, clock);
  // Each run does one, and tests before have left theirs.
  for (let run = 0; run < 5; run += 1)
    await startRefundWorker(context, watched.provider, watched.health).stop();
  const report = await reconcile([
    lineOf(sold),
    other('devolucao', '-0.01', e2e, 'a'),
    other('devolucao', '-0.01', e2e, 'b'),
  ]);
  expect(report.outcomes).toEqual({ matched: 1, refund_matched: 1, refund_unknown: 1 });
});

test('while the provider is away nothing is guessed; the same file goes on afterwards', async () => {
  const [known, lost] = [await paid(true), await paid(false)];
  const lines = [lineOf(known), lineOf(lost)];
  bank.reachable = false;
  expect(await reconcile(lines)).toMatchObject({ complete: false, outcomes: { matched: 1, not_read: 1 } });
  expect(await readPayment(context, lost.sessionId)).toMatchObject({ confirmations: 0 });
  bank.reachable = true;
  expect(await reconcile(lines)).toMatchObject({
    complete: true,
    alreadyImported: false,
    outcomes: { matched: 1, missing_here_recorded: 1 },
  });
});

test('a hundred thousand lines, in bounded memory', async () => {
  const big = await createTestDatabase();
  try {
    await seedShop(big.db, clock.nowMs());
    const bigContext = testContext({ db: big.db, clock });
    const request = chargeRequest(bigContext);
    await chargeCreator(bigContext, onlyProvider(bank))(KIOSK, request);
    await big.db.query(
      `INSERT INTO receipts (merchant_id, receipt_id, transaction_id, amount_cents, paid_at, disposition, raw, recorded_at,
         provider, end_to_end_id)
       SELECT merchant_id, id, transaction_id, 100, $1, 'surplus', '{}', $1, 'bacen-pix', id
       FROM payment_transactions, (SELECT 'E' || lpad(n::text, 31, '0') AS id FROM generate_series(1, 99999) n) AS pix`,
      [new Date(clock.nowMs())],
    );
    await big.db.query('ANALYZE');
    let mostAtOnce = 0;
    const before = process.memoryUsage().heapUsed;
    const at = new Date(clock.nowMs()).toISOString();
    const file: StatementFile = {
      sha256: 'f'.repeat(64),
      format: 'csv',
      async *open() {
        yield `${HEADER}\n`;
        for (let n = 1; n <= 100_000; n += 1) {
          if (n % 10_000 === 0) mostAtOnce = Math.max(mostAtOnce, process.memoryUsage().heapUsed - before);
          yield `${at};pix;1.00;E${String(n).padStart(31, '0')};;${'x'.repeat(80)}\n`;
        }
      },
    };
    const order = {
      merchantId: DEMO_MERCHANT_ID,
      file,
      dryRun: true,
      period: null,
      timeZone: 'America/Sao_Paulo',
    };
    expect(await importStatement(bigContext, bank, order)).toMatchObject({
      ok: true,
      report: { lines: 100_000, outcomes: { matched: 99_999, missing_here: 1 }, missingThere: { count: 0 } },
    });
    // The lines themselves are more than 15 MB, and with all that is made of them several times as much.
    expect(mostAtOnce).toBeLessThan(150 * 1024 * 1024);
  } finally {
    await big.close();
  }
});
