import { describe, expect, it } from 'vitest';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { TicketStatus } from '../../domain/ticket.ts';
import { actionsFor, counterView, knownCounter, SHORTCUTS } from './queue-view.ts';

const id = '018f4d2e-7c1a-7b3e-8a5d-000000000101';

function ticket(status: TicketStatus, counter: string | null = null): TicketView {
  return {
    ticketId: id,
    sessionId: id,
    kioskId: 'totem-01',
    number: 1,
    prefix: 'C',
    label: 'C001',
    businessDay: '2026-11-22',
    serviceId: id,
    serviceName: 'Consulta',
    status,
    delivery: 'printed',
    payment: 'pix',
    amountDueCents: 0,
    rescued: false,
    receivedCents: 0,
    receivedAt: null,
    moneyBack: null,
    issuedAt: 1,
    queuedAt: 1,
    counter,
    calledAt: null,
    callCount: 0,
    startedAt: null,
    endedAt: null,
    revision: 1,
  };
}

function queue(changes: Partial<QueueSnapshot>): QueueSnapshot {
  return {
    screen: 'queue',
    at: 1,
    unitName: null,
    counters: ['Guichê 1', 'Guichê 2'],
    enrolment: 'enrolled',
    server: 'online',
    mode: 'server',
    rescuable: [],
    rescuePapers: [],
    conflicts: [],
    waiting: [],
    arriving: [],
    atCounters: [],
    noShows: [],
    voided: [],
    atCounter: { receivedCents: 0, receivedCount: 0, unpaid: [], received: [] },
    completedToday: 0,
    ...changes,
  };
}

describe('actionsFor', () => {
  it('offers for each status what its state machine allows, and nothing else', () => {
    const offered = Object.fromEntries(
      TicketStatus.options.map((status) => [status, actionsFor(ticket(status))]),
    );
    const { called, in_progress, ...others } = offered;
    expect(called).toEqual(['queue.start', 'queue.recall', 'queue.no_show']);
    expect(in_progress).toEqual(['queue.complete']);
    expect(Object.values(others).flat()).toEqual([]);
  });

  it('has a key of its own for each', () => {
    expect(new Set(Object.values(SHORTCUTS)).size).toBe(Object.keys(SHORTCUTS).length);
  });
});

describe('counterView', () => {
  it('tells mine from the others', () => {
    const mine = ticket('called', 'Guichê 1');
    const theirs = ticket('in_progress', 'Guichê 2');
    const view = counterView(
      queue({ atCounters: [theirs, mine], waiting: [ticket('in_queue')] }),
      'Guichê 1',
    );
    expect(view).toEqual({ current: mine, others: [theirs], canCallNext: false, blockedBy: 'current' });
  });

  it('calls next only when somebody waits', () => {
    expect(counterView(queue({}), 'Guichê 1').blockedBy).toBe('nobody');
    expect(counterView(queue({ waiting: [ticket('in_queue')] }), 'Guichê 1').canCallNext).toBe(true);
  });
});

it('forgets a counter that exists no more', () => {
  expect(knownCounter(['Guichê 1'], 'Guichê 1')).toBe('Guichê 1');
  expect(knownCounter(['Guichê 1'], 'Guichê 9')).toBeNull();
  expect(knownCounter(['Guichê 1'], null)).toBeNull();
});
