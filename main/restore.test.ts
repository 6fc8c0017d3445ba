import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ticketIdOfSession } from '../domain/ids.ts';
import { FEED_PAYLOADS } from '../domain/protocol/feed.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/system.ts';
import { eventually } from '../platform/testing/eventually.ts';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import { kioskPaths } from './data-folder.ts';
import { BACKUPS_KEPT, backUpAtOnce, listBackups } from './store/backup.ts';
import { BACKUP_EVERY_MS, createBackupSchedule } from './store/backup-schedule.ts';
import { quickCheck } from './store/database-files.ts';
import { KIOSK_MIGRATIONS_FOLDER } from './store/migrate.ts';
import { restoreBackup } from './store/restore.ts';
import { openKioskStore } from './store/store.ts';
import { KIOSK_ID, KioskHarness } from './testing/kiosk-harness.ts';

/** What the server says of each ticket, once it has taken the kiosk's events. */
function publishTickets(totem: KioskHarness): void {
  const known = new Set(
    totem.server.feed.flatMap(({ kind, payload }) =>
      kind === 'ticket.changed' ? [FEED_PAYLOADS['ticket.changed'].parse(payload).ticket.sessionId] : [],
    ),
  );
  for (const { kind, payload } of totem.server.feed.slice()) {
    if (kind !== 'payment.confirmed') continue;
    const { sessionId, ticket } = FEED_PAYLOADS['payment.confirmed'].parse(payload);
    if (known.has(sessionId)) continue;
    totem.server.publish('ticket.changed', {
      ticket: {
        ...ticket,
        ticketId: ticketIdOfSession(sessionId),
        sessionId,
        kioskId: KIOSK_ID,
        status: 'in_queue',
        delivery: 'printed',
        payment: 'pix',
        amountDueCents: 0,
        rescued: false,
        receivedCents: 0,
        receivedAt: null,
        moneyBack: null,
        issuedAt: totem.clock.nowMs(),
        queuedAt: totem.clock.nowMs(),
        counter: null,
        calledAt: null,
        callCount: 0,
        startedAt: null,
        endedAt: null,
        revision: 2,
      },
    });
  }
}

async function sellAndGo(totem: KioskHarness): Promise<string> {
  const sessionId = await totem.buy();
  await totem.until(() => totem.totem().checkout.step === 'ticket');
  expect(await totem.execute({ kind: 'checkout.dismiss', sessionId })).toMatchObject({ ok: true });
  return sessionId;
}

function backUpNow(totem: KioskHarness): string {
  const db = new Database(kioskPaths(totem.dataDir).database);
  const { file } = backUpAtOnce(db, kioskPaths(totem.dataDir).backups, totem.clock.nowMs());
  db.close();
  return file;
}

/** As `npm run totem -- restore`, while the kiosk is off. */
function restoreNewest(totem: KioskHarness) {
  const { database, backups } = kioskPaths(totem.dataDir);
  const [newest] = listBackups(backups);
  if (newest === undefined) throw new Error('there is no backup');
  return restoreBackup({
    file: database,
    backup: newest.file,
    migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
    nowMs: totem.clock.nowMs(),
  });
}

const labelsOf = (totem: KioskHarness): string[] =>
  totem.query<{ label: string }>('SELECT label FROM tickets ORDER BY label').map(({ label }) => label);

describe('a restored backup', () => {
  it('gets what came after it from the server: nothing is printed twice, no number given twice', async () => {
    const totem = await KioskHarness.start();
    await sellAndGo(totem);
    backUpNow(totem);
    await sellAndGo(totem);
    await sellAndGo(totem);
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    publishTickets(totem);
    expect(totem.printer.papers).toHaveLength(3);

    await totem.powerCut(() => {
      restoreNewest(totem);
      expect(readdirSync(totem.dataDir).some((name) => name.includes('.replaced-'))).toBe(true);
    });
    await totem.until(() => totem.technician().sync.feedCursor === totem.server.feed.length);
    expect(labelsOf(totem)).toEqual(['C001', 'C002', 'C003']);
    expect(totem.printer.papers).toEqual([]);
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);

    await totem.buy();
    expect(labelsOf(totem)).toEqual(['C001', 'C002', 'C003', 'C004']);
    expect(totem.printer.papers).toHaveLength(1);
    expect(totem.technician().sync.outboxRejected).toBe(0);
  });

  it('within the lease of a sale that it does not know: not even that is printed again', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    backUpNow(totem);
    totem.server.pay(sessionId, KIOSK_ID);
    await totem.untilStep('ticket');
    await totem.until(() => totem.kindsPushed().includes('ticket.queued'));
    await totem.powerCut(() => void restoreNewest(totem));
    await totem.until(() => totem.technician().sync.feedCursor === totem.server.feed.length);
    expect(totem.printer.papers).toEqual([]);
    expect(labelsOf(totem)).toEqual(['C001']);
    await totem.untilStep('ticket');
  });

  it('sends what only the replaced database had to tell, under the same ids', async () => {
    const totem = await KioskHarness.start();
    await sellAndGo(totem);
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    backUpNow(totem);
    totem.server.refusePush = () => ({ status: 503, code: 'unavailable' });
    await sellAndGo(totem);
    const unheard = totem.query<{ event_id: string }>('SELECT event_id FROM outbox WHERE outcome IS NULL');
    expect(unheard.length).toBeGreaterThan(2);
    await totem.powerCut(() => {
      expect(restoreNewest(totem)).toMatchObject({ savedEvents: unheard.length, unreadable: [] });
      totem.server.refusePush = () => null;
    });
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
    const pushed = new Set(totem.server.pushed.map(({ id }) => id));
    for (const { event_id } of unheard) expect(pushed).toContain(event_id);
    expect(labelsOf(totem)).toEqual(['C001', 'C002']);
    expect(totem.printer.papers).toEqual([]);
  });

  it('does not begin a sale again that was under way when it was made, and was cancelled since', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    backUpNow(totem);
    await totem.execute({ kind: 'checkout.cancel', sessionId });
    await totem.execute({ kind: 'checkout.dismiss', sessionId });
    const next = await totem.chooseAndSeeQr();
    await totem.powerCut(() => {
      restoreNewest(totem);
    });
    expect(totem.checkout('awaiting_payment').sessionId).toBe(next);
    expect(
      totem.query(
        `SELECT session_id AS id FROM payment_sessions WHERE status IN ('open', 'awaiting_payment')`,
      ),
    ).toEqual([{ id: next }]);
  });

  it('and another within the same second: each replaced database is kept', async () => {
    const totem = await KioskHarness.start();
    await sellAndGo(totem);
    backUpNow(totem);
    await sellAndGo(totem);
    await totem.powerCut(() => {
      const aside = [restoreNewest(totem), restoreNewest(totem)].map(({ asideFile }) => asideFile ?? '');
      expect(new Set(aside).size).toBe(2);
      const ticketsIn = aside.map((file) => {
        const db = new Database(file, { readonly: true });
        const tickets = db.prepare('SELECT label FROM tickets ORDER BY label').pluck().all();
        db.close();
        return tickets;
      });
      expect(ticketsIn[0]).toEqual(['C001', 'C002']);
    });
    await totem.until(() => totem.technician().sync.feedCursor === totem.server.feed.length);
    expect(labelsOf(totem)).toEqual(['C001', 'C002']);
  });

  it('that is damaged is refused, and the database in use stays', async () => {
    const totem = await KioskHarness.start();
    await sellAndGo(totem);
    const file = backUpNow(totem);
    writeFileSync(file, Buffer.alloc(8_192, 0xa5));
    await totem.powerCut(() => {
      expect(() => restoreNewest(totem)).toThrow(/cannot be restored: file is not a database/);
    });
    expect(labelsOf(totem)).toEqual(['C001']);
  });
});

