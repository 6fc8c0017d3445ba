import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/system.ts';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import { kioskPaths } from './data-folder.ts';
import { openKioskDisk } from './kiosk-disk.ts';
import { KIOSK_MIGRATIONS_FOLDER } from './store/migrate.ts';
import { MIN_FREE_BYTES } from './store/storage-monitor.ts';
import { openKioskStore } from './store/store.ts';
import { KIOSK_ID, KioskHarness, SERVICE_ID } from './testing/kiosk-harness.ts';

/** A disk that a test spoils and mends while the kiosk runs on it. */
interface Disk {
  spoil(): void;
  mend(): void;
}

const START = { kind: 'checkout.start', serviceId: SERVICE_ID } as const;

/** SQLite itself refuses every write of the kiosk's own connection, as on a disk that was mounted for reading. */
async function readOnly(): Promise<{ totem: KioskHarness; disk: Disk }> {
  const opened: Database.Database[] = [];
  const { pragma } = Database.prototype;
  const spy = vi.spyOn(Database.prototype, 'pragma').mockImplementation(function record(
    this: Database.Database,
    ...parameters
  ) {
    opened.push(this);
    return pragma.apply(this, parameters);
  });
  onTestFinished(() => spy.mockRestore());
  const totem = await KioskHarness.start();
  const ofKiosk = (): Database.Database[] =>
    opened.filter((db) => db.open && db.name === kioskPaths(totem.dataDir).database);
  const set = (value: 'ON' | 'OFF'): void => {
    for (const db of new Set(ofKiosk())) db.exec(`PRAGMA query_only = ${value}`);
  };
  return { totem, disk: { spoil: () => set('ON'), mend: () => set('OFF') } };
}

/** A real file system of a few megabytes, filled to its last block. Only the system's owner may mount one. */
async function smallFileSystem(): Promise<{ totem: KioskHarness; disk: Disk }> {
  const totem = await KioskHarness.start();
  await totem.powerCut(() => {
    const copy = mkdtempSync(join(tmpdir(), 'totem-disk-'));
    cpSync(totem.dataDir, copy, { recursive: true });
    expect(mount(totem.dataDir, '32m')).toBe(true);
    cpSync(copy, totem.dataDir, { recursive: true });
    rmSync(copy, { recursive: true });
  });
  const { dataDir } = totem;
  onTestFinished(() => void spawnSync('umount', ['-l', dataDir]));
  await totem.until(() => totem.totem().server === 'online');
  const filler = join(dataDir, 'filler');
  return {
    totem,
    disk: {
      spoil() {
        for (const bytes of [1_000_000, 4_096, 1]) {
          try {
            for (;;) writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' });
          } catch (error) {
            expect(error).toMatchObject({ code: 'ENOSPC' });
          }
        }
      },
      mend: () => rmSync(filler),
    },
  };
}

function mount(folder: string, size: string): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  return status === 0;
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'totem-mount-'));
  const mounted = mount(folder, '1m');
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
}

const KINDS = [
  ['read-only', 'read_only', readOnly] as const,
  ...(mayMount() ? [['full (a small file system)', 'full', smallFileSystem] as const] : []),
];

