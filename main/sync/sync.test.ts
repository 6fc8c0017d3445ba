import { describe, expect, it } from 'vitest';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { KIOSK_ID, KioskHarness } from '../testing/kiosk-harness.ts';
import { STUB_CATALOG } from '../testing/stub-catalog.ts';

const NEIGHBOUR: TicketView = {
  ticketId: '018f0000-0000-7000-8000-000000000020',
  sessionId: '018f0000-0000-7000-8000-000000000021',
  kioskId: 'totem-2',
  number: 900,
  prefix: 'C',
  label: 'C900',
  businessDay: '2026-03-10',
  serviceId: STUB_CATALOG.services[0]?.serviceId ?? '',
  serviceName: 'Consulta',
  status: 'in_queue',
  delivery: 'printed',
  payment: 'pix',
  amountDueCents: 0,
  rescued: false,
  receivedCents: 0,
  receivedAt: null,
  moneyBack: null,
  issuedAt: Date.UTC(2026, 2, 10, 14),
  queuedAt: Date.UTC(2026, 2, 10, 14),
  counter: null,
  calledAt: null,
  callCount: 0,
  startedAt: null,
  endedAt: null,
  revision: 2,
};

describe('the outbox', () => {
  it('sets a rejected event aside, says so, and sends those behind it', async () => {
    const totem = await KioskHarness.start();
    totem.server.judge = (event) => (event.kind === 'session.opened' ? 'unknown service' : undefined);
    await totem.buy();
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    expect(totem.technician().sync.outboxRejected).toBe(1);
    expect(totem.kindsPushed()).toContain('ticket.queued');
    expect(totem.query("SELECT reason FROM outbox WHERE outcome = 'rejected'")).toEqual([
      { reason: 'unknown service' },
    ]);
  });

  it('finds the one event that spoils a whole request', async () => {
    const totem = await KioskHarness.start();
    const spoils = (kind: string): boolean => kind === 'ticket.print_finished';
    totem.server.refusePush = (events) =>
      events.some((event) => spoils(event.kind)) ? { status: 400, code: 'invalid_request' } : null;
    await totem.buy();
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    expect(totem.query('SELECT kind, outcome FROM outbox ORDER BY position')).toEqual([
      { kind: 'session.opened', outcome: 'applied' },
      { kind: 'ticket.issued', outcome: 'applied' },
      { kind: 'ticket.print_finished', outcome: 'rejected' },
      { kind: 'ticket.queued', outcome: 'applied' },
    ]);
  });

  it('waits for a server that is away, shows the age of what waits, and sends it in order', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    await totem.server.stop();
    await totem.execute({ kind: 'checkout.cancel', sessionId });
    totem.clock.advance(40_000);
    expect(totem.technician().sync).toMatchObject({ outboxPending: 1, outboxOldestAgeMs: 40_000 });
    await totem.server.start();
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
    expect(totem.kindsPushed()).toEqual(['session.opened', 'session.ended']);
  });

  it('sends an event again whose answer was lost; the server’s “duplicate” settles it', async () => {
    const totem = await KioskHarness.start();
    totem.server.loseAnswers = true;
    await totem.choose();
    await totem.untilWithTime(() => totem.server.pushed.length >= 3);
    totem.server.loseAnswers = false;
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
    expect(totem.query('SELECT outcome FROM outbox')).toEqual([{ outcome: 'duplicate' }]);
  });

  it('sends more than one request holds', async () => {
    const totem = await KioskHarness.start();
    await totem.server.stop();
    totem.fillOutbox(1_203);
    await totem.server.start();
    await totem.execute({ kind: 'technician.sync_now', pin: '4711' });
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
    const times = totem.server.pushed.map((event) => event.at);
    expect(times).toHaveLength(1_203);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
  });
});

