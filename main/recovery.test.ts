import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { ticketIdOfSession } from '../domain/ids.ts';
import { FEED_PAYLOADS } from '../domain/protocol/feed.ts';
import type { TicketView } from '../domain/protocol/tickets.ts';
import { kioskPaths } from './data-folder.ts';
import { KIOSK_ID, KioskHarness } from './testing/kiosk-harness.ts';

type Damage = (bytes: Buffer, database: Database.Database) => void;

/** Nothing of the file can be read any more. */
const WHOLE_FILE: Damage = (bytes) => bytes.fill(0xa5);
/** The first page of one table. */
const tablePage =
  (table: string): Damage =>
  (bytes, database) => {
    const page = database
      .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
      .pluck()
      .get(table);
    const size = database.pragma('page_size', { simple: true }) as number;
    if (page === undefined) throw new Error(`there is no table ${table}`);
    bytes.fill(0xa5, (page - 1) * size, page * size);
  };

/** Spoils the folder's database as it lies on the disk, with nothing left in its log. */
function damage(dataDir: string, how: Damage): void {
  const file = kioskPaths(dataDir).database;
  const database = new Database(file);
  database.pragma('wal_checkpoint(TRUNCATE)');
  const bytes = readFileSync(file);
  how(bytes, database);
  database.close();
  writeFileSync(file, bytes);
}

/** What the server says of a ticket once it has taken the kiosk's events. */
function publishTicket(totem: KioskHarness, sessionId: string, changes: Partial<TicketView> = {}): void {
  const confirmed = totem.server.feed.find(
    ({ kind, payload }) =>
      kind === 'payment.confirmed' && (payload as { sessionId: string }).sessionId === sessionId,
  );
  const { ticket } = FEED_PAYLOADS['payment.confirmed'].parse(confirmed?.payload);
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
      ...changes,
    },
  });
}

const filesOf = (totem: KioskHarness, pattern: RegExp): string[] =>
  readdirSync(totem.dataDir).filter((name) => pattern.test(name));

const idsPushed = (totem: KioskHarness): Set<string> => new Set(totem.server.pushed.map(({ id }) => id));

