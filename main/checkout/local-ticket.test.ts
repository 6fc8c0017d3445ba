import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ticketIdOfSession } from '../../domain/ids.ts';
import type { NumberLease } from '../../domain/protocol/leases.ts';
import type { CommandResult } from '../../domain/protocol/screen-commands.ts';
import { OUTBOX_PAYLOADS, type OutboxPayload } from '../../domain/protocol/sync.ts';
import { systemRandom } from '../../platform/system.ts';
import { kioskPaths } from '../data-folder.ts';
import { KIOSK_MIGRATIONS_FOLDER } from '../store/migrate.ts';
import { openKioskStore } from '../store/store.ts';
import { KIOSK_ID, KioskHarness, SERVICE_ID } from '../testing/kiosk-harness.ts';
import { AT_COUNTER, FREE, LOCAL_CATALOG } from '../testing/local-services.ts';

const DAY_MS = 24 * 60 * 60_000;
const PREFIXES = 2;
const DAYS = 8;

/** A totem that sells what needs no PIX, and has its numbers. */
async function suppliedTotem(): Promise<KioskHarness> {
  const totem = await KioskHarness.start();
  totem.server.publish('catalog.changed', { catalog: LOCAL_CATALOG });
  await totem.until(() => rangesIn(totem) === PREFIXES * DAYS);
  return totem;
}

/** The same, whose server is gone, and known to be. */
async function cutOffTotem(): Promise<KioskHarness> {
  const totem = await suppliedTotem();
  await totem.server.stop();
  await totem.untilWithTime(() => totem.totem().server === 'offline');
  return totem;
}

function rangesIn(totem: KioskHarness): number {
  return totem.query('SELECT 1 FROM number_leases WHERE first_number IS NOT NULL').length;
}

function start(totem: KioskHarness, serviceId = FREE.serviceId): Promise<CommandResult> {
  return totem.execute({ kind: 'checkout.start', serviceId, payment: 'at_counter' });
}

/** @returns its label, once it is in its customer's hands */
async function take(totem: KioskHarness, serviceId = FREE.serviceId): Promise<string> {
  const result = await start(totem, serviceId);
  if (!result.ok) throw new Error(`refused: ${result.code}`);
  await totem.until(() => totem.totem().checkout.step === 'ticket');
  return totem.checkout('ticket').ticketLabel;
}

function issued(totem: KioskHarness): OutboxPayload<'ticket.issued_locally'>[] {
  return totem
    .query<{ json: string }>(
      "SELECT payload_json AS json FROM outbox WHERE kind = 'ticket.issued_locally' ORDER BY position",
    )
    .map(({ json }) => OUTBOX_PAYLOADS['ticket.issued_locally'].parse(JSON.parse(json)));
}

