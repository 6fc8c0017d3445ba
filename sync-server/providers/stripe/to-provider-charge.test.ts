import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CanonicalStatus,
  isSettled,
  isStatusChangeAllowed,
  STATUS_RANK,
} from '../../../domain/payment-status.ts';
import { canonicalStatus } from './to-provider-charge.ts';

interface State {
  readonly status: string;
  readonly cancellation_reason: string | null;
}
const at = (status: string, reason: string | null = null): State => ({ status, cancellation_reason: reason });

/** Where a PaymentIntent may go from each status (docs.stripe.com, "How PaymentIntents work"). */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  requires_payment_method: [
    'requires_confirmation',
    'requires_action',
    'processing',
    'succeeded',
    'canceled',
  ],
  requires_confirmation: [
    'requires_payment_method',
    'requires_action',
    'processing',
    'succeeded',
    'canceled',
  ],
  requires_action: ['requires_payment_method', 'processing', 'requires_capture', 'succeeded', 'canceled'],
  processing: ['requires_payment_method', 'requires_capture', 'succeeded'],
  requires_capture: ['succeeded', 'canceled'],
  succeeded: [],
  canceled: [],
};

describe('Stripe’s statuses in our words', () => {
  test.each<[State, CanonicalStatus | null, 'us' | 'provider' | null]>([
    [at('requires_payment_method'), 'PENDING', null],
    [at('requires_confirmation'), 'PENDING', null],
    [at('requires_action'), 'PENDING', null],
    [at('processing'), 'PROCESSING', null],
    [at('requires_capture'), 'AUTHORIZED', null],
    [at('succeeded'), 'SUCCEEDED', null],
    [at('canceled', 'abandoned'), 'CANCELED', 'us'],
    [at('canceled', 'requested_by_customer'), 'CANCELED', 'us'],
    [at('canceled'), 'CANCELED', 'us'],
    [at('canceled', 'void_invoice'), 'CANCELED', 'provider'],
    [at('canceled', 'failed_invoice'), 'CANCELED', 'provider'],
    [at('canceled', 'expired'), 'EXPIRED', null],
    [at('canceled', 'automatic'), 'EXPIRED', null],
    [at('a_word_of_tomorrow'), null, null],
    [at('constructor'), null, null],
  ])('%o', (state, status, closedBy) => {
    expect(canonicalStatus(state)).toEqual({ status, closedBy });
  });

  test('only `succeeded` is money, whatever the word', () => {
    const words = fc.oneof(fc.string(), fc.constantFrom(...Object.keys(NEXT), 'Succeeded', 'succeeded '));
    fc.assert(
      fc.property(words, fc.option(fc.string()), (status, reason) => {
        const { status: canonical } = canonicalStatus({ status, cancellation_reason: reason });
        expect(canonical !== null && isSettled(canonical)).toBe(status === 'succeeded');
      }),
    );
  });

  /** A life of a PaymentIntent: a walk over NEXT, as long as there is somewhere to go. */
  const life = fc.array(fc.nat(), { maxLength: 12 }).map((choices) => {
    const walk = ['requires_payment_method'];
    for (const choice of choices) {
      const next = NEXT[walk.at(-1) ?? ''] ?? [];
      const step = next[choice % next.length];
      if (step === undefined) break;
      walk.push(step);
    }
    return walk;
  });
  const told = (words: readonly string[]) =>
    words.reduce<CanonicalStatus>((known, word) => {
      const { status } = canonicalStatus(at(word));
      return status !== null && isStatusChangeAllowed(known, status) ? status : known;
    }, 'CREATED');

  test('a life told in any order, any number of times, comes to the same end, and never falls', () => {
    fc.assert(
      fc.property(
        life.chain((walk) =>
          fc.tuple(
            fc.constant(walk),
            fc.shuffledSubarray([...walk, ...walk], { minLength: 0 }).map((again) => [...again, ...walk]),
            fc.shuffledSubarray(walk, { minLength: walk.length }),
          ),
        ),
        ([walk, repeated, shuffled]) => {
          const end = told(walk);
          expect(told(repeated)).toBe(end);
          expect(told(shuffled)).toBe(end);
          expect(isSettled(end)).toBe(walk.includes('succeeded'));
          let rank = 0;
          for (let count = 1; count <= walk.length; count += 1) {
            const next = STATUS_RANK[told(walk.slice(0, count))];
            expect(next).toBeGreaterThanOrEqual(rank);
            rank = next;
          }
        },
      ),
    );
  });

  test('the walks reach every end: a life that is paid after a decline, one that is given up', () => {
    const ends = new Set(fc.sample(life, { numRuns: 500, seed: 1 }).map((walk) => walk.at(-1)));
    expect(ends).toContain('succeeded');
    expect(ends).toContain('canceled');
    expect(told(['processing', 'requires_payment_method', 'succeeded'])).toBe('SUCCEEDED');
  });
});
