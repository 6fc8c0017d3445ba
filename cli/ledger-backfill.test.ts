import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerAdoptionRoutes } from '../sync-server/adoption/adoption-routes.ts';
import { DEMO_MERCHANT_ID } from '../sync-server/catalog/demo-shop.ts';
import { type App, createApp } from '../sync-server/http/app.ts';
import { MANAGER_TOKEN, seedShop, testContext } from '../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../sync-server/testing/test-database.ts';
import { runCommandLine } from './program.ts';

let database: TestDatabase;
let app: App;
let server: string;
let folder: string;
let house: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
  const context = testContext({ db: database.db });
  app = await createApp(context);
  registerAdoptionRoutes(app, context);
  server = await app.listen({ port: 0, host: '127.0.0.1' });
  folder = mkdtempSync(join(tmpdir(), 'totem-backfill-'));
  house = ['--database-url', database.url, '--key-file', write('key', '07'.repeat(32))];
});
afterAll(async () => {
  await app.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function backfill(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const result = { exitCode: 0, out: '', err: '' };
  await runCommandLine(['ledger', 'backfill', ...args], {
    out: (text) => {
      result.out += `${text}\n`;
    },
    err: (text) => {
      result.err += `${text}\n`;
    },
    setExitCode: (code) => {
      result.exitCode = code;
    },
  });
  return result;
}

const ROWS = [
  'id;clinica_id;provedor;situação;valor;criado_em;pago_em;nome;email',
  '1;a;Pagar.me;PAGO;1.234,56;01/02/2025 10:00;01/02/2025 10:01;Ana Lima;ana.lima@example.com',
  '2;a;PAGARME;misterioso;10,00;01/02/2025;;=Bia Reis;bia.reis@example.com',
  '3;z;stripe;paid;10,00;01/02/2025;01/02/2025;Caio Melo;caio.melo@example.com',
];

test('a file is tried, adopted, and told of; what is left goes into a file without names', async () => {
  const csv = write('pagamentos.csv', `${ROWS.join('\r\n')}\r\n`);
  const mapping = write('mapping.json', JSON.stringify({ clinics: { a: DEMO_MERCHANT_ID } }));
  const adopt = ['--from-csv', csv, '--mapping', mapping, '--amounts', 'comma', ...house];
  const dry = await backfill(...adopt, '--dry-run');
  expect(dry).toMatchObject({ exitCode: 0 });
  expect(dry.out).toMatch(/^a dry run; nothing was written\n/);
  expect(dry.out).toContain('pagamentos.csv: no column names the provider’s charge');
  const told = await backfill(...adopt);
  expect(told.exitCode).toBe(0);
  expect(told.out).toContain(
    'pagamentos.csv (transaction): 3 rows; 1 mapped, 0 partly, 2 unmapped, 0 duplicates, 0 known already',
  );
  expect(told.out).toContain('not_onboarded: 1, first on lines 4');
  expect(told.out).toContain('not known: "misterioso": 1 rows; give it a meaning in "statuses"');
  expect(told.out).toContain('not onboarded: z: 1 rows wait');
  expect(told.err).toContain('pagamentos.csv: 3');
  expect(dry.out).toContain(told.out.split('\n')[0] ?? 'nothing');
  const status = JSON.parse((await backfill('status', ...house, '--json')).out);
  expect(status.data).toMatchObject({ runs: [{ finished: true, unmapped: 2 }], pending: { normalise: 2 } });
  const out = join(folder, 'out.csv');
  expect((await backfill('report', '--unmapped', out, ...house)).out).toBe(`${out}: 2 rows\n`);
  const left = readFileSync(out, 'utf8');
  expect(left).toContain('"PAGARME","misterioso","unknown_status');
  expect(left).toContain('misterioso');
  expect(left).not.toMatch(/Bia|bia\.reis|Caio|caio\.melo/);
  expect(JSON.parse((await backfill('--step', 'normalise', ...house, '--json')).out).data.steps).toEqual({
    normalise: 0,
  });
});

test('what keeps a row out is told apart from what was only left out of it', async () => {
  const csv = write(
    'transactions-left-out.csv',
    'id,clinic_id,provider,status,amount_cents,created_at,customer_email\n' +
      'l1,a,stripe,paid,1000,2025-02-01,no-address\nl2,a,Bank of Nowhere,paid,1000,2025-02-01,\nl3,a,Bank of Nowhere,paid,900,2025-02-01,\n',
  );
  const mapping = write('mapping.json', JSON.stringify({ clinics: { a: DEMO_MERCHANT_ID } }));
  const told = await backfill('--from-csv', csv, '--mapping', mapping, '--dry-run', ...house, '--json');
  const [file] = JSON.parse(told.out).data.files;
  const stopped = file.reasons.filter((one: { stops: boolean }) => one.stops);
  expect(stopped).toMatchObject([{ state: 'unmapped', reason: 'unknown_provider', rows: 2, lines: [3, 4] }]);
  expect(stopped[0].hint).toContain('"providers"');
  expect(file.reasons).toContainEqual(
    expect.objectContaining({ state: 'partly', reason: 'email_unreadable', stops: false }),
  );
  expect(file.unknownWords).toEqual([{ list: 'providers', word: 'Bank of Nowhere', rows: 2 }]);
});

test('an option before the command’s name counts as much as one behind it', async () => {
  expect(await backfill(...house, 'status', '--json')).toMatchObject({ exitCode: 0 });
  const named = JSON.parse((await backfill('--source', 'other', 'status', ...house, '--json')).out);
  expect(named.data.pending).toMatchObject({ normalise: 0 });
});

test('the mirror’s switch is asked and set', async () => {
  const access = ['--server', server, '--token', MANAGER_TOKEN];
  expect((await backfill('mirror', ...access)).out).toBe('mirror: off\n');
  expect((await backfill('mirror', ...access, '--set', 'shadow')).out).toBe('mirror: shadow\n');
  expect((await backfill('mirror', ...access, '--set', 'maybe')).err).toContain('[invalid_request]');
});

test.each([
  ['nothing to adopt', [], 'no_source'],
  ['two sources', ['--from-csv', 'x.csv', '--source-url', 'postgres://x'], 'two_sources'],
  ['a step that there is not', ['--step', 'all'], 'invalid_step'],
  ['a kind that there is not', ['--from-csv', 'x.csv', '--kind', 'rows'], 'invalid_kind'],
  ['a rule that there is not', ['--from-csv', 'x.csv', '--amounts', 'reais'], 'invalid_amounts'],
  ['a file that is not there', ['--from-csv', '/nowhere.csv'], 'not_read'],
  ['a mapping that is not there', ['--from-csv', 'x.csv', '--mapping', '/nowhere.json'], 'invalid_mapping'],
  ['a key that is not there', ['--from-csv', 'x.csv', '--key-file', '/nowhere.key'], 'no_key'],
] as const)('exit 1 with the reason: %s', async (_what, args, code) => {
  const refused = await backfill(...house, ...args);
  expect(refused).toMatchObject({ exitCode: 1, out: '' });
  expect(refused.err).toContain(`[${code}]`);
});
