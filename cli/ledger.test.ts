import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import { registerAuditRoutes } from '../sync-server/audit/audit-routes.ts';
import type { ServerContext } from '../sync-server/context.ts';
import { type App, createApp } from '../sync-server/http/app.ts';
import { registerIntegrationRoutes } from '../sync-server/integration/integration-routes.ts';
import { registerLedgerRoutes } from '../sync-server/ledger/ledger-routes.ts';
import { chargeCreator } from '../sync-server/payments/create-charge.ts';
import { ModelBank } from '../sync-server/payments/testing/model-bank.ts';
import {
  chargeRequest,
  expectMoneyAddsUp,
  KIOSK,
  readPayment,
  SERVICE,
} from '../sync-server/payments/testing/payment-steps.ts';
import { registerReconciliationRoutes } from '../sync-server/reconciliation/reconciliation-routes.ts';
import { onlyProvider } from '../sync-server/routing/charge-router.ts';
import { registerSettlementRoutes } from '../sync-server/settlement/settlement-routes.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../sync-server/testing/test-database.ts';
import { runCommandLine } from './program.ts';

const clock = new ManualClock();
const STRANGER = `E${'8'.repeat(31)}`;
let database: TestDatabase;
let context: ServerContext;
let bank: ModelBank;
let app: App;
let server: string;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  bank = new ModelBank(clock);
  app = await createApp(context);
  registerReconciliationRoutes(app, context, [bank]);
  registerLedgerRoutes(app, context);
  registerAuditRoutes(app, context);
  registerSettlementRoutes(app, context);
  registerIntegrationRoutes(app, context, onlyProvider(bank));
  server = await app.listen({ port: 0, host: '127.0.0.1' });
  folder = mkdtempSync(join(tmpdir(), 'totem-cli-'));
});
afterAll(async () => {
  await app.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function totem(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const result = { exitCode: 0, out: '', err: '' };
  await runCommandLine(args, {
    out: (text) => {
      result.out += text;
    },
    err: (text) => {
      result.err += text;
    },
    setExitCode: (code) => {
      result.exitCode = code;
    },
  });
  return result;
}

const ledger = (...args: string[]): ReturnType<typeof totem> =>
  totem('ledger', ...args, '--server', server, '--token', MANAGER_TOKEN);

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a statement is looked at, imported, and imported again; what is nobody’s is assigned and resolved', async () => {
  const request = chargeRequest(context);
  await chargeCreator(context, onlyProvider(bank))(KIOSK, request);
  const { receiptId, txid } = bank.pay(request.txid, SERVICE.amountCents);
  const at = new Date(clock.nowMs()).toISOString();
  const file = write(
    'day.csv',
    `at;tipo;valor;endToEndId;txid\n${at};pix;50,00;${receiptId};${txid}\n${at};pix;12,34;${STRANGER};\nx;pix;1,00;;\n`,
  );
  const reconcile = ['reconcile', '--file', file, '--provider', 'bacen-pix'];

  const dry = await ledger(...reconcile, '--dry-run');
  expect(dry).toMatchObject({ exitCode: 0, err: '' });
  expect(dry.out).toMatch(/^a dry run; nothing was written/);
  expect(dry.out).toMatch(/missing_here +2$/m);
  expect(await readPayment(context, request.sessionId)).toMatchObject({ confirmations: 0 });

  const imported = JSON.parse((await ledger(...reconcile, '--json')).out);
  expect(imported).toMatchObject({
    ok: true,
    data: {
      outcomes: { missing_here_recorded: 1, missing_here_suspense: 1 },
      badLines: { count: 1, first: [{ line: 4, problem: '"x" is no date' }] },
    },
  });
  expect(await readPayment(context, request.sessionId)).toMatchObject({ confirmations: 1 });
  expect((await ledger(...reconcile)).out).toMatch(/^this file was imported before; nothing was changed/);

  clock.advance(36 * 3_600_000);
  expect((await ledger('assign', STRANGER, '--owner', 'Finance')).out).toContain('Finance');
  expect((await ledger('suspense')).out).toMatch(
    /12\.34 +1\.5 days +no_txid +Finance\nopen: 1 of 12\.34 together$/,
  );
  const { webhooks, suspense } = (
    await app.inject({
      url: '/v1/integration/status',
      headers: { authorization: `Bearer ${MANAGER_TOKEN}` },
    })
  ).json();
  expect(suspense).toEqual({ open: 1, openCents: 1_234, oldestAgeSeconds: 129_600 });
  expect(webhooks).toEqual([
    { provider: 'bacen-pix', receipts: 1, missing: 1, p50Ms: null, p90Ms: null, firstCheckMs: 4_000 },
  ]);

  const resolved = await ledger('resolve', STRANGER, '--as', 'other_income', '--by', 'Finance');
  expect(resolved.out).toContain('other_income');
  expect((await ledger('resolve', STRANGER, '--as', 'refund', '--by', 'Finance')).err).toContain(
    '[already_resolved]',
  );
  expect((await ledger('suspense')).out).toBe('open: 0 of 0.00 together');
  expect((await ledger('suspense', '--resolved')).out).toContain(STRANGER);
  await expectMoneyAddsUp(context);
});

