import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { businessDayOf } from './business-day.ts';
import { BusinessDay } from './protocol/primitives.ts';

describe('businessDayOf', () => {
  it.each([
    // São Paulo is three hours behind UTC: its day begins at 03:00Z.
    ['2026-03-10T02:59:59.999Z', 'America/Sao_Paulo', '2026-03-09'],
    ['2026-03-10T03:00:00.000Z', 'America/Sao_Paulo', '2026-03-10'],
    // Rio Branco is five hours behind, Noronha two.
    ['2026-03-10T04:30:00.000Z', 'America/Rio_Branco', '2026-03-09'],
    ['2026-03-10T02:30:00.000Z', 'America/Noronha', '2026-03-10'],
    ['2026-12-31T23:59:59.000Z', 'UTC', '2026-12-31'],
    ['2027-01-01T02:00:00.000Z', 'America/Sao_Paulo', '2026-12-31'],
    ['2028-02-29T12:00:00.000Z', 'America/Sao_Paulo', '2028-02-29'],
    // Brazil's last summer time began at midnight of 4 November 2018: that day began at 01:00 local, 03:00Z.
    ['2018-11-04T02:59:59.999Z', 'America/Sao_Paulo', '2018-11-03'],
    ['2018-11-04T03:00:00.000Z', 'America/Sao_Paulo', '2018-11-04'],
  ])('%s in %s is %s', (instant, timeZone, day) => {
    expect(businessDayOf(Date.parse(instant), timeZone)).toBe(day);
  });

  it('agrees with the calendar of UTC for every instant, and always has the shape of a business day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.parse('2100-01-01') }), (instantMs) => {
        const day = businessDayOf(instantMs, 'UTC');
        expect(BusinessDay.parse(day)).toBe(new Date(instantMs).toISOString().slice(0, 10));
      }),
    );
  });

  it('refuses a time zone that does not exist', () => {
    expect(() => businessDayOf(0, 'America/Nowhere')).toThrow(RangeError);
  });
});
