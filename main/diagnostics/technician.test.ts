import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ticketIdOfSession } from '../../domain/ids.ts';
import { kioskPaths } from '../data-folder.ts';
import { KioskHarness, PIN } from '../testing/kiosk-harness.ts';
import { supportBundle } from './support-bundle.ts';

const UNKNOWN = '018f0000-0000-7000-8000-0000000000ff';

describe('the technician', () => {
  it('Novo SGA triage-app#20 (customers reconfigure the kiosk by touch): gets nothing done with a wrong PIN, and is locked out after the fifth', async () => {
    const totem = await KioskHarness.start();
    const wrong = { kind: 'technician.test_print', pin: '0000' } as const;
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      expect(await totem.execute(wrong)).toEqual({ ok: false, code: 'wrong_pin' });
    }
    expect(await totem.execute(wrong)).toEqual({ ok: false, code: 'too_many_attempts' });
    const right = { kind: 'technician.unlock', pin: PIN } as const;
    expect(await totem.execute(right)).toEqual({ ok: false, code: 'too_many_attempts' });
    expect(totem.printer.papers).toEqual([]);
    totem.clock.advance(60_000);
    expect(await totem.execute(right)).toEqual({ ok: true });
  });

  it('prints a ticket again as “2ª via”, which changes neither the ticket nor its place in the queue', async () => {
    const totem = await KioskHarness.start();
    const ticketId = ticketIdOfSession(await totem.buy());
    const before = totem.kiosk.snapshot('queue').waiting;
    expect(await totem.execute({ kind: 'technician.reprint', pin: PIN, ticketId })).toEqual({ ok: true });
    await totem.until(() => totem.printer.papers.length === 2);
    expect(totem.printer.papers[1]).toContain('2ª VIA');
    expect(totem.kiosk.snapshot('queue').waiting).toEqual(before);
    await totem.until(
      () => totem.kindsPushed().filter((kind) => kind === 'ticket.print_finished').length === 2,
    );
    expect(totem.kindsPushed().filter((kind) => kind === 'ticket.queued')).toHaveLength(1);
  });

  it('cannot print twice at once, nor a ticket that this totem never issued', async () => {
    const totem = await KioskHarness.start();
    const ticketId = ticketIdOfSession(await totem.buy());
    const reprint = { kind: 'technician.reprint', pin: PIN, ticketId } as const;
    const answers = await Promise.all([totem.execute(reprint), totem.execute(reprint)]);
    expect(answers).toEqual([{ ok: true }, { ok: false, code: 'print_in_progress' }]);
    expect(await totem.execute({ ...reprint, ticketId: UNKNOWN })).toEqual({
      ok: false,
      code: 'unknown_ticket',
    });
  });

  it('prints nothing more of a ticket that is void, not even what had been asked for before', async () => {
    const totem = await KioskHarness.start();
    const ticketId = ticketIdOfSession(await totem.buy());
    const [waiting] = totem.kiosk.snapshot('queue').waiting;
    if (waiting === undefined) throw new Error('nobody waits');
    const reprint = { kind: 'technician.reprint', pin: PIN, ticketId } as const;
    totem.printer.mood = 'paper_out';
    expect(await totem.execute(reprint)).toEqual({ ok: true });
    const { label, revision } = waiting;
    const ticket = { ...waiting, status: 'voided', moneyBack: 'refunded', revision: revision + 1 } as const;
    totem.server.publish('ticket.changed', { ticket });
    await totem.until(() => totem.kiosk.snapshot('queue').voided.length === 1);
    totem.printer.mood = 'ready';
    totem.clock.advance(30_000);
    await totem.until(() => totem.technician().recentJobs[0]?.status === 'superseded');
    expect(totem.printer.papers).toHaveLength(1);
    expect(await totem.execute(reprint)).toEqual({ ok: false, code: 'not_allowed' });
    expect(totem.kiosk.snapshot('queue')).toMatchObject({
      waiting: [],
      voided: [{ label, moneyBack: 'refunded' }],
    });
    expect(totem.kiosk.snapshot('panel')).toMatchObject({ waitingCount: 0 });
    expect(totem.technician().needsAttention).toEqual([]);
  });

  it('prints a test before the first catalogue as well', async () => {
    const totem = await KioskHarness.start({ serverAway: true });
    expect(await totem.execute({ kind: 'technician.test_print', pin: PIN })).toEqual({ ok: true });
    await totem.until(() => totem.printer.papers.length === 1);
    expect(totem.printer.papers[0]).toContain('TESTE DE IMPRESSÃO');
    expect(totem.technician().recentJobs[0]?.kind).toBe('test');
  });

  it('counts the day’s sessions, payments and tickets', async () => {
    const totem = await KioskHarness.start();
    await totem.buy();
    const cancelled = await totem.chooseAndSeeQr();
    await totem.execute({ kind: 'checkout.cancel', sessionId: cancelled });
    expect(totem.technician().sessionsToday).toEqual({ opened: 2, paid: 1, tickets: 1 });
    totem.clock.advance(24 * 60 * 60_000);
    expect(totem.technician().sessionsToday).toEqual({ opened: 0, paid: 0, tickets: 0 });
  });
});

describe('the support bundle', () => {
  it('tells the state of a running kiosk, and nothing of its customers', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.choose({ customerName: 'Maria Exemplo', customerCpf: '529.982.247-25' });
    await totem.untilStep('awaiting_payment');
    const { brCode } = totem.checkout('awaiting_payment');
    const bundle = supportBundle(totem.dataDir);
    expect(bundle.integrityCheck).toEqual(['ok']);
    expect(bundle.sessionsByStatus).toEqual([{ status: 'awaiting_payment', late: 0, count: 1 }]);
    const text = JSON.stringify(bundle);
    const privateKey = privateKeyIn(totem.dataDir);
    expect(text).toContain(sessionId);
    for (const secret of ['Maria', '529982', '529.982', brCode, privateKey])
      expect(text).not.toContain(secret);
  });

  it('says when a folder holds no kiosk', () => {
    expect(() => supportBundle('/nowhere')).toThrow('there is no kiosk in /nowhere');
  });
});

/** The one part of the identity that nobody may see. */
function privateKeyIn(dataDir: string): string {
  const stored = JSON.parse(readFileSync(kioskPaths(dataDir).identity, 'utf8')) as {
    privateKey: { d: string };
  };
  return stored.privateKey.d;
}
