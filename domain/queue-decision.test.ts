import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TicketView } from './protocol/tickets.ts';
import { decideQueueStep, isAtCounter, type QueueStep } from './queue-decision.ts';
import { canTicketBecome, TicketStatus } from './ticket.ts';

const COUNTERS = ['Guichê 1', 'Guichê 2'] as const;
const AT_MS = 9_000;
const commandId = '018f0000-0000-7000-8000-0000000000c0';

const ticket = (changes: Partial<TicketView> = {}): TicketView => ({
  ticketId: '018f0000-0000-7000-8000-000000000010',
  sessionId: '018f0000-0000-7000-8000-000000000011',
  kioskId: 'totem-1',
  number: 12,
  prefix: 'C',
  label: 'C012',
  businessDay: '2026-03-10',
  serviceId: '018f0000-0000-7000-8000-00000000000a',
  serviceName: 'Consulta',
  status: 'in_queue',
  delivery: 'printed',
  payment: 'pix',
  amountDueCents: 0,
  rescued: false,
  receivedCents: 0,
  receivedAt: null,
  moneyBack: null,
  issuedAt: 1_000,
  queuedAt: 2_000,
  counter: null,
  calledAt: null,
  callCount: 0,
  startedAt: null,
  endedAt: null,
  revision: 3,
  ...changes,
});

const KINDS = ['queue.recall', 'queue.start', 'queue.complete', 'queue.no_show', 'queue.return'] as const;
const commands: fc.Arbitrary<QueueStep> = fc.oneof(
  fc.record({
    kind: fc.constant('queue.call_next' as const),
    commandId: fc.constant(commandId),
    counter: fc.constantFrom(...COUNTERS),
  }),
  fc.record({
    kind: fc.constantFrom(...KINDS),
    commandId: fc.constant(commandId),
    counter: fc.constantFrom(...COUNTERS),
    ticketId: fc.constant(ticket().ticketId),
  }),
);
const tickets: fc.Arbitrary<TicketView> = fc
  .record({
    status: fc.constantFrom(...TicketStatus.options),
    counter: fc.constantFrom(null, ...COUNTERS),
    callCount: fc.nat(3),
  })
  .map(ticket);

describe('decideQueueStep', () => {
  it('calls who waits, and counts the call; the revision is left to the server', () => {
    const decision = decideQueueStep({
      command: { kind: 'queue.call_next', commandId, counter: 'Guichê 1' },
      ticket: ticket(),
      held: undefined,
      atMs: AT_MS,
    });
    const called = ticket({ status: 'called', counter: 'Guichê 1', calledAt: AT_MS, callCount: 1 });
    expect(decision).toEqual({ ok: true, from: 'in_queue', ticket: called });
  });

  it('gives a counter no second ticket', () => {
    const held = ticket({ status: 'in_progress', counter: 'Guichê 1' });
    const command = { kind: 'queue.call_next', commandId, counter: 'Guichê 1' } as const;
    expect(decideQueueStep({ command, ticket: ticket(), held, atMs: AT_MS })).toEqual({
      ok: false,
      code: 'counter_busy',
      ticket: held,
    });
  });

  it('refuses a call that comes late: the ticket is with another counter, or served', () => {
    const command = { kind: 'queue.call_next', commandId, counter: 'Guichê 1' } as const;
    const taken = ticket({ status: 'called', counter: 'Guichê 2' });
    const served = ticket({ status: 'completed', counter: 'Guichê 2' });
    const refusal = (found: TicketView) =>
      decideQueueStep({ command, ticket: found, held: undefined, atMs: AT_MS });
    expect(refusal(taken)).toMatchObject({ ok: false, code: 'ticket_taken' });
    expect(refusal(served)).toMatchObject({ ok: false, code: 'not_allowed' });
  });

  it('whatever is asked of whatever ticket: only legal steps, never another counter’s ticket, nothing else changed', () => {
    fc.assert(
      fc.property(commands, tickets, fc.boolean(), (command, found, busy) => {
        const held = busy ? ticket({ status: 'called', counter: command.counter }) : undefined;
        const decision = decideQueueStep({ command, ticket: found, held, atMs: AT_MS });
        if (!decision.ok) return;
        expect(canTicketBecome(decision.from, decision.ticket.status)).toBe(true);
        expect(decision.from).toBe(found.status);
        if (isAtCounter(found)) expect(found.counter).toBe(command.counter);
        if (isAtCounter(decision.ticket)) expect(decision.ticket.counter).toBe(command.counter);
        if (command.kind === 'queue.call_next') expect(busy).toBe(false);
        const { status, counter, calledAt, callCount, startedAt, endedAt, ...rest } = decision.ticket;
        expect({ status, counter, calledAt, callCount, startedAt, endedAt, ...rest }).toMatchObject({
          ticketId: found.ticketId,
          label: found.label,
          issuedAt: found.issuedAt,
          revision: found.revision,
        });
      }),
    );
  });
});
