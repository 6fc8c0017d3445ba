import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openKioskDatabase } from './database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what is erased from a row is not left behind in the file', () => {
  const file = join(folder, 'totem.db');
  const db = openKioskDatabase(file);
  const sealed = randomBytes(300);
  db.exec('CREATE TABLE sessions (session_id INTEGER PRIMARY KEY, customer_sealed BLOB)');
  const insert = db.prepare<[Buffer | null]>('INSERT INTO sessions (customer_sealed) VALUES (?)');
  for (let row = 0; row < 50; row += 1) insert.run(row === 20 ? sealed : randomBytes(300));
  // As the store does by itself once the log has grown.
  const toFile = () => db.pragma('wal_checkpoint(TRUNCATE)');
  toFile();
  expect(readFileSync(file).includes(sealed)).toBe(true);
  db.exec('UPDATE sessions SET customer_sealed = NULL');
  toFile();
  expect(readFileSync(file).includes(sealed.subarray(0, 64))).toBe(false);
  expect(readFileSync(file).includes(sealed.subarray(200))).toBe(false);
  db.close();
});