describe('backups', () => {
  it('are made once a day, checked, and the oldest go', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'totem-backup-'));
    const backups = join(folder, 'backups');
    const clock = new ManualClock();
    const migrationsFolder = KIOSK_MIGRATIONS_FOLDER;
    const file = join(folder, 'kiosk.sqlite');
    const store = openKioskStore({ file, migrationsFolder, clock, randomBytes: systemRandom });
    const schedule = createBackupSchedule({ db: store.db, folder: backups, clock, log: silentLog });
    onTestFinished(async () => {
      await schedule.stop();
      store.close();
      rmSync(folder, { recursive: true });
    });
    schedule.start();
    await eventually(() => expect(schedule.lastAt).toBe(clock.nowMs()));
    clock.advance(BACKUP_EVERY_MS - 1);
    expect(listBackups(backups)).toHaveLength(1);
    for (let day = 2; day <= BACKUPS_KEPT + 2; day += 1) {
      const before = schedule.lastAt ?? 0;
      clock.advance(BACKUP_EVERY_MS);
      await eventually(() => expect(schedule.lastAt).toBeGreaterThan(before));
    }
    expect(listBackups(backups)).toHaveLength(BACKUPS_KEPT);
    expect(listBackups(backups).map((backup) => quickCheck(backup.file))).toEqual(
      Array.from({ length: BACKUPS_KEPT }, () => null),
    );
    expect(schedule.error).toBeNull();
  });

  it('that fail are shown to the technician, and tried again until one is made', async () => {
    const totem = await KioskHarness.start();
    await totem.until(() => totem.technician().lastBackupAt !== null);
    await totem.powerCut(() => {
      const { backups } = kioskPaths(totem.dataDir);
      rmSync(backups, { recursive: true });
      // A file stands where the folder has to be.
      writeFileSync(backups, '');
    });
    await totem.until(() => totem.technician().backupError !== null);
    expect(totem.technician().lastBackupAt).toBeNull();
    rmSync(kioskPaths(totem.dataDir).backups);
    await totem.untilWithTime(() => totem.technician().lastBackupAt !== null, 60_000);
    expect(totem.technician().backupError).toBeNull();
  });

  it('are made before the schema changes, where there is something to lose', () => {
    const folder = mkdtempSync(join(tmpdir(), 'totem-backup-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const steps = join(folder, 'steps');
    const backups = join(folder, 'backups');
    cpSync(KIOSK_MIGRATIONS_FOLDER, steps, { recursive: true });
    const clock = new ManualClock();
    const open = () =>
      openKioskStore({
        file: join(folder, 'kiosk.sqlite'),
        migrationsFolder: steps,
        backupsFolder: backups,
        clock,
        randomBytes: systemRandom,
      });
    const first = open();
    first.write(() => first.sync.moveCursor(42));
    first.close();
    open().close();
    expect(listBackups(backups)).toEqual([]);
    writeFileSync(join(steps, '9990_next.sql'), 'ALTER TABLE sync_state ADD COLUMN next_version INTEGER');
    open().close();
    const [backup] = listBackups(backups);
    expect(backup?.at).toBe(clock.nowMs());
    const db = new Database(backup?.file ?? '', { readonly: true });
    expect(db.prepare('SELECT * FROM sync_state').get()).toMatchObject({ feed_cursor: 42 });
    expect(db.prepare('SELECT * FROM sync_state').get()).not.toHaveProperty('next_version');
    db.close();
  });
});
