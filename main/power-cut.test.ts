import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { kioskPaths } from './data-folder.ts';
import { KIOSK_ID, KioskHarness } from './testing/kiosk-harness.ts';

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** What a power cut may leave of the log: whole frames, or a frame that was not written to its end. */
interface Cut {
  readonly atByte: number;
  readonly what: string;
}

function cutsOf(wal: Buffer): Cut[] {
  // The page size stands in the log's header, big-endian.
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  const frames = Math.floor((wal.length - WAL_HEADER_BYTES) / frameBytes);
  const whole = Array.from({ length: frames + 1 }, (_, frame) => ({
    atByte: WAL_HEADER_BYTES + frame * frameBytes,
    what: `after frame ${frame} of ${frames}`,
  }));
  const torn = whole.slice(0, -1).flatMap(({ atByte, what }) =>
    [FRAME_HEADER_BYTES / 2, Math.floor(frameBytes / 2)].map((more) => ({
      atByte: atByte + more,
      what: `${more} bytes ${what}`,
    })),
  );
  return [{ atByte: 0, what: 'before its header' }, ...whole, ...torn];
}

/** What must hold of a kiosk's database at any instant. */
function expectWhole(file: string, cut: string): { tickets: number; cursor: number } {
  const db = new Database(file);
  const all = (sql: string): unknown[] => db.prepare(sql).pluck().all();
  try {
    expect(all('PRAGMA integrity_check'), cut).toEqual(['ok']);
    expect(all('PRAGMA foreign_key_check'), cut).toEqual([]);
    // The steps of the schema are in the log as well: before the last of them there is nothing to contradict.
    if (all(`SELECT 1 FROM sqlite_schema WHERE name = 'confirmations'`).length === 0)
      return { tickets: 0, cursor: 0 };
    const paid = all(`SELECT session_id FROM payment_sessions WHERE status = 'paid' ORDER BY 1`);
    expect(all('SELECT session_id FROM tickets ORDER BY 1'), cut).toEqual(paid);
    expect(all('SELECT count(DISTINCT ticket_id) FROM print_jobs'), cut).toEqual([paid.length]);
    expect(all(`SELECT count(*) FROM outbox WHERE kind = 'ticket.issued'`), cut).toEqual([paid.length]);
    return { tickets: paid.length, cursor: Number(all('SELECT feed_cursor FROM sync_state')[0]) };
  } finally {
    db.close();
  }
}

test('a log cut after any frame, or within one, is a database of an earlier instant', async () => {
  const totem = await KioskHarness.start();
  const sessionId = await totem.buy();
  await totem.until(() => totem.technician().sync.outboxPending === 0);
  const image = mkdtempSync(join(tmpdir(), 'totem-power-cut-'));
  onTestFinished(() => rmSync(image, { recursive: true }));
  const source = kioskPaths(totem.dataDir).database;
  const cuts = cutsOf(readFileSync(`${source}-wal`));
  expect(cuts.length).toBeGreaterThan(60);

  const seen = new Set<number>();
  for (const { atByte, what } of cuts) {
    const file = join(image, 'kiosk.sqlite');
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    cpSync(source, file);
    // Without the -shm: it is memory, and a power cut takes it.
    cpSync(`${source}-wal`, `${file}-wal`);
    truncateSync(`${file}-wal`, atByte);
    seen.add(expectWhole(file, what).tickets);
  }
  expect([...seen].toSorted()).toEqual([0, 1]);
  expect(sessionId).not.toBe('');
});

test.each([
  ['the end of the log', 1],
  ['half of it', 0.5],
  ['most of it', 0.25],
])('what is lost with %s comes from the server again: one ticket, and one number', async (_what, kept) => {
  const totem = await KioskHarness.start();
  const first = await totem.buy();
  await totem.execute({ kind: 'checkout.dismiss', sessionId: first });
  // All of that is in the file; what follows is in the log alone.
  const checkpoint = new Database(kioskPaths(totem.dataDir).database);
  checkpoint.pragma('wal_checkpoint(TRUNCATE)');
  checkpoint.close();
  await totem.buy();
  await totem.until(() => totem.technician().sync.outboxPending === 0);
  const papers = totem.printer.papers.length;

  await totem.powerCut(() => {
    const wal = `${kioskPaths(totem.dataDir).database}-wal`;
    const { size } = statSync(wal);
    // The last frame is torn in every case.
    truncateSync(wal, Math.max(0, Math.floor(size * kept) - 100));
    rmSync(`${kioskPaths(totem.dataDir).database}-shm`, { force: true });
  });
  await totem.until(() => totem.technician().sync.feedCursor === totem.server.feed.length);
  expect(totem.technician().recovery).toBeNull();
  await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
  const labels = totem.query<{ label: string }>('SELECT label FROM tickets ORDER BY label');
  expect(labels.map(({ label }) => label)).toEqual(expect.arrayContaining(['C001']));
  expect(new Set(labels.map(({ label }) => label)).size).toBe(labels.length);
  expect(totem.query('SELECT ticket_id FROM print_jobs GROUP BY ticket_id HAVING count(*) > 1')).toEqual([]);
  expect(papers).toBe(2);
});

test('a log whose middle was written and whose beginning was not ends where it ceases to be true', async () => {
  const totem = await KioskHarness.start();
  await totem.buy();
  const file = kioskPaths(totem.dataDir).database;
  const image = mkdtempSync(join(tmpdir(), 'totem-power-cut-'));
  onTestFinished(() => rmSync(image, { recursive: true }));
  const wal = readFileSync(`${file}-wal`);
  const middle = WAL_HEADER_BYTES + Math.floor(wal.length / 2);
  wal.fill(0, middle, middle + 512);
  cpSync(file, join(image, 'kiosk.sqlite'));
  writeFileSync(join(image, 'kiosk.sqlite-wal'), wal);
  expectWhole(join(image, 'kiosk.sqlite'), 'a hole in the log');
});

test('a confirmation that was acknowledged by the paper is on the disk before the paper is begun', async () => {
  const totem = await KioskHarness.start();
  const sessionId = await totem.chooseAndSeeQr();
  const stored: unknown[] = [];
  const { print } = totem.printer;
  totem.printer.print = (...job) => {
    stored.push(...totem.query('SELECT status FROM payment_sessions'));
    return print.apply(totem.printer, job);
  };
  totem.server.pay(sessionId, KIOSK_ID);
  await totem.untilStep('ticket');
  expect(stored).toEqual([{ status: 'paid' }]);
});
