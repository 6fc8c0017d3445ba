import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderByRules, type RouteQuestion, type RoutingRule } from './routing-rules.ts';

const rule = (overrides: Partial<RoutingRule>): RoutingRule => ({
  ruleId: overrides.provider ?? 'rule',
  provider: 'bacen-pix',
  priority: 1,
  weight: 1,
  unitId: null,
  currency: 'BRL',
  minCents: 0,
  maxCents: null,
  fromMinute: 0,
  untilMinute: 1440,
  ...overrides,
});
const question: RouteQuestion = { unitId: 'unit-1', currency: 'BRL', amountCents: 5_000, minuteOfDay: 600 };
const only = (overrides: Partial<RoutingRule>, asked: Partial<RouteQuestion> = {}) =>
  orderByRules([rule(overrides)], { ...question, ...asked }, 0).length === 1;

describe('a rule fits', () => {
  test.each<[string, Partial<RoutingRule>, Partial<RouteQuestion>, boolean]>([
    ['every unit', {}, {}, true],
    ['its unit', { unitId: 'unit-1' }, {}, true],
    ['not another unit', { unitId: 'unit-2' }, {}, false],
    ['not another currency', {}, { currency: 'USD' }, false],
    ['its least amount', { minCents: 5_000 }, {}, true],
    ['not a cent less', { minCents: 5_000 }, { amountCents: 4_999 }, false],
    ['its greatest amount', { maxCents: 5_000 }, {}, true],
    ['not a cent more', { maxCents: 5_000 }, { amountCents: 5_001 }, false],
    ['from its first minute', { fromMinute: 600, untilMinute: 660 }, {}, true],
    ['not at its last', { fromMinute: 540, untilMinute: 600 }, {}, false],
    ['over midnight, before it', { fromMinute: 1_320, untilMinute: 360 }, { minuteOfDay: 1_400 }, true],
    ['over midnight, after it', { fromMinute: 1_320, untilMinute: 360 }, { minuteOfDay: 10 }, true],
    ['over midnight, not by day', { fromMinute: 1_320, untilMinute: 360 }, {}, false],
  ])('%s', (_name, overrides, asked, fits) => {
    expect(only(overrides, asked)).toBe(fits);
  });
});

test('a lower priority number comes first, whatever the weights', () => {
  const rules = [
    rule({ provider: 'pagarme', priority: 2, weight: 1_000 }),
    rule({ provider: 'appmax', priority: 1, weight: 1 }),
  ];
  expect(orderByRules(rules, question, 0.5)).toEqual(['appmax', 'pagarme']);
});

test('each provider is named once, however many rules name it', () => {
  const rules = [rule({ ruleId: 'a' }), rule({ ruleId: 'b', priority: 2 }), rule({ ruleId: 'c' })];
  expect(orderByRules(rules, question, 0.9)).toEqual(['bacen-pix']);
});

test('the draws fall on each by its weight', () => {
  const rules = [rule({ provider: 'a', weight: 3 }), rule({ provider: 'b', weight: 1 })];
  const firsts = Array.from({ length: 400 }, (_, index) => orderByRules(rules, question, index / 400)[0]);
  expect(firsts.filter((name) => name === 'a')).toHaveLength(300);
});

test('every provider of a rule that fits is named, whatever the draw', () => {
  const someRule = fc
    .record({
      provider: fc.constantFrom('a', 'b', 'c'),
      priority: fc.nat(3),
      weight: fc.integer({ min: 1, max: 1_000 }),
      ruleId: fc.uuid(),
    })
    .map(rule);
  fc.assert(
    fc.property(
      fc.array(someRule),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (rules, draw) => {
        const ordered = orderByRules(rules, question, draw);
        expect(new Set(ordered)).toEqual(new Set(rules.map(({ provider }) => provider)));
        expect(new Set(ordered).size).toBe(ordered.length);
      },
    ),
  );
});
