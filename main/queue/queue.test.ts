import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ticketIdOfSession } from '../../domain/ids.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { KioskHarness } from '../testing/kiosk-harness.ts';

const COUNTER = 'Guichê 1';

function callNext() {
  return { kind: 'queue.call_next', commandId: randomUUID(), counter: COUNTER } as const;
}

/** A totem with one ticket waiting, and a server that calls it to the counter. */
async function totemWithTicket() {
  const totem = await KioskHarness.start();
  const ticketId = ticketIdOfSession(await totem.buy());
  const [ticket] = totem.kiosk.snapshot('queue').waiting;
  if (ticket === undefined) throw new Error('no ticket waits');
  const called: TicketView = {
    ...ticket,
    status: 'called',
    counter: COUNTER,
    calledAt: totem.clock.nowMs(),
    callCount: 1,
    revision: 5,
  };
  totem.server.answerQueue = () => ({ ok: true, ticket: called });
  return { totem, ticketId, called };
}

describe('queue commands', () => {
  it('are answered with the server’s ticket, which every screen shows at once', async () => {
    const { totem, ticketId, called } = await totemWithTicket();
    expect(await totem.execute(callNext())).toEqual({ ok: true, ticket: called });
    expect(totem.kiosk.snapshot('queue')).toMatchObject({ waiting: [], atCounters: [{ ticketId }] });
    expect(totem.kiosk.snapshot('panel')).toMatchObject({
      calls: [{ label: 'C001', counter: COUNTER, callCount: 1 }],
      waitingCount: 0,
    });
  });

  it('sent twice with one id show one call, whatever the feed then repeats', async () => {
    const { totem, called } = await totemWithTicket();
    const command = callNext();
    const first = await totem.execute(command);
    expect(await totem.execute(command)).toEqual(first);
    totem.server.publish('ticket.changed', { ticket: called });
    await totem.until(() => totem.technician().sync.feedCursor === 3);
    expect(totem.kiosk.snapshot('panel').calls).toHaveLength(1);
    expect(totem.kiosk.snapshot('panel').calls[0]?.callCount).toBe(1);
  });

  it('hand on a refusal with the ticket as it now is', async () => {
    const { totem, called } = await totemWithTicket();
    totem.server.answerQueue = () => ({ ok: false, code: 'ticket_taken', ticket: called });
    const result = await totem.execute({ ...callNext(), kind: 'queue.start', ticketId: called.ticketId });
    expect(result).toEqual({ ok: false, code: 'ticket_taken', ticket: called });
    expect(totem.kiosk.snapshot('queue').atCounters).toHaveLength(1);
  });

  it('are repeated once when the answer is lost, with the same id', async () => {
    const { totem } = await totemWithTicket();
    totem.server.loseAnswers = true;
    const command = callNext();
    expect(await totem.execute(command)).toEqual({ ok: false, code: 'server_unreachable' });
    expect(totem.server.queueCommands).toEqual([command, command]);
  });

  it('say when the server is away', async () => {
    const totem = await KioskHarness.start();
    await totem.server.stop();
    expect(await totem.execute(callNext())).toEqual({ ok: false, code: 'server_unreachable' });
  });
});

describe('the queue of the day', () => {
  it('keeps who paid and still waits past midnight', async () => {
    const { totem, ticketId } = await totemWithTicket();
    totem.clock.advance(24 * 60 * 60_000);
    expect(totem.kiosk.snapshot('queue').waiting).toMatchObject([{ ticketId }]);
    expect(totem.kiosk.snapshot('panel').waitingCount).toBe(1);
    expect(totem.technician().sessionsToday.tickets).toBe(0);
  });

  it('keeps at its counter who is called past midnight, and for a while who missed the call', async () => {
    const { totem, ticketId, called } = await totemWithTicket();
    totem.server.publish('ticket.changed', { ticket: called });
    await totem.until(() => totem.technician().sync.feedCursor === 3);
    totem.clock.advance(24 * 60 * 60_000);
    expect(totem.kiosk.snapshot('queue').atCounters).toMatchObject([{ ticketId }]);
    const missed = { ...called, status: 'no_show', endedAt: totem.clock.nowMs(), revision: 6 } as const;
    totem.server.publish('ticket.changed', { ticket: missed });
    // The stream was cut by the silence of a whole night.
    await totem.pass(60_000);
    await totem.until(() => totem.technician().sync.feedCursor === 4);
    expect(totem.kiosk.snapshot('queue').noShows).toMatchObject([{ ticketId }]);
    totem.clock.advance(24 * 60 * 60_000);
    expect(totem.kiosk.snapshot('queue').noShows).toEqual([]);
  });

  it('is the server’s day, whatever the totem’s clock says', async () => {
    const { totem, called } = await totemWithTicket();
    const tomorrow = {
      ...called,
      status: 'completed',
      businessDay: '2026-03-11',
      kioskId: 'totem-2',
    } as const;
    const ids = { ticketId: randomUUID(), sessionId: randomUUID(), label: 'C002', number: 2 };
    totem.server.publish('ticket.changed', { ticket: { ...tomorrow, ...ids } });
    await totem.until(() => totem.technician().sync.feedCursor === 3);
    expect(totem.kiosk.snapshot('queue').completedToday).toBe(0);
    totem.server.skewMs = 24 * 60 * 60_000;
    await totem.pass(60_000);
    expect(totem.kiosk.snapshot('queue').completedToday).toBe(1);
  });

  it('lists each ticket where it belongs, in the order in which it is called', async () => {
    const { totem, called } = await totemWithTicket();
    const publish = (number: number, changes: Partial<TicketView>): void => {
      const suffix = String(number).padStart(12, '0');
      const ticket: TicketView = {
        ...called,
        kioskId: 'totem-2',
        ticketId: `018f0000-0000-7000-9000-${suffix}`,
        sessionId: `018f0000-0000-7000-a000-${suffix}`,
        number: 100 + number,
        label: `C${100 + number}`,
        ...changes,
      };
      totem.server.publish('ticket.changed', { ticket });
    };
    const { issuedAt } = called;
    publish(1, { status: 'in_queue', issuedAt: issuedAt + 20 });
    publish(2, { status: 'in_queue', issuedAt: issuedAt - 20 });
    publish(3, { status: 'printing', issuedAt });
    publish(4, { status: 'in_progress', counter: 'Guichê 2', calledAt: issuedAt + 1 });
    publish(5, { status: 'no_show', endedAt: issuedAt + 5 });
    publish(6, { status: 'no_show', endedAt: issuedAt + 6 });
    publish(7, { status: 'completed', endedAt: issuedAt });
    await totem.until(() => totem.technician().sync.feedCursor === 9);
    const queue = totem.kiosk.snapshot('queue');
    const labels = (tickets: readonly TicketView[]): string[] => tickets.map((ticket) => ticket.label);
    expect(labels(queue.waiting)).toEqual(['C102', 'C001', 'C101']);
    expect(labels(queue.arriving)).toEqual(['C103']);
    expect(labels(queue.atCounters)).toEqual(['C104']);
    expect(labels(queue.noShows)).toEqual(['C106', 'C105']);
    expect(queue.completedToday).toBe(1);
    expect(totem.checkout('ticket').waitingAhead).toBe(1);
  });
});
