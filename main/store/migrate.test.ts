import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openKioskDatabase } from './database.ts';
import { KIOSK_MIGRATIONS_FOLDER, migrateKiosk } from './migrate.ts';

const FIRST = '0010_initial.sql';

/** A database in a folder of its own, and a copy of the shipped steps that a test may change. */
function scene() {
  const folder = mkdtempSync(join(tmpdir(), 'totem-migrate-test-'));
  const steps = join(folder, 'migrations');
  mkdirSync(steps);
  copyFileSync(join(KIOSK_MIGRATIONS_FOLDER, FIRST), join(steps, FIRST));
  const db = openKioskDatabase(join(folder, 'kiosk.sqlite'));
  onTestFinished(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const addStep = (name: string, sql: string): void => writeFileSync(join(steps, name), sql);
  const tables = () => db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all();
  return { db, steps, addStep, tables };
}

test('makes a new database, and finds nothing to do the second time', () => {
  const { db, steps } = scene();
  expect(migrateKiosk(db, steps, 1_000)).toEqual([FIRST]);
  expect(migrateKiosk(db, steps, 2_000)).toEqual([]);
  expect(db.prepare('SELECT version, applied_at FROM schema_migrations').all()).toEqual([
    { version: 10, applied_at: 1_000 },
  ]);
});

test('every commit reaches the disk, and foreign keys hold', () => {
  const { db } = scene();
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('synchronous', { simple: true })).toBe(2);
  expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
});

test('applies later steps to a database that holds rows', () => {
  const { db, steps, addStep } = scene();
  migrateKiosk(db, steps, 1_000);
  db.exec('UPDATE sync_state SET feed_cursor = 42');
  addStep('0020_note.sql', 'ALTER TABLE sync_state ADD COLUMN note TEXT');
  expect(migrateKiosk(db, steps, 2_000)).toEqual(['0020_note.sql']);
  expect(db.prepare('SELECT feed_cursor, note FROM sync_state').get()).toEqual({
    feed_cursor: 42,
    note: null,
  });
});

test('a step that fails half way leaves nothing behind', () => {
  const { db, steps, addStep, tables } = scene();
  addStep('0020_broken.sql', 'CREATE TABLE half (id INTEGER); CREATE TABLE broken (');
  expect(() => migrateKiosk(db, steps, 1_000)).toThrow(/incomplete input/);
  expect(tables()).not.toContain('half');
  expect(db.prepare('SELECT name FROM schema_migrations').pluck().all()).toEqual([FIRST]);
});

test('refuses a database of a newer program, and a step that was edited, with what to do', () => {
  const { db, steps, addStep } = scene();
  addStep('0020_note.sql', 'ALTER TABLE sync_state ADD COLUMN note TEXT');
  migrateKiosk(db, steps, 1_000);
  rmSync(join(steps, '0020_note.sql'));
  expect(() => migrateKiosk(db, steps, 2_000)).toThrow(
    /written by a newer version \(0020_note.sql\): install/,
  );
  addStep('0020_note.sql', 'ALTER TABLE sync_state ADD COLUMN remark TEXT');
  expect(() => migrateKiosk(db, steps, 2_000)).toThrow(/0020_note.sql was changed.*restore the original/);
});

/** All that the schema is, as SQLite keeps it. */
function schemaOf(db: ReturnType<typeof openKioskDatabase>): string {
  const rows = db
    .prepare(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name <> 'schema_migrations' ORDER BY type DESC, name",
    )
    .pluck()
    .all();
  return `${rows.join(';\n')};\n`;
}

test('from every version that there ever was, the schema is the one that is checked in', async () => {
  const shipped = readdirSync(KIOSK_MIGRATIONS_FOLDER).toSorted();
  for (const last of shipped) {
    const { db, steps } = scene();
    for (const name of shipped.slice(0, shipped.indexOf(last) + 1))
      copyFileSync(join(KIOSK_MIGRATIONS_FOLDER, name), join(steps, name));
    migrateKiosk(db, steps, 1_000);
    migrateKiosk(db, KIOSK_MIGRATIONS_FOLDER, 2_000);
    expect(migrateKiosk(db, KIOSK_MIGRATIONS_FOLDER, 3_000)).toEqual([]);
    // `npx vitest run main/store/migrate -u` writes it anew.
    await expect(schemaOf(db), `from ${last}`).toMatchFileSnapshot('../../migrations/kiosk.golden.txt');
  }
});