describe('a ticket without a payment by the totem', () => {
  it.each([
    ['no price', FREE, 'free', 0, 'I501', 'Gratuito'],
    [
      'a price to be paid at the counter',
      AT_COUNTER,
      'at_counter',
      2_550,
      'K501',
      'A PAGAR NO GUICHÊ: R$ 25,50',
    ],
  ] as const)(
    'of %s is issued, printed, told and queued',
    async (_price, service, payment, due, label, words) => {
      const totem = await suppliedTotem();
      expect(await take(totem, service.serviceId)).toBe(label);
      expect(totem.checkout('ticket')).toMatchObject({ payment, delivery: 'printed', amountCents: due });
      expect(totem.printer.papers).toHaveLength(1);
      expect(totem.printer.papers[0]).toContain(words);
      expect(totem.printer.papers[0]).not.toMatch(/pago|pix/i);
      await totem.until(() => totem.kindsPushed().length === 4);
      expect(totem.kindsPushed()).toEqual([
        'session.opened',
        'ticket.issued_locally',
        'ticket.print_finished',
        'ticket.queued',
      ]);
      const [told] = issued(totem);
      expect(told).toMatchObject({ payment, amountDueCents: due, number: 501, businessDay: '2026-03-10' });
      expect(told?.ticketId).toBe(ticketIdOfSession(told?.sessionId ?? ''));
      expect(totem.server.chargeRequests).toEqual([]);
      expect(totem.kiosk.snapshot('queue').waiting).toMatchObject([{ payment, amountDueCents: due }]);
    },
  );

  it('keeps nothing of the customer but the mask on the paper', async () => {
    const totem = await suppliedTotem();
    await totem.execute({
      kind: 'checkout.start',
      serviceId: FREE.serviceId,
      customerName: 'Ana Souza',
      customerCpf: '529.982.247-25',
    });
    await totem.untilStep('ticket');
    expect(totem.printer.papers[0]).toContain('***.982.247-**');
    expect(totem.query('SELECT 1 FROM payment_sessions WHERE customer_sealed IS NOT NULL')).toEqual([]);
  });

  it('is not given where the service is sold by PIX alone, and cannot be taken back', async () => {
    const totem = await suppliedTotem();
    expect(await start(totem, SERVICE_ID)).toEqual({ ok: false, code: 'not_allowed' });
    const result = await start(totem);
    const sessionId = result.ok ? (result.sessionId ?? '') : '';
    expect(await totem.execute({ kind: 'checkout.cancel', sessionId })).toMatchObject({
      code: 'not_allowed',
    });
  });

  it('is refused where no numbers are left, and nothing changes by the try', async () => {
    const totem = await cutOffTotem();
    const labels: string[] = [];
    for (let count = 0; count < 20; count += 1) labels.push(await take(totem));
    expect(new Set(labels).size).toBe(20);
    const sessions = totem.query('SELECT 1 FROM payment_sessions').length;
    expect(await start(totem)).toEqual({ ok: false, code: 'no_numbers_left' });
    expect(totem.query('SELECT 1 FROM payment_sessions')).toHaveLength(sessions);
    expect(totem.checkout('ticket').ticketLabel).toBe(labels.at(-1));
    expect(await take(totem, AT_COUNTER.serviceId)).toBe('K501');
  });

  it('that cannot be stored costs no number', async () => {
    const totem = await suppliedTotem();
    const sabotage = totem.sabotage('print_jobs');
    expect((await start(totem)).ok).toBe(false);
    sabotage.repair();
    expect(issued(totem)).toEqual([]);
    expect(await take(totem)).toBe('I501');
  });
});

describe('a confirmed payment of what needed none', () => {
  it.each([
    ['while its lease runs', 60_000],
    ['after its lease', -1],
  ])('%s makes no second ticket, and stops neither the feed nor the next sale', async (_when, leaseMs) => {
    const totem = await suppliedTotem();
    const result = await start(totem);
    if (!result.ok || result.sessionId === undefined) throw new Error('refused');
    await totem.untilStep('ticket');
    const { sessionId } = result;
    const confirmation = totem.server.confirmation(sessionId, KIOSK_ID);
    totem.server.publish('payment.confirmed', {
      ...confirmation,
      actBefore: totem.clock.nowMs() + leaseMs,
    });
    await totem.buy();
    expect(totem.query('SELECT 1 FROM tickets')).toHaveLength(2);
    expect(totem.query('SELECT 1 FROM confirmations')).toHaveLength(0);
    expect(totem.printer.papers).toHaveLength(2);
  });
});

describe('a PIX', () => {
  it('is refused at once when the server is known to be away, and tried while it is only connecting', async () => {
    const totem = await KioskHarness.start();
    await totem.server.stop();
    await totem.until(() => totem.totem().server === 'connecting');
    expect(totem.totem().pixAvailable).toBe(true);
    const { ok } = await totem.execute({ kind: 'checkout.start', serviceId: SERVICE_ID });
    expect(ok).toBe(true);
    await totem.untilWithTime(() => totem.totem().server === 'offline');
    await totem.untilWithTime(() => totem.totem().checkout.step === 'failed', 5_000);
    const refused = await totem.execute({ kind: 'checkout.start', serviceId: SERVICE_ID });
    expect(refused).toEqual({ ok: false, code: 'payment_unavailable' });
    expect(totem.totem().pixAvailable).toBe(false);
  });
});

