import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../platform/log.ts';
import { StartupFailure } from '../platform/service.ts';
import { systemClock, systemRandom } from '../platform/system.ts';
import { LAST_SCREEN_MS } from './checkout/deadlines.ts';
import { kioskPaths } from './data-folder.ts';
import { createKiosk } from './kiosk.ts';
import { FakePrinter } from './testing/fake-printer.ts';
import { KIOSK_ID, KioskHarness, SERVICE_ID } from './testing/kiosk-harness.ts';

const TABLES = ['payment_sessions', 'tickets', 'print_jobs', 'outbox', 'sync_state'] as const;

function engineOn(dataDir: string) {
  return createKiosk({
    dataDir,
    syncUrl: 'http://127.0.0.1:9',
    technicianPin: '4711',
    printer: new FakePrinter(),
    clock: systemClock,
    randomBytes: systemRandom,
    log: silentLog,
    onDamaged: () => {},
  });
}

describe('a data folder', () => {
  it('belongs to one kiosk at a time, and is free again after its close', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'totem-kiosk-test-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true }));
    const first = engineOn(dataDir);
    expect(() => engineOn(dataDir)).toThrow(StartupFailure);
    expect(() => engineOn(dataDir)).toThrow(/another kiosk is already running on .*stop it first/);
    await first.close();
    await engineOn(dataDir).close();
  });
});

describe('a power cut', () => {
  it('before the charge is there: the same session and txid are asked for again', async () => {
    const totem = await KioskHarness.start();
    totem.server.refuseCharges = { status: 503, code: 'provider_unavailable' };
    const sessionId = await totem.choose({ customerCpf: '529.982.247-25' });
    await totem.until(() => totem.server.chargeRequests.length > 0);
    await totem.powerCut(() => {
      totem.server.refuseCharges = null;
    });
    await totem.untilStep('awaiting_payment');
    expect(totem.checkout('awaiting_payment').sessionId).toBe(sessionId);
    const [before, after] = [totem.server.chargeRequests.at(0), totem.server.chargeRequests.at(-1)];
    expect(after).toEqual(before);
  });

  it('while the QR is shown: the countdown goes on to its own end', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    const { expiresAt } = totem.checkout('awaiting_payment');
    await totem.powerCut(() => totem.clock.advance(100_000));
    expect(totem.checkout('awaiting_payment')).toMatchObject({ sessionId, expiresAt });
    totem.clock.advance(expiresAt - totem.clock.nowMs());
    expect(totem.totem().checkout.step).toBe('expired');
  });

  it('while the customer pays: the ticket waits in the feed, and no “expired” flashes before it', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    await totem.powerCut(() => {
      totem.server.pay(sessionId, KIOSK_ID);
      totem.clock.advance(400_000);
    });
    const steps: string[] = [];
    totem.kiosk.subscribe('totem', (snapshot) => steps.push(snapshot.checkout.step));
    // Nothing has been read of the feed yet: the countdown is long over, and must wait for it.
    totem.clock.advance(2_000);
    await totem.untilStep('ticket');
    expect(steps).not.toContain('expired');
    expect(totem.printer.papers).toHaveLength(1);
  });

  it('between the payment and the paper: the paper is printed once', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    totem.printer.mood = 'paper_out';
    totem.server.pay(sessionId, KIOSK_ID);
    await totem.untilStep('printing');
    totem.printer.mood = 'ready';
    await totem.powerCut();
    await totem.untilWithTime(() => totem.totem().checkout.step === 'ticket');
    expect(totem.printer.papers).toHaveLength(1);
    expect(totem.query('SELECT 1 FROM print_jobs')).toHaveLength(1);
  });

  it('while the paper comes out: it is not printed twice, and says that it is uncertain', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    totem.printer.mood = 'stuck';
    totem.server.pay(sessionId, KIOSK_ID);
    await totem.until(() => totem.query(`SELECT 1 FROM print_jobs WHERE status = 'sending'`).length === 1);
    await totem.powerCut(() => {
      totem.printer.mood = 'ready';
    });
    await totem.untilStep('ticket');
    expect(totem.checkout('ticket').delivery).toBe('uncertain');
    expect(totem.printer.papers).toEqual([]);
  });

  it('while the ticket is on the screen: it is shown again, in full', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.buy();
    totem.clock.advance(LAST_SCREEN_MS - 5_000);
    await totem.powerCut(() => totem.clock.advance(60_000));
    expect(totem.checkout('ticket').sessionId).toBe(sessionId);
    totem.clock.advance(LAST_SCREEN_MS - 1);
    expect(totem.totem().checkout.step).toBe('ticket');
    totem.clock.advance(1);
    expect(totem.totem().checkout.step).toBe('idle');
  });

  it('after which nothing is sent to the server that it has answered for, and all else is', async () => {
    const totem = await KioskHarness.start();
    totem.server.loseAnswers = true;
    await totem.choose();
    await totem.until(() => totem.server.pushed.length > 0);
    await totem.powerCut(() => {
      totem.server.loseAnswers = false;
    });
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
    const ids = new Set(totem.server.pushed.map((event) => event.id));
    expect(ids.size).toBe(1);
    expect(totem.query('SELECT outcome FROM outbox')).toEqual([{ outcome: 'duplicate' }]);
  });
});