describe('a damaged database (Actual #212: "out of sync, reset needed")', () => {
  it.each([
    ['the whole file', WHOLE_FILE],
    ['the sessions', tablePage('payment_sessions')],
    ['the tickets', tablePage('tickets')],
    ['the outbox', tablePage('outbox')],
  ] as const)('%s: is set aside, and the kiosk is itself again from the server', async (_what, how) => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.buy();
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    publishTicket(totem, sessionId);
    const before = totem.server.pushed.length;
    await totem.powerCut(() => {
      damage(totem.dataDir, how);
      totem.clock.advance(120_000);
    });

    await totem.until(() => totem.technician().sync.feedCursor === totem.server.feed.length);
    expect(totem.query('SELECT label, own, status FROM tickets')).toEqual([
      { label: 'C001', own: 1, status: 'in_queue' },
    ]);
    expect(totem.printer.papers).toEqual([]);
    expect(totem.query('SELECT 1 FROM print_jobs')).toEqual([]);
    expect(totem.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const aside = filesOf(totem, /^kiosk\.sqlite\.damaged-\d{8}T\d{6}Z$/);
    expect(aside).toHaveLength(1);
    expect(totem.technician().recovery).toMatchObject({ file: aside[0] });
    expect(existsSync(join(totem.dataDir, `${aside[0]}.json`))).toBe(true);
    expect(statSync(join(totem.dataDir, `${aside[0]}.json`)).mode & 0o777).toBe(0o600);

    const next = await totem.buy();
    expect(next).not.toBe(sessionId);
    expect(totem.query('SELECT label FROM tickets ORDER BY label')).toEqual([
      { label: 'C001' },
      { label: 'C002' },
    ]);
    expect(totem.printer.papers).toHaveLength(1);
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    expect(idsPushed(totem).size).toBeGreaterThan(before);
  });

  it('Toast (a reinstall loses offline payments): loses nothing that the server had not heard: events keep their ids, the session its ticket', async () => {
    const totem = await KioskHarness.start();
    totem.server.refusePush = () => ({ status: 503, code: 'unavailable' });
    const sold = await totem.buy();
    await totem.until(() => totem.printer.papers.length === 1);
    await totem.execute({ kind: 'checkout.dismiss', sessionId: sold });
    const waiting = await totem.choose({ customerName: 'Maria Silva', customerCpf: '529.982.247-25' });
    await totem.untilStep('awaiting_payment');
    const unheard = totem.query<{ event_id: string }>('SELECT event_id FROM outbox ORDER BY position');
    expect(unheard.length).toBeGreaterThan(3);

    await totem.powerCut(() => {
      damage(totem.dataDir, tablePage('print_jobs'));
      totem.server.pay(waiting, KIOSK_ID);
      totem.server.refusePush = () => null;
    });
    await totem.untilWithTime(() => totem.totem().checkout.step === 'ticket', 20);
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
    expect(totem.checkout('ticket').sessionId).toBe(waiting);
    for (const { event_id } of unheard) expect(idsPushed(totem)).toContain(event_id);
    expect(totem.technician().recovery?.savedEvents).toBe(unheard.length);
    // The first was on paper before: it is not printed again. The second was not.
    expect(totem.printer.papers).toHaveLength(1);
    expect(totem.printer.papers[0]).toContain('C002');
    expect(totem.query('SELECT label FROM tickets ORDER BY label')).toEqual([
      { label: 'C001' },
      { label: 'C002' },
    ]);
  });

  it('writes down for people what was only local, without a name or a document', async () => {
    const totem = await KioskHarness.start();
    totem.server.refusePush = () => ({ status: 503, code: 'unavailable' });
    await totem.choose({ customerName: 'Maria Silva', customerCpf: '529.982.247-25' });
    await totem.untilStep('awaiting_payment');
    await totem.powerCut(() => damage(totem.dataDir, tablePage('session_transitions')));
    const [report] = filesOf(totem, /damaged-.*\.json$/);
    const text = readFileSync(join(totem.dataDir, report ?? ''), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      unreadable: [],
      pendingEvents: [{ kind: 'session.opened' }],
      openSessions: [{ status: 'awaiting_payment', customer_sealed: expect.stringMatching(/^sealed:/) }],
    });
    for (const secret of ['Maria', '52998224725', '529.982.247-25', 'BRCODE'])
      expect(text).not.toContain(secret);
  });

  it('of a ticket whose paper was on its way lets the customer wait for the call, and prints nothing', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    totem.printer.mood = 'stuck';
    totem.server.pay(sessionId, KIOSK_ID);
    await totem.until(() => totem.query(`SELECT 1 FROM print_jobs WHERE status = 'sending'`).length === 1);
    await totem.until(() => totem.kindsPushed().includes('ticket.issued'));
    publishTicket(totem, sessionId, { status: 'printing', delivery: null, queuedAt: null, revision: 1 });
    await totem.powerCut(() => {
      damage(totem.dataDir, WHOLE_FILE);
      totem.printer.mood = 'ready';
      totem.clock.advance(120_000);
    });
    await totem.until(() => totem.kindsPushed().includes('ticket.queued'));
    expect(totem.query('SELECT status, delivery FROM tickets')).toEqual([
      { status: 'in_queue', delivery: 'uncertain' },
    ]);
    expect(totem.printer.papers).toEqual([]);
  });

  it('met while it is in use ends the program, so that the next start mends it', async () => {
    const totem = await KioskHarness.start();
    await totem.buy();
    expect(totem.damaged).toBe(false);
    // The log is taken in, and another program's write makes the kiosk read its pages from the disk again.
    damage(totem.dataDir, tablePage('tickets'));
    const other = new Database(kioskPaths(totem.dataDir).database);
    other.exec('UPDATE sync_state SET feed_cursor = feed_cursor');
    other.close();
    expect(() => totem.kiosk.snapshot('queue')).toThrow(/malformed/);
    expect(totem.damaged).toBe(true);
    await totem.powerCut();
    expect(totem.technician().recovery).not.toBeNull();
    expect(totem.totem().checkout.step).not.toBe('printing');
  });
});

describe('a data folder', () => {
  it('whose key is damaged says what is lost with it, and makes no other in its place', async () => {
    const totem = await KioskHarness.start();
    const key = kioskPaths(totem.dataDir).personalDataKey;
    const reopen = totem.powerCut(() =>
      writeFileSync(kioskPaths(totem.dataDir).personalDataKey, 'half a ke'),
    );
    await expect(reopen).rejects.toThrow(/^the key .*personal-data\.key is damaged: put it back[^\n]+$/);
    expect(readFileSync(kioskPaths(totem.dataDir).personalDataKey, 'utf8')).toBe('half a ke');
    expect(existsSync(key)).toBe(false);
  });
});