describe('a totem that is cut off', () => {
  it('goes on for a week, each day with its own numbers, and tells it all when the server is back', async () => {
    const totem = await cutOffTotem();
    for (let day = 0; day < DAYS; day += 1) {
      expect(await take(totem)).toBe('I501');
      expect(await take(totem)).toBe('I502');
      totem.clock.leap(DAY_MS);
    }
    expect(await start(totem)).toEqual({ ok: false, code: 'no_numbers_left' });
    const days = issued(totem).map(({ businessDay }) => businessDay);
    expect(new Set(days).size).toBe(DAYS);
    expect([days[0], days.at(-1)]).toEqual(['2026-03-10', '2026-03-17']);
    await totem.server.start();
    await totem.untilWithTime(() => totem.totem().server === 'online');
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
    expect(totem.kindsPushed().filter((kind) => kind === 'ticket.issued_locally')).toHaveLength(2 * DAYS);
    // New ranges for the new days, and the old days' are gone.
    await totem.untilWithTime(() => rangesIn(totem) === PREFIXES * DAYS);
    expect(totem.query<{ day: string }>('SELECT min(business_day) AS day FROM number_leases')).toEqual([
      { day: '2026-03-18' },
    ]);
    expect(await take(totem)).toBe('I501');
  });

  it('counts a ticket to the day on which it is issued, by the unit’s clock', async () => {
    const totem = await cutOffTotem();
    // 2026-03-11 00:00 in São Paulo.
    const midnight = Date.parse('2026-03-11T03:00:00Z');
    totem.clock.advance(midnight - 1 - totem.clock.nowMs());
    await take(totem);
    totem.clock.advance(1);
    await take(totem);
    expect(issued(totem)).toMatchObject([
      { businessDay: '2026-03-10', label: 'I501' },
      { businessDay: '2026-03-11', label: 'I501' },
    ]);
  });

  it('loses its power right after a ticket: the ticket is there, and its number is not given again', async () => {
    const totem = await cutOffTotem();
    totem.printer.mood = 'stuck';
    expect((await start(totem)).ok).toBe(true);
    await totem.powerCut(() => {
      totem.printer.mood = 'ready';
    });
    expect(issued(totem)).toHaveLength(1);
    await totem.until(() => totem.totem().checkout.step === 'ticket');
    expect(totem.checkout('ticket').ticketLabel).toBe('I501');
    expect(await take(totem)).toBe('I502');
  });
});

describe('a database from a backup', () => {
  /** Copies the folder, gives out two more, and goes back to the copy. @returns what was given out, and next */
  async function goBack(abandon: boolean): Promise<{ before: string[]; after: string }> {
    const totem = await suppliedTotem();
    await take(totem);
    const backup = mkdtempSync(join(tmpdir(), 'totem-backup-'));
    onTestFinished(() => rmSync(backup, { recursive: true, force: true }));
    cpSync(totem.dataDir, backup, { recursive: true });
    const before = [await take(totem), await take(totem)];
    await totem.powerCut(() => {
      rmSync(totem.dataDir, { recursive: true, force: true });
      cpSync(backup, totem.dataDir, { recursive: true });
      const store = openKioskStore({
        file: kioskPaths(totem.dataDir).database,
        migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
        clock: totem.clock,
        randomBytes: systemRandom,
      });
      if (abandon) store.write(() => store.leases.abandonAll());
      store.close();
    });
    await totem.until(() => totem.totem().server === 'online' && rangesIn(totem) === PREFIXES * DAYS);
    return { before, after: await take(totem) };
  }

  it('gives no number twice, as it forgets its ranges and gets new ones', async () => {
    const { before, after } = await goBack(true);
    expect(before).toEqual(['I502', 'I503']);
    expect(after).toBe('I521');
  });

  it('would give one twice if it kept them', async () => {
    const { before, after } = await goBack(false);
    expect(before).toContain(after);
  });
});

