import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { readMigrations } from '../../platform/migration-files.ts';
import { auditLedger } from '../ledger/audit-ledger.ts';
import { verifyLedger } from '../ledger/verify-ledger.ts';
import { describeSchema } from '../testing/describe-schema.ts';
import { createEmptyDatabase, type TestDatabase } from '../testing/test-database.ts';
import { migrateDatabase } from './migrate.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Checked in: who changes the schema sees here what became of it. `npx vitest run golden-schema -u` writes it anew. */
const GOLDEN = join(ROOT, 'migrations', 'server.golden.txt');
const MERCHANT = '018f0000-0000-7000-8000-000000000001';
const all = readMigrations(join(ROOT, 'migrations', 'server'));
const upTo = (version: number) => all.filter((migration) => migration.version <= version);

const opened: TestDatabase[] = [];
afterAll(() => Promise.all(opened.map((database) => database.close())));

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  opened.push(database);
  return database;
}

test('from nothing, the schema is the one that is checked in', async () => {
  const { db } = await emptyDatabase();
  await migrateDatabase(db, all);
  await expect(await describeSchema(db)).toMatchFileSnapshot(GOLDEN);
});

test('from every version that there ever was, and a second time, it is the same schema', async () => {
  const { db } = await emptyDatabase();
  await migrateDatabase(db, all);
  const golden = await describeSchema(db);
  for (const { version } of all.slice(0, -1)) {
    await db.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    const before = upTo(version);
    expect(await migrateDatabase(db, before)).toHaveLength(before.length);
    expect(await migrateDatabase(db, all)).toHaveLength(all.length - before.length);
    expect(await migrateDatabase(db, all)).toEqual([]);
    expect(await describeSchema(db), `from ${version}`).toBe(golden);
  }
}, 240_000);

test('several processes at once: all are content, and it is the same schema', async () => {
  const { db, url } = await emptyDatabase();
  const migrate = () =>
    promisify(execFile)(
      process.execPath,
      [join(ROOT, 'cli', 'totem.ts'), 'migrate', '--database-url', url, '--json'],
      {
        env: { ...process.env, NODE_NO_WARNINGS: '1' },
      },
    );
  const said = await Promise.all([migrate(), migrate(), migrate()]);
  const applied = said.flatMap(({ stdout }) => JSON.parse(stdout).data[0].applied);
  expect(applied.toSorted()).toEqual(all.map(({ name }) => name));
  const { db: alone } = await emptyDatabase();
  await migrateDatabase(alone);
  expect(await describeSchema(db)).toBe(await describeSchema(alone));
});