test('JSON is taken as well, with what it covers', async () => {
  const at = new Date(clock.nowMs()).toISOString();
  const file = write('day.json', JSON.stringify([{ at, kind: 'fee', amount: -0.5 }]));
  const { data } = JSON.parse(
    (
      await ledger(
        'reconcile',
        '--file',
        file,
        '--provider',
        'bacen-pix',
        '--from',
        '2026-03-10',
        '--to',
        at,
        '--json',
      )
    ).out,
  );
  expect(data).toMatchObject({ feeCents: 50, period: { from: Date.UTC(2026, 2, 10), to: clock.nowMs() } });
  expect(data.missingThere.count).toBe(1);
});

test('the audit has every section, as text and as JSON', async () => {
  const told = await ledger('audit');
  expect(told).toMatchObject({ exitCode: 0, err: '' });
  expect(told.out).toMatch(/^Summary: (ok|warning|critical)$/m);
  expect(told.out).toMatch(/paid_without_ticket +\d+(\.\d+)? hours \(warns above 0\.25, critical above 24\)/);
  for (const title of ['Fill rates', 'Providers', 'Suspense', 'Dead letters\n  none', 'Ledger'])
    expect(told.out).toContain(`\n\n${title}\n`.replace('none\n', 'none'));
  const { data } = JSON.parse((await ledger('audit', '--json')).out);
  expect(data.providers).toMatchObject([{ provider: 'bacen-pix' }]);
  expect(data.ledger.findings).toBe(0);
});

test('what is settled is told by day, and what differs line by line', async () => {
  const days = ['--from', '2026-01-01', '--to', '2027-01-01'];
  const told = await ledger('settlement', ...days);
  expect(told.out).toMatch(
    /bacen-pix +(settled|differs|open) +expected R\$ [\d.,]+, settled -?R\$ [\d.,]+ after fees of R\$ 0,50/,
  );
  expect((await ledger('settlement', ...days, '--differences')).out).not.toBe('');
  expect((await ledger('settlement', ...days, '--provider', 'none')).out).toBe('no money on those days');
  expect((await ledger('settlement', ...days, '--provider', 'none', '--differences')).out).toBe(
    'nothing differs',
  );
  for (const wrong of [
    ['--from', '2026-13-01'],
    ['--time-zone', '+03:00'],
    ['--to', '2025-01-01'],
  ])
    expect((await ledger('settlement', ...days, ...wrong)).err).toContain('[invalid_request]');
});

test.each([
  ['a provider that is none of the server’s', 'day.csv', 'pagarme', 'unknown_provider'],
  ['a file of another kind', 'day.pdf', 'bacen-pix', 'invalid_file'],
  ['a file that is not there', 'nowhere.csv', 'bacen-pix', 'not_read'],
  ['a file that is no statement', 'names.csv', 'bacen-pix', 'unreadable'],
])('exit 1 with the reason: %s', async (_what, name, provider, code) => {
  if (name === 'names.csv') write(name, 'name;age\nx;1\n');
  const refused = await ledger('reconcile', '--file', join(folder, name), '--provider', provider);
  expect(refused).toMatchObject({ exitCode: 1, out: '' });
  expect(refused.err).toContain(`[${code}]`);
});

