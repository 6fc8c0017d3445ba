import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { isBeforeQueue, TicketStatus } from '../../domain/ticket.ts';
import { mergeTicket } from './ticket-merge.ts';

const TICKET: TicketView = {
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
};
const OWN = { ...TICKET, own: true };

describe('mergeTicket', () => {
  it('learns of a neighbour’s ticket, and knows its own', () => {
    expect(mergeTicket(undefined, TICKET, 'totem-2')?.own).toBe(false);
    expect(mergeTicket(undefined, TICKET, 'totem-1')?.own).toBe(true);
  });

  it('takes the server’s later word, and never its earlier one', () => {
    const called = { ...TICKET, status: 'called', counter: 'Guichê 1', revision: 4 } as const;
    expect(mergeTicket(OWN, called, 'totem-1')).toEqual({ ...called, own: true });
    expect(mergeTicket({ ...called, own: true }, TICKET, 'totem-1')).toBeNull();
    expect(mergeTicket(OWN, TICKET, 'totem-1')).toBeNull();
  });

  it('keeps what it already knows better of its own paper', () => {
    const queuedHere = { ...OWN, revision: 0 };
    const echo = { ...TICKET, status: 'paid', delivery: null, queuedAt: null, revision: 1 } as const;
    expect(mergeTicket(queuedHere, echo, 'totem-1')).toEqual({ ...queuedHere, revision: 1 });
    // The twin: of a neighbour's ticket the echo is all that there is to know.
    expect(mergeTicket({ ...queuedHere, own: false }, echo, 'totem-2')).toEqual({ ...echo, own: false });
  });

  it('whatever arrives in whatever order, revisions only rise and an own ticket never leaves the queue backwards', () => {
    const incoming = fc.record({
      status: fc.constantFrom(...TicketStatus.options),
      revision: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(incoming, { maxLength: 12 }), (arrivals) => {
        let known = { ...OWN, revision: 0 };
        for (const change of arrivals) {
          const next = mergeTicket(known, { ...TICKET, ...change }, 'totem-1') ?? known;
          expect(next.revision).toBeGreaterThanOrEqual(known.revision);
          expect(isBeforeQueue(next.status)).toBe(false);
          known = next;
        }
      }),
    );
  });
});
