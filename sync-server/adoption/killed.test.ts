import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import { verifyLedger } from '../ledger/verify-ledger.ts';
import { seedShop } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { adoptedSums } from './testing/adopted-sums.ts';
import { makeLegacyExport } from './testing/legacy-export.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'cli', 'totem.ts');
const ROWS = 4_000;
const CLINICS = { a: DEMO_MERCHANT_ID, b: DEMO_MERCHANT_ID };

let database: TestDatabase;
let folder: string;
let args: string[];
let made: ReturnType<typeof makeLegacyExport>;
const running: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-killed-'));
  made = makeLegacyExport({ seed: 77, rows: ROWS, clinics: ['a', 'b'], unknownClinic: 'z' });
  writeFileSync(join(folder, 'transactions.csv'), made.transactions);
  writeFileSync(join(folder, 'key'), '07'.repeat(32));
  writeFileSync(join(folder, 'mapping.json'), JSON.stringify({ clinics: CLINICS }));
});
beforeEach(async () => {
  database = await createTestDatabase();
  await seedShop(database.db);
  args = [
    ...['ledger', 'backfill', '--from-csv', join(folder, 'transactions.csv'), '--amounts', 'comma', '--json'],
    ...[
      '--mapping',
      join(folder, 'mapping.json'),
      '--key-file',
      join(folder, 'key'),
      '--database-url',
      database.url,
    ],
  ];
  return async () => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
    await database.close();
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  return child;
}

async function finish(child: ChildProcess): Promise<{ code: number | null; out: string }> {
  let out = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}

/** How far it has come: rows that are read, and rows whose person is known. */
async function progress(): Promise<number> {
  const [row] = await database.db.query<{ done: number }>(
    `SELECT coalesce((SELECT sum(rows_done)::int FROM adoption_runs), 0)
       + (SELECT count(*)::int FROM adopted_rows WHERE raw_kept = 'person') AS done`,
  );
  return row?.done ?? 0;
}

async function expectAdopted(): Promise<void> {
  expect(await adoptedSums(database.db)).toEqual(made.expected);
  const [rows] = await database.db.query(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE state = 'unmapped') AS unmapped,
       count(*) FILTER (WHERE state = 'duplicate') AS duplicates FROM adopted_rows`,
  );
  expect(rows).toEqual({ rows: ROWS + made.expectedStates.duplicates, ...made.expectedStates });
  expect(await verifyLedger(database.db, { merchantId: DEMO_MERCHANT_ID })).toMatchObject({ ok: true });
}

test('killed again and again, it goes on from its last commit: each row once, all money once', async () => {
  const kills = [1, ROWS / 8, ROWS / 3, (ROWS * 2) / 3, ROWS + 200, ROWS + ROWS / 3];
  for (const at of kills) {
    const child = start();
    const closed = once(child, 'close');
    await vi.waitUntil(async () => child.exitCode !== null || (await progress()) >= at, {
      timeout: 120_000,
      interval: 5,
    });
    expect(child.exitCode, `the process ended by itself before ${at}`).toBeNull();
    child.kill('SIGKILL');
    await closed;
  }
  const before = await progress();
  expect(before).toBeGreaterThan(ROWS);
  const { code, out } = await finish(start());
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ ok: true, data: { files: [{ finished: true, unchanged: 0 }] } });
  await expectAdopted();
});

test('two processes at once take turns: the second finds the work done', async () => {
  const both = await Promise.all([finish(start()), finish(start())]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const [one, other] = both.map(({ out }) => JSON.parse(out).data.files);
  expect(one).toEqual(other);
  await expectAdopted();
});