/** A sale that was paid twice, the second Pix sent back, as the first release wrote it. */
const FIRST_RELEASE = `
  INSERT INTO merchants VALUES ('${MERCHANT}', 'Clínica', 'chave', '2026-03-10T12:00Z');
  INSERT INTO units (merchant_id, unit_id, name, city, time_zone, counters)
    VALUES ('${MERCHANT}', '${MERCHANT}', 'Centro', 'Recife', 'America/Recife', ARRAY['Guichê 1']);
  INSERT INTO services VALUES ('${MERCHANT}', '${MERCHANT}', '${MERCHANT}', 1, 'Consulta', '', 'A', 5000, 'BRL');
  INSERT INTO kiosks VALUES ('${MERCHANT}', 'totem-1', '${MERCHANT}', '2026-03-10T12:00Z', '2026-03-10T12:00Z');
  INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id, service_name,
      service_prefix, provider, txid, amount_cents, currency, status, created_at, paid_at, settled_end_to_end_id, ticket_number,
      ticket_business_day)
    VALUES ('${MERCHANT}', '${MERCHANT}', '${MERCHANT}', '${MERCHANT}', 'totem-1', '${MERCHANT}', 'Consulta', 'A', 'bacen-pix',
      'txid00000000000000000000000', 5000, 'BRL', 'SUCCEEDED', '2026-03-10T12:00Z', '2026-03-10T12:01Z', 'E1', 1, '2026-03-10');
  INSERT INTO pix_receipts VALUES
    ('${MERCHANT}', 'E1', '${MERCHANT}', 5000, '2026-03-10T12:01Z', 'settles', '{}', '2026-03-10T12:01Z'),
    ('${MERCHANT}', 'E2', '${MERCHANT}', 5000, '2026-03-10T12:02Z', 'surplus', '{}', '2026-03-10T12:02Z');
  INSERT INTO refunds (merchant_id, refund_id, end_to_end_id, transaction_id, amount_cents, reason, status, created_at, settled_at)
    VALUES ('${MERCHANT}', 'R2', 'E2', '${MERCHANT}', 5000, 'surplus', 'settled', '2026-03-10T12:02Z', '2026-03-10T12:03Z');
  INSERT INTO feed (merchant_id, unit_id, seq, kind, payload, at) VALUES
    ('${MERCHANT}', '${MERCHANT}', 1, 'payment.confirmed', '{"transactionId": "${MERCHANT}"}', '2026-03-10T12:01Z');
  INSERT INTO ledger_accounts VALUES ('${MERCHANT}', 'receivable:bacen-pix', 'asset'), ('${MERCHANT}', 'sales', 'income'),
    ('${MERCHANT}', 'refunds_payable', 'liability');
  INSERT INTO ledger_entries VALUES
    ('${MERCHANT}', '018f0000-0000-7000-8000-00000000000a', 'sale', '${MERCHANT}', 'sale:E1', '2026-03-10T12:01Z', '2026-03-10T12:01Z'),
    ('${MERCHANT}', '018f0000-0000-7000-8000-00000000000b', 'unexpected_money', '${MERCHANT}', 'unexpected_money:E2', '2026-03-10T12:02Z', '2026-03-10T12:02Z'),
    ('${MERCHANT}', '018f0000-0000-7000-8000-00000000000c', 'refund', '${MERCHANT}', 'refund:R2', '2026-03-10T12:03Z', '2026-03-10T12:03Z');
  INSERT INTO ledger_postings VALUES
    ('${MERCHANT}', '018f0000-0000-7000-8000-00000000000a', 1, 'receivable:bacen-pix', 5000, 'BRL'),
    ('${MERCHANT}', '018f0000-0000-7000-8000-00000000000a', 2, 'sales', -5000, 'BRL'),
    ('${MERCHANT}', '018f0000-0000-7000-8000-00000000000b', 1, 'receivable:bacen-pix', 5000, 'BRL'),
    ('${MERCHANT}', '018f0000-0000-7000-8000-00000000000b', 2, 'refunds_payable', -5000, 'BRL'),
    ('${MERCHANT}', '018f0000-0000-7000-8000-00000000000c', 1, 'refunds_payable', 5000, 'BRL'),
    ('${MERCHANT}', '018f0000-0000-7000-8000-00000000000c', 2, 'receivable:bacen-pix', -5000, 'BRL');`;

describe('money that an earlier version wrote', () => {
  test.each([10, 20])('is all there, from version %i on, and the ledger of it is whole', async (version) => {
    const { db } = await emptyDatabase();
    await migrateDatabase(db, upTo(version));
    await db.query(FIRST_RELEASE);
    await migrateDatabase(db, all);
    expect(
      await db.query('SELECT receipt_id AS id, provider, end_to_end_id AS e2e FROM receipts ORDER BY 1'),
    ).toEqual([
      { id: 'E1', provider: 'bacen-pix', e2e: 'E1' },
      { id: 'E2', provider: 'bacen-pix', e2e: 'E2' },
    ]);
    expect((await auditLedger(db)).findings).toEqual([]);
    expect(await verifyLedger(db, { merchantId: MERCHANT })).toMatchObject({ ok: true, entries: 3 });
  });
});
