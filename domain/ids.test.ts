import fc from 'fast-check';
import { validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { newId, ticketIdOfSession, txidOfSession } from './ids.ts';
import { Txid } from './protocol/primitives.ts';
import { ticketLabel } from './ticket-number.ts';

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });

describe('ids', () => {
  it('are UUIDv7 and sort by their time', () => {
    fc.assert(
      fc.property(instant, instant, bytes, bytes, (first, second, randomA, randomB) => {
        const a = newId({ nowMs: () => first }, () => randomA);
        const b = newId({ nowMs: () => second }, () => randomB);
        expect(validate(a) && version(a) === 7).toBe(true);
        if (first < second) expect(a < b).toBe(true);
      }),
    );
  });

  it('give a session one ticket id for ever', () => {
    const sessionId = '0192d3b0-7a00-7000-8000-000000000001';
    expect(ticketIdOfSession(sessionId)).toBe(ticketIdOfSession(sessionId));
    // Written down, because a change of the namespace would issue every ticket a second time.
    expect(ticketIdOfSession(sessionId)).toMatchInlineSnapshot(`"8520d15a-a424-5f97-8cdc-e33cb182bd6a"`);
    expect(version(ticketIdOfSession(sessionId))).toBe(5);
  });

  it('give a txid that API Pix takes, different for different sessions', () => {
    fc.assert(
      fc.property(instant, bytes, bytes, (at, randomA, randomB) => {
        const a = newId({ nowMs: () => at }, () => randomA);
        const b = newId({ nowMs: () => at }, () => randomB);
        expect(Txid.safeParse(txidOfSession(a)).success).toBe(true);
        expect(txidOfSession(a) === txidOfSession(b)).toBe(a === b);
      }),
    );
  });
});

describe('ticket label', () => {
  it.each([
    ['C', 1, 'C001'],
    ['EX', 42, 'EX042'],
    ['C', 999, 'C999'],
    ['C', 1000, 'C1000'],
  ] as const)('%s and %i is %s', (prefix, number, label) => {
    expect(ticketLabel(prefix, number)).toBe(label);
  });
});
