import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKioskDatabase } from '../main/store/database.ts';
import { KIOSK_MIGRATIONS_FOLDER, migrateKiosk } from '../main/store/migrate.ts';
import { lockFolder } from '../platform/folder-lock.ts';
import { runCommandLine } from './program.ts';

let folder: string;
let totem1: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-cli-backup-'));
  totem1 = join(folder, 'totem-1');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function totem(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const result = { exitCode: 0, out: '', err: '' };
  await runCommandLine(args, {
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

/** A kiosk's database whose cursor tells it from others. */
function databaseAt(dataDir: string, cursor: number): void {
  const db = openKioskDatabase(join(dataDir, 'kiosk.sqlite'));
  migrateKiosk(db, KIOSK_MIGRATIONS_FOLDER, 1_000);
  db.prepare('UPDATE sync_state SET feed_cursor = ?').run(cursor);
  db.close();
}

function cursorOf(dataDir: string): unknown {
  const db = openKioskDatabase(join(dataDir, 'kiosk.sqlite'));
  const cursor = db.prepare('SELECT feed_cursor FROM sync_state').pluck().get();
  db.close();
  return cursor;
}

describe('totem backup and restore', () => {
  it('puts the copy back, keeps what was in its place, and says what comes next', async () => {
    databaseAt(totem1, 7);
    const made = await totem('backup', '--data', totem1);
    expect(made).toMatchObject({ exitCode: 0, err: '' });
    databaseAt(totem1, 9);

    const restored = await totem('restore', '--data', totem1);
    expect(restored).toMatchObject({ exitCode: 0, err: '' });
    expect(restored.out).toContain('is kept as');
    expect(restored.out).toContain('reads what has happened since from the server');
    expect(cursorOf(totem1)).toBe(7);
    const kept = readdirSync(totem1).filter((name) => /^kiosk\.sqlite\.replaced-\d{8}T\d{6}Z$/.test(name));
    expect(kept).toHaveLength(1);
  });

  it('lists them, newest first, and takes the folder above a single totem', async () => {
    databaseAt(totem1, 7);
    await totem('backup', '--data', folder);
    writeFileSync(join(totem1, 'backups', 'kiosk-20200101T000000Z.sqlite'), 'older');
    writeFileSync(join(totem1, 'backups', 'notes.txt'), 'no backup');
    const { data } = JSON.parse((await totem('restore', '--data', folder, '--list', '--json')).out) as {
      data: { name: string }[];
    };
    expect(data.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^kiosk-20[2-9]/),
      'kiosk-20200101T000000Z.sqlite',
    ]);
    expect(cursorOf(totem1)).toBe(7);
  });

  it('refuses while the totem runs, and what is no backup, and changes nothing', async () => {
    databaseAt(totem1, 7);
    await totem('backup', '--data', totem1);
    const running = lockFolder(totem1);
    const refused = await totem('restore', '--data', totem1);
    expect(refused).toMatchObject({ exitCode: 1, out: '' });
    expect(refused.err).toMatch(/already running on .*totem-1: stop it first/);
    running?.release();

    const torn = join(folder, 'torn.sqlite');
    writeFileSync(torn, 'SQLite format 3\0 and then nothing');
    expect((await totem('restore', '--data', totem1, '--from', torn)).err).toMatch(
      /torn.sqlite cannot be restored/,
    );
    expect((await totem('restore', '--data', totem1, '--from', 'nowhere')).err).toContain(
      'there is no such file',
    );
    expect(cursorOf(totem1)).toBe(7);
    expect(existsSync(join(totem1, 'kiosk.sqlite.next'))).toBe(false);
  });

  it('asks which totem is meant where there are several', async () => {
    databaseAt(totem1, 1);
    databaseAt(join(folder, 'totem-2'), 2);
    expect((await totem('backup', '--data', folder)).err).toContain(
      '(totem-1, totem-2): give the folder of one',
    );
    expect((await totem('restore', '--data', join(folder, 'nothing'))).err).toContain('there is no folder');
  });
});