test('exit 1 with the reason: no such money, a sale without its transaction, a resolution that there is not, another role', async () => {
  expect((await ledger('assign', 'E0')).err).toContain('[unknown_item]');
  expect((await ledger('resolve', 'E0', '--as', 'sale', '--by', 'x')).err).toContain('[invalid_request]');
  expect((await ledger('resolve', 'E0', '--as', 'gift', '--by', 'x')).err).toContain('[invalid_resolution]');
  const operator = await totem('ledger', 'suspense', '--server', server, '--token', OPERATOR_TOKEN);
  expect(operator.err).toContain('[forbidden]');
});

test('the books: what they say, what they said, and that they are whole until somebody changes them', async () => {
  const beforeMs = clock.nowMs();
  clock.advance(60_000);
  const request = chargeRequest(context);
  const { transactionId } = await chargeCreator(context, onlyProvider(bank))(KIOSK, request).then((made) => {
    if (!made.ok) throw new Error(made.code);
    return made.charge;
  });
  bank.pay(request.txid, SERVICE.amountCents);
  const path = join(folder, 'second.csv');
  const { receiptId } = bank.pay(request.txid, SERVICE.amountCents);
  writeFileSync(
    path,
    `at;tipo;valor;endToEndId;txid\n${new Date(clock.nowMs()).toISOString()};pix;50,00;${receiptId};${request.txid}\n`,
  );
  expect((await ledger('reconcile', '--file', path, '--provider', 'bacen-pix')).exitCode).toBe(0);

  const sales = async (...args: string[]): Promise<number> => {
    const { data } = JSON.parse((await ledger('balances', ...args, '--json')).out);
    return (
      data.accounts.find((account: { accountCode: string }) => account.accountCode === 'sales')
        ?.balanceCents ?? 0
    );
  };
  const then = await sales('--at', new Date(beforeMs).toISOString());
  expect(await sales()).toBe(then - SERVICE.amountCents);
  expect(await sales('--known-by', new Date(beforeMs).toISOString())).toBe(then);
  expect((await ledger('balances', '--at', '2020-01-01')).out).toBe('nothing was posted by then');
  expect((await ledger('balances', '--at', 'yesterday')).err).toContain('[invalid_time]');
  expect((await ledger('statement', 'sales', '--limit', '1')).out).toMatch(
    new RegExp(`-R\\$ 50,00  sale  ${transactionId}\nolder ones: --before \\d+$`),
  );
  expect((await ledger('statement', 'nothing')).out).toBe('no lines');

  const whole = await ledger('verify');
  expect(whole).toMatchObject({ exitCode: 0, err: '' });
  const [, head = ''] = /note down the head (\S+)$/m.exec(whole.out) ?? [];
  expect((await ledger('verify', '--head', head)).exitCode).toBe(0);
  expect((await totem('ledger', 'verify', '--database-url', database.url)).out).toContain(
    'the ledger is whole',
  );
  const otherHead = `${head.split(':')[0]}:${'0'.repeat(64)}`;
  expect((await ledger('verify', '--head', otherHead)).err).toContain('chain_goes_through_the_noted_head');
  expect((await ledger('verify', '--head', 'x')).err).toContain('[invalid_head]');
  expect((await totem('ledger', 'verify')).err).toContain('[no_server]');

  await database.db.transaction(async (transaction) => {
    await transaction.query('SET LOCAL session_replication_role = replica');
    await transaction.query('UPDATE ledger_postings SET amount_cents = amount_cents * 2');
  });
  for (const verify of [ledger('verify'), totem('ledger', 'verify', '--database-url', database.url)]) {
    const broken = await verify;
    expect(broken).toMatchObject({ exitCode: 1, out: '' });
    expect(broken.err).toMatch(/entry_says_what_was_sealed: \S+: number 1 of the chain/);
  }
});