describe.each(KINDS)('a disk that is %s', (_name, status, make) => {
  it('refuses a sale at once, says so on the screen, and sells again by itself', async () => {
    const { totem, disk } = await make();
    disk.spoil();
    expect(await totem.execute(START)).toEqual({ ok: false, code: 'out_of_service' });
    expect(totem.totem().storage.status).toBe(status);
    expect(totem.totem().checkout.step).toBe('idle');
    expect(totem.technician().storage.detail).toMatch(/readonly|full/);
    // Asked again and again it stays the same, and the program stays up.
    expect(await totem.execute(START)).toEqual({ ok: false, code: 'out_of_service' });
    totem.clock.advance(60_000);
    expect(totem.totem().storage.status).toBe(status);

    disk.mend();
    await totem.untilWithTime(() => totem.totem().storage.status === 'ok');
    await totem.untilWithTime(() => totem.totem().server === 'online');
    await totem.buy();
    expect(totem.printer.papers).toHaveLength(1);
  });

  it('keeps what is paid meanwhile: its one ticket comes when the disk is well', async () => {
    const { totem, disk } = await make();
    const sessionId = await totem.chooseAndSeeQr();
    disk.spoil();
    totem.server.pay(sessionId, KIOSK_ID);
    await totem.until(() => totem.totem().storage.status === status);
    expect(totem.totem().checkout.step).toBe('awaiting_payment');
    expect(totem.query('SELECT 1 FROM tickets')).toEqual([]);
    expect(totem.printer.papers).toEqual([]);

    disk.mend();
    await totem.untilWithTime(() => totem.totem().checkout.step === 'ticket', 500);
    expect(totem.printer.papers).toHaveLength(1);
    expect(totem.query('SELECT label FROM tickets')).toEqual([{ label: 'C001' }]);
  });
});

describe('a start', () => {
  it.each([
    ['a database that may not be written', /can only be read: mount its disk for writing/],
    ['no database yet', /can only be read|answers with errors/],
  ])('on a folder with %s says in one line what to do', (what, line) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'totem-start-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true }));
    const open = () =>
      openKioskDisk({
        dataDir,
        clock: new ManualClock(),
        randomBytes: systemRandom,
        log: silentLog,
        onDamaged: () => {},
      });
    if (what !== 'no database yet') open().release();
    const { prototype } = Database;
    const spy = vi.spyOn(prototype, 'exec').mockImplementation(() => {
      throw new Database.SqliteError(
        'attempt to write a readonly database',
        what === 'no database yet' ? 'SQLITE_CANTOPEN' : 'SQLITE_READONLY_DIRECTORY',
      );
    });
    onTestFinished(() => spy.mockRestore());
    expect(open).toThrow(line);
    expect(open).toThrow(/^[^\n]+$/);
    spy.mockRestore();
    // The folder was given back.
    open().release();
  });
});

describe('the store', () => {
  function openIn(freeBytes?: () => number) {
    const folder = mkdtempSync(join(tmpdir(), 'totem-store-'));
    const clock = new ManualClock();
    const store = openKioskStore({
      file: join(folder, 'kiosk.sqlite'),
      migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
      clock,
      randomBytes: systemRandom,
      ...(freeBytes === undefined ? {} : { freeBytes }),
    });
    onTestFinished(() => {
      store.close();
      rmSync(folder, { recursive: true });
    });
    return { store, clock };
  }

  it('tells a full disk (SQLITE_FULL) from a change that contradicts what is stored', () => {
    const { store, clock } = openIn();
    expect(() => store.write(() => store.db.exec('INSERT INTO sync_state (only_row) VALUES (1)'))).toThrow();
    expect(store.storage.state.status).toBe('ok');
    store.db.pragma(`max_page_count = ${store.db.pragma('page_count', { simple: true })}`);
    const large = 'x'.repeat(100_000);
    const enlarge = store.db.prepare('UPDATE sync_state SET catalog_json = ?');
    expect(() => store.write(() => enlarge.run(large))).toThrow(/full/);
    expect(store.storage.state).toMatchObject({ status: 'full', detail: 'database or disk is full' });
    // Small changes still fit: it is tried again, and found well.
    clock.advance(5_000);
    expect(store.storage.state.status).toBe('ok');
  });

  it('is nearly full before nothing fits any more, so that what was paid finds its room', () => {
    let free = MIN_FREE_BYTES;
    const { store, clock } = openIn(() => free);
    expect(store.storage.state.status).toBe('ok');
    free -= 1;
    clock.advance(30_000);
    expect(store.storage.state.status).toBe('nearly_full');
    expect(store.storage.state.detail).toContain('KiB are free');
    store.write(() => store.sync.touch());
    free += 1;
    clock.advance(5_000);
    expect(store.storage.state.status).toBe('ok');
  });
});
