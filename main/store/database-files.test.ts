import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openKioskDatabase } from './database.ts';
import { finishReplacing, quickCheck, replaceDatabase } from './database-files.ts';

let folder: string;
let file: string;
let next: string;
let aside: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-files-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  file = join(folder, 'kiosk.sqlite');
  next = `${file}.next`;
  aside = `${file}.damaged-20261122T052700Z`;
});

/** A closed database that says its name. */
function make(path: string, name: string): void {
  const db = openKioskDatabase(path);
  db.exec(`CREATE TABLE who (name TEXT); INSERT INTO who VALUES ('${name}')`);
  db.close();
}

/** One that was killed: its newest row is in the log alone. */
function makeKilled(path: string, name: string): void {
  make(path, 'before the log');
  const db = openKioskDatabase(path);
  db.exec(`UPDATE who SET name = '${name}'`);
  for (const suffix of ['', '-wal', '-shm']) renameSync(`${path}${suffix}`, `${path}.killed${suffix}`);
  db.close();
  for (const suffix of ['', '-wal', '-shm']) renameSync(`${path}.killed${suffix}`, `${path}${suffix}`);
}

function nameIn(path: string): unknown {
  const db = new Database(path, { fileMustExist: true });
  const name = db.prepare('SELECT name FROM who').pluck().get();
  db.close();
  return name;
}

describe('replacing a database', () => {
  it('keeps the old one with its log, and puts nothing of that log into the new one', () => {
    makeKilled(file, 'old');
    make(next, 'new');
    replaceDatabase(file, next, aside);
    expect(nameIn(file)).toBe('new');
    expect(nameIn(aside)).toBe('old');
  });

  it('that was killed before the first step has not begun', () => {
    makeKilled(file, 'old');
    make(next, 'new');
    finishReplacing(file, next);
    expect(nameIn(file)).toBe('old');
    expect(existsSync(next)).toBe(false);
  });

  it.each([
    ['after the file was set aside', ['']],
    ['after its log was, too', ['', '-wal']],
    ['after all of it was', ['', '-wal', '-shm']],
  ])('that was killed %s goes on at the next start', (_when, moved) => {
    makeKilled(file, 'old');
    make(next, 'new');
    for (const suffix of moved) renameSync(`${file}${suffix}`, `${aside}${suffix}`);
    finishReplacing(file, next);
    expect(nameIn(file)).toBe('new');
    expect(nameIn(aside)).toBe('old');
    expect(readdirSync(folder).filter((name) => name.startsWith('kiosk.sqlite.next'))).toEqual([]);
  });

  it('would mix the two if the log stayed: what moving it is for', () => {
    makeKilled(file, 'old');
    make(next, 'new');
    renameSync(file, aside);
    renameSync(next, file);
    expect(quickCheck(file) === null && nameIn(file) === 'new').toBe(false);
  });
});