describe('the feed', () => {
  it('is read on from the cursor when the stream breaks, each entry once', async () => {
    const totem = await KioskHarness.start();
    await totem.until(() => totem.server.streams === 1);
    totem.server.dropStreams();
    totem.server.publish('ticket.changed', { ticket: NEIGHBOUR });
    await totem.untilWithTime(() => totem.kiosk.snapshot('queue').waiting.length === 1);
    await totem.untilWithTime(() => totem.server.streams === 1);
    expect(totem.technician().sync.feedCursor).toBe(2);
  });

  it('catches up over several pages after a long absence', async () => {
    const totem = await KioskHarness.start();
    await totem.server.stop();
    for (let number = 1; number <= 1_100; number += 1) {
      totem.server.publish('ticket.changed', { ticket: neighbourTicket(number) });
    }
    await totem.server.start();
    await totem.untilWithTime(() => totem.technician().sync.feedCursor === 1_101);
    expect(totem.kiosk.snapshot('queue').waiting).toHaveLength(1_100);
  });

  it('passes over a kind of a newer server', async () => {
    const totem = await KioskHarness.start();
    totem.server.publishRaw('weather.changed', { sun: true });
    totem.server.publish('ticket.changed', { ticket: NEIGHBOUR });
    await totem.until(() => totem.technician().sync.feedCursor === 3);
    expect(totem.technician().sync.lastError).toBeNull();
    expect(totem.kiosk.snapshot('queue').waiting).toHaveLength(1);
  });

  it.each([
    ['cannot be read', { ticket: { ...NEIGHBOUR, number: 'nine hundred' } }],
    [
      'contradicts what is stored',
      { ticket: { ...NEIGHBOUR, ticketId: '018f0000-0000-7000-8000-0000000000aa' } },
    ],
  ])('goes on after an entry that %s, and shows which', async (_what, payload) => {
    const totem = await KioskHarness.start();
    totem.server.publish('ticket.changed', { ticket: NEIGHBOUR });
    totem.server.publishRaw('ticket.changed', payload);
    totem.server.publish('ticket.changed', { ticket: neighbourTicket(1) });
    await totem.until(() => totem.technician().sync.feedCursor === 4);
    expect(totem.technician().sync.lastError).toMatch(/feed entry 3 \(ticket.changed\) was skipped/);
    expect(totem.kiosk.snapshot('queue').waiting).toHaveLength(2);
  });

  it('says that the server’s feed is shorter than what was read: another database stands behind the address', async () => {
    const totem = await KioskHarness.start();
    await totem.server.stop();
    totem.server.feed.length = 0;
    await totem.server.start();
    await totem.untilWithTime(() => totem.technician().sync.lastError?.includes('was it replaced') === true);
  });
});

describe('the link', () => {
  it('is offline soon after the server dies, and online soon after it is back', async () => {
    const totem = await KioskHarness.start();
    expect(totem.totem().server).toBe('online');
    const diedAt = totem.clock.nowMs();
    await totem.server.stop();
    await totem.untilWithTime(() => totem.totem().server === 'offline', 50);
    expect(totem.clock.nowMs() - diedAt).toBeLessThan(2_000);
    expect(totem.technician().sync.lastError).toMatch(/ECONNREFUSED/);
    await totem.server.start();
    await totem.untilWithTime(() => totem.totem().server === 'online', 50);
    expect(totem.technician().sync.lastError).toBeNull();
  });

  it('takes a line that has gone silent for dead', async () => {
    const totem = await KioskHarness.start();
    await totem.until(() => totem.server.streams === 1);
    totem.clock.advance(14_999);
    expect(totem.totem().server).toBe('online');
    totem.clock.advance(1);
    await totem.until(() => totem.totem().server === 'connecting');
    expect(totem.technician().sync.lastError).toMatch(/nothing heard for 15000 ms/);
  });

  it('measures the difference of the clocks at each contact', async () => {
    const totem = await KioskHarness.start();
    totem.server.skewMs = -90_000;
    await totem.chooseAndSeeQr();
    expect(totem.technician().sync.clockSkewMs).toBe(-90_000);
    expect(totem.technician().sync.lastContactAt).toBe(totem.clock.nowMs());
  });

  it('serves what it knows before the first contact of its life', async () => {
    const totem = await KioskHarness.start({ serverAway: true });
    expect(totem.totem()).toMatchObject({
      unit: null,
      services: [],
      checkout: { step: 'idle' },
      kioskId: KIOSK_ID,
    });
    await totem.untilWithTime(() => totem.totem().server === 'offline');
  });
});

function neighbourTicket(number: number): TicketView {
  const suffix = String(number).padStart(12, '0');
  return {
    ...NEIGHBOUR,
    ticketId: `018f0000-0000-7000-9000-${suffix}`,
    sessionId: `018f0000-0000-7000-a000-${suffix}`,
    prefix: 'A',
    number,
    label: `A${number}`,
  };
}
