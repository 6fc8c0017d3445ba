import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TotemSnapshot } from '../domain/protocol/screens.ts';
import { systemClock } from '../platform/system.ts';
import { superviseService } from '../scripts/start/supervisor.ts';
import { kioskPaths } from './data-folder.ts';
import { enrolFolder, KIOSK_ID, SERVICE_ID } from './testing/kiosk-harness.ts';
import { StubServer } from './testing/stub-server.ts';

/** Two starts of the kiosk on a loaded machine. */
const PATIENCE = { timeout: 30_000, interval: 50 };

/** The first page of the table, as a bad disk would spoil it under the running kiosk. */
function damageTickets(dataDir: string): void {
  const file = kioskPaths(dataDir).database;
  const db = new Database(file);
  db.pragma('wal_checkpoint(TRUNCATE)');
  const page = db
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'tickets'")
    .pluck()
    .get() as number;
  const size = db.pragma('page_size', { simple: true }) as number;
  const bytes = readFileSync(file);
  bytes.fill(0xa5, (page - 1) * size, page * size);
  writeFileSync(file, bytes);
  // Another program's write makes the kiosk read its pages from the disk again.
  db.exec('UPDATE sync_state SET feed_cursor = feed_cursor');
  db.close();
}

test('a database that goes bad under the running kiosk: it exits with 70, its supervisor starts it again, it is whole', async () => {
  const server = new StubServer(systemClock);
  await server.start();
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-damaged-'));
  enrolFolder(dataDir, server);
  const said: string[] = [];
  const kiosk = await superviseService(
    {
      name: 'kiosk',
      program: { node: 'main/main.ts' },
      environment: {
        TOTEM_KIOSK_PORT: '0',
        TOTEM_DATA_DIR: dataDir,
        TOTEM_SYNC_URL: server.url,
        TOTEM_PRINTER: 'mock',
        TOTEM_RENDERER_DIR: dataDir,
        TOTEM_TECHNICIAN_PIN: '4711',
      },
    },
    dataDir,
    (line) => said.push(line),
  );
  onTestFinished(async () => {
    await kiosk.stop();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const base = new URL(kiosk.addresses['totem'] ?? '').origin;
  const snapshot = async (screen: string): Promise<unknown> =>
    (await fetch(`${base}/api/screens/${screen}/snapshot`)).json();
  const totem = async () => TotemSnapshot.parse(await snapshot('totem'));

  await vi.waitFor(async () => expect((await totem()).services).not.toEqual([]), PATIENCE);
  const start = { kind: 'checkout.start', serviceId: SERVICE_ID } as const;
  await fetch(`${base}/api/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(start),
  });
  await vi.waitFor(async () => {
    const { checkout } = await totem();
    if (checkout.step === 'awaiting_payment') server.pay(checkout.sessionId, KIOSK_ID);
    expect(checkout.step).toBe('ticket');
  }, PATIENCE);

  damageTickets(dataDir);
  await vi.waitFor(async () => {
    // Whoever looks at the queue makes the kiosk read the page.
    await snapshot('queue').catch(() => undefined);
    expect(said.join('\n')).toContain('kiosk stopped (exit 70); starting it again');
  }, PATIENCE);
  await vi.waitFor(() => {
    expect(readdirSync(dataDir).filter((name) => /^kiosk\.sqlite\.damaged-.*Z$/.test(name))).toHaveLength(1);
    const db = new Database(kioskPaths(dataDir).database, { readonly: true });
    try {
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(db.prepare('SELECT feed_cursor FROM sync_state').pluck().get()).toBe(server.feed.length);
      expect(db.prepare('SELECT count(*) FROM tickets').pluck().get()).toBe(1);
    } finally {
      db.close();
    }
  }, PATIENCE);
  expect(said.filter((line) => line.includes('exit 70'))).toHaveLength(1);
});
