import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareQueuePlaces, waitingAhead } from './queue-policy.ts';
import type { TicketStatus } from './ticket.ts';

const place = fc.record({
  issuedAt: fc.integer({ min: 0, max: 20 }),
  label: fc.stringMatching(/^[A-C]00[0-9]$/),
});

function ticket(label: string, issuedAt: number, status: TicketStatus = 'in_queue') {
  return { label, issuedAt, status };
}

describe('compareQueuePlaces', () => {
  it('serves the earlier ticket first, whatever its label', () => {
    const order = [ticket('A001', 30), ticket('C002', 10), ticket('B001', 20)].sort(compareQueuePlaces);
    expect(order.map((each) => each.label)).toEqual(['C002', 'B001', 'A001']);
  });

  it('tells two tickets of one millisecond apart by their label', () => {
    expect(compareQueuePlaces(ticket('A002', 10), ticket('A001', 10))).toBeGreaterThan(0);
  });

  it('is a total order: antisymmetric and transitive', () => {
    fc.assert(
      fc.property(place, place, place, (a, b, c) => {
        // `+ 0` makes -0 and 0 one.
        expect(Math.sign(compareQueuePlaces(a, b)) + 0).toBe(-Math.sign(compareQueuePlaces(b, a)) + 0);
        if (compareQueuePlaces(a, b) <= 0 && compareQueuePlaces(b, c) <= 0)
          expect(compareQueuePlaces(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('waitingAhead', () => {
  it('counts only those who wait and are called earlier', () => {
    const mine = ticket('A003', 30, 'printing');
    const others = [
      ticket('A001', 10),
      ticket('A002', 20, 'called'),
      ticket('B001', 20, 'print_error'),
      mine,
      ticket('A004', 40),
    ];
    expect(waitingAhead(mine, others)).toBe(1);
  });

  it('is the position in the sorted queue', () => {
    fc.assert(
      fc.property(fc.uniqueArray(place, { selector: (each) => each.label, minLength: 1 }), (places) => {
        const sorted = places.map((each) => ticket(each.label, each.issuedAt)).sort(compareQueuePlaces);
        expect(sorted.map((each) => waitingAhead(each, sorted))).toEqual(sorted.map((_, index) => index));
      }),
    );
  });
});