describe('a confirmation', () => {
  it.each(TABLES)(
    'Odoo #60939 (receipt printed, no record): leaves nothing half done, and no paper, when %s cannot be written',
    async (table) => {
      const totem = await KioskHarness.start();
      const sessionId = await totem.chooseAndSeeQr();
      await totem.until(() => totem.technician().sync.outboxPending === 0);
      const before = snapshotOfTables(totem);
      const store = totem.sabotage(table);
      totem.server.pay(sessionId, KIOSK_ID);
      await totem.until(() => totem.technician().sync.lastError?.includes('sabotage') === true);
      expect(snapshotOfTables(totem)).toEqual(before);
      expect(totem.printer.papers).toEqual([]);

      store.repair();
      await totem.untilWithTime(() => totem.totem().checkout.step === 'ticket');
      expect(totem.printer.papers).toHaveLength(1);
    },
  );

  it('read twice is one ticket and one paper', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    const confirmation = totem.server.confirmation(sessionId, KIOSK_ID);
    totem.server.publish('payment.confirmed', confirmation);
    totem.server.publish('payment.confirmed', confirmation);
    await totem.until(() => totem.technician().sync.feedCursor === 3);
    await totem.untilStep('ticket');
    expect(totem.query('SELECT 1 FROM tickets')).toHaveLength(1);
    expect(totem.printer.papers).toHaveLength(1);
  });

  it('still becomes a ticket when the key to the customer’s data is lost', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.choose({ customerCpf: '529.982.247-25' });
    await totem.untilStep('awaiting_payment');
    await totem.powerCut(() => {
      rmSync(kioskPaths(totem.dataDir).personalDataKey);
      totem.server.pay(sessionId, KIOSK_ID);
    });
    await totem.untilStep('ticket');
    expect(totem.printer.papers[0]).not.toContain('CPF');
  });

  it('for a session that the folder does not hold is claimed, and its paper says that it is a copy', async () => {
    const totem = await KioskHarness.start();
    totem.server.pay('018f0000-0000-7000-8000-0000000000ee', KIOSK_ID);
    await totem.until(() => totem.printer.papers.length === 1);
    expect(totem.printer.papers[0]).toContain('2ª VIA');
    expect(totem.query('SELECT cause FROM session_transitions ORDER BY position')).toMatchObject([
      { cause: 'recovered' },
      { cause: 'payment_confirmed_late' },
    ]);
    await totem.buy();
    expect(totem.query('SELECT 1 FROM tickets')).toHaveLength(2);
  });

  it('for a neighbour’s session is no business of ours', async () => {
    const totem = await KioskHarness.start();
    totem.server.pay('018f0000-0000-7000-8000-0000000000ee', 'totem-2');
    await totem.until(() => totem.technician().sync.feedCursor === 2);
    expect(totem.query('SELECT 1 FROM tickets')).toEqual([]);
  });
});

describe('a full disk', () => {
  it('holds the countdown’s end back until it can be stored', async () => {
    const totem = await KioskHarness.start();
    await totem.chooseAndSeeQr();
    const disk = totem.sabotage('session_transitions');
    totem.clock.advance(300_000);
    expect(totem.totem().checkout.step).toBe('awaiting_payment');
    disk.repair();
    totem.clock.advance(1_000);
    expect(totem.totem().checkout.step).toBe('expired');
  });

  it('refuses a command, and leaves nothing of it', async () => {
    const totem = await KioskHarness.start();
    const disk = totem.sabotage('outbox');
    const start = { kind: 'checkout.start', serviceId: SERVICE_ID } as const;
    expect(await totem.execute(start)).toEqual({ ok: false, code: 'internal_error' });
    expect(totem.totem().checkout.step).toBe('idle');
    disk.repair();
    expect(await totem.execute(start)).toMatchObject({ ok: true });
  });
});

function snapshotOfTables(totem: KioskHarness): unknown[] {
  return TABLES.map((table) => totem.query(`SELECT * FROM ${table}`));
}