describe('the supply of numbers', () => {
  it('is today and a week ahead, of what needs no PIX', async () => {
    const totem = await suppliedTotem();
    const rows = totem.query<{ prefix: string; days: number; first: string; last: string }>(
      `SELECT prefix, count(DISTINCT business_day) AS days, min(business_day) AS first, max(business_day) AS last
       FROM number_leases GROUP BY prefix ORDER BY prefix`,
    );
    const week = { days: DAYS, first: '2026-03-10', last: '2026-03-17' };
    expect(rows).toEqual([
      { prefix: 'I', ...week },
      { prefix: 'K', ...week },
    ]);
  });

  it('is filled up at half', async () => {
    const totem = await suppliedTotem();
    for (let count = 0; count < 10; count += 1) await take(totem);
    expect(rangesIn(totem)).toBe(PREFIXES * DAYS);
    await take(totem);
    await totem.until(() => rangesIn(totem) === PREFIXES * DAYS + 1);
    const labels: string[] = [];
    for (let count = 0; count < 12; count += 1) labels.push(await take(totem));
    expect(labels.at(-1)).toBe('I523');
  });

  it('asks for the same ranges again when an answer is lost', async () => {
    const totem = await KioskHarness.start();
    totem.server.loseAnswers = true;
    totem.server.publish('catalog.changed', { catalog: LOCAL_CATALOG });
    await totem.until(() => totem.server.leaseRequests.length >= 1);
    await totem.untilWithTime(() => totem.server.leaseRequests.length >= 2);
    totem.server.loseAnswers = false;
    await totem.untilWithTime(() => rangesIn(totem) === PREFIXES * DAYS);
    const [first, second] = totem.server.leaseRequests;
    expect(second).toEqual(first);
    expect(totem.server.leases.size).toBe(PREFIXES * DAYS);
  });

  it('asks again also after a power cut, by the ids that it had stored', async () => {
    const totem = await KioskHarness.start();
    totem.server.loseAnswers = true;
    totem.server.publish('catalog.changed', { catalog: LOCAL_CATALOG });
    await totem.until(() => totem.server.leaseRequests.length >= 1);
    await totem.powerCut();
    totem.server.loseAnswers = false;
    await totem.untilWithTime(() => rangesIn(totem) === PREFIXES * DAYS);
    expect(totem.server.leases.size).toBe(PREFIXES * DAYS);
  });

  it('does without what the server does not grant, and does not pester it', async () => {
    const totem = await KioskHarness.start();
    totem.server.refuseLease = ({ prefix }) => prefix === 'K';
    totem.server.publish('catalog.changed', { catalog: LOCAL_CATALOG });
    await totem.until(() => rangesIn(totem) === DAYS);
    await take(totem);
    expect(totem.server.leaseRequests).toHaveLength(1);
    expect(await start(totem, AT_COUNTER.serviceId)).toMatchObject({ code: 'no_numbers_left' });
    totem.server.refuseLease = () => false;
    await totem.pass(10 * 60_000);
    await totem.untilWithTime(() => rangesIn(totem) === PREFIXES * DAYS);
  });

  it('does without what the server grants for another prefix or day than was asked for, and does not pester it', async () => {
    const totem = await KioskHarness.start();
    const { leases } = totem.server;
    totem.server.refuseLease = (lease) => {
      if (lease.prefix === 'K') leases.set(lease.leaseId, { ...lease, prefix: 'Z', from: 501, to: 520 });
      return false;
    };
    totem.server.publish('catalog.changed', { catalog: LOCAL_CATALOG });
    await totem.until(() => rangesIn(totem) === DAYS);
    await take(totem);
    expect(totem.server.leaseRequests).toHaveLength(1);
    expect(await start(totem, AT_COUNTER.serviceId)).toMatchObject({ code: 'no_numbers_left' });
  });

  it('takes a range over once, and only as it was asked for', async () => {
    const totem = await suppliedTotem();
    const [lease] = [...totem.server.leases.values()].filter(({ prefix }) => prefix === 'I');
    await take(totem);
    const store = openKioskStore({
      file: kioskPaths(totem.dataDir).database,
      migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
      clock: totem.clock,
      randomBytes: systemRandom,
    });
    onTestFinished(() => store.close());
    // The answer comes a second time: what was given out of it stays given out.
    store.write(() => store.leases.grant(lease as NumberLease));
    expect(await take(totem)).toBe('I502');
  });
});
