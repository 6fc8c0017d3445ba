import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Migration } from '../../domain/migrations.ts';
import { readMigrations } from '../../platform/migration-files.ts';
import { StartupFailure } from '../../platform/service.ts';
import { createEmptyDatabase, type TestDatabase } from '../testing/test-database.ts';
import { openDatabase } from './database.ts';
import { migrateDatabase } from './migrate.ts';

const opened: TestDatabase[] = [];
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  opened.push(database);
  return database;
}

const first = migration(10, 'CREATE TABLE shelf (id integer PRIMARY KEY)');
const second = migration(20, 'ALTER TABLE shelf ADD COLUMN label text; INSERT INTO shelf VALUES (1, $$a$$)');

function migration(version: number, sql: string): Migration {
  return { version, name: `00${version}_shelf.sql`, sql, checksum: `sum of ${sql}` };
}

test('a fresh database gets the whole schema, and a second run changes nothing', async () => {
  const { db } = await emptyDatabase();
  expect(await migrateDatabase(db)).toContain('0010_initial.sql');
  expect(await migrateDatabase(db)).toEqual([]);
  expect(await db.query('SELECT count(*) AS units FROM units')).toEqual([{ units: 0 }]);
});

test('a day that had come beyond the numbers of payments goes on leasing behind its last one', async () => {
  const { db } = await emptyDatabase();
  const all = readMigrations(join(import.meta.dirname, '..', '..', 'migrations', 'server'));
  await migrateDatabase(
    db,
    all.filter(({ version }) => version < 30),
  );
  await db.query(`INSERT INTO ticket_counters (merchant_id, unit_id, business_day, prefix, last_number)
    SELECT gen_random_uuid(), gen_random_uuid(), '2026-03-10', prefix, last
    FROM (VALUES ('A', 12), ('B', 500), ('C', 501), ('D', 700)) AS day (prefix, last)`);
  expect(await migrateDatabase(db, all)).toContain('0030_never_lost.sql');
  expect(
    await db.query('SELECT prefix, next_local_number AS next FROM ticket_counters ORDER BY prefix'),
  ).toEqual([
    { prefix: 'A', next: 501 },
    { prefix: 'B', next: 501 },
    { prefix: 'C', next: 502 },
    { prefix: 'D', next: 701 },
  ]);
});

test('only what is missing is applied', async () => {
  const { db } = await emptyDatabase();
  expect(await migrateDatabase(db, [first])).toEqual([first.name]);
  expect(await migrateDatabase(db, [first, second])).toEqual([second.name]);
  expect(await db.query('SELECT id, label FROM shelf')).toEqual([{ id: 1, label: 'a' }]);
});

test('ten at once: each step is applied once, and all are content', async () => {
  const { url, db } = await emptyDatabase();
  const servers = Array.from({ length: 10 }, () => openDatabase(url, () => undefined));
  const applied = await Promise.all(servers.map((server) => migrateDatabase(server, [first, second])));
  await Promise.all(servers.map((server) => server.close()));
  expect(applied.flat().sort()).toEqual([first.name, second.name]);
  expect(await db.query('SELECT version FROM schema_migrations ORDER BY version')).toEqual([
    { version: 10 },
    { version: 20 },
  ]);
});

test('a migration that fails leaves nothing behind', async () => {
  const { db } = await emptyDatabase();
  const broken = migration(20, 'CREATE TABLE half (id integer); SELECT no_such_function()');
  await expect(migrateDatabase(db, [first, broken])).rejects.toThrow('no_such_function');
  expect(await db.query("SELECT to_regclass('half') AS half")).toEqual([{ half: null }]);
  expect(await migrateDatabase(db, [first, second])).toEqual([second.name]);
});

test('an edited file, a newer database and a number out of order are refused in one line', async () => {
  const { db } = await emptyDatabase();
  await migrateDatabase(db, [first, second]);
  const edited = { ...first, checksum: 'another' };
  await expect(migrateDatabase(db, [edited, second])).rejects.toThrow(StartupFailure);
  await expect(migrateDatabase(db, [edited, second])).rejects.toThrow('was changed after it was applied');
  await expect(migrateDatabase(db, [first])).rejects.toThrow('written by a newer version');
  const late = migration(15, 'SELECT 1');
  await expect(migrateDatabase(db, [first, late, second])).rejects.toThrow('has a lower number');
});
