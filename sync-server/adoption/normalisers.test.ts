import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CanonicalStatus } from '../../domain/payment-status.ts';
import { STATUS as APPMAX, DISPUTE } from '../providers/appmax/to-provider-charge.ts';
import { STATUS as BACEN_PIX } from '../providers/bacen-pix/to-provider-charge.ts';
import { CONSENT_STATUS, PAYMENT_STATUS } from '../providers/open-finance/to-provider-charge.ts';
import { UNPAID_STATUS as PAGARME } from '../providers/pagarme/to-provider-charge.ts';
import { STATUS as STRIPE } from '../providers/stripe/to-provider-charge.ts';
import { AMOUNT_RULES, readCents } from './amounts.ts';
import { readInstant } from './dates.ts';
import { normaliseProvider, normaliseStatus, PROVIDER_NAMES } from './words.ts';

const RULE = { timeZone: 'America/Sao_Paulo', dayFirst: true } as const;

/** The same word with other capitals, and with punctuation where it does not matter. */
const spelled = (words: readonly string[]) =>
  fc
    .tuple(
      fc.constantFrom(...words),
      fc.infiniteStream(fc.constantFrom('', '', '.', '_', '-', ' ')),
      fc.infiniteStream(fc.boolean()),
    )
    .map(([word, between, upper]) =>
      [...word]
        .map((letter) => `${between.next().value}${upper.next().value ? letter.toUpperCase() : letter}`)
        .join(''),
    );

describe('words', () => {
  test('a provider is known however it is spelled', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PROVIDER_NAMES), fc.gen(), (name, gen) => {
        expect(normaliseProvider(gen(spelled, [name]))).toBe(name);
      }),
    );
  });

  test('a status is known however it is spelled, with and without accents', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          ...(['concluído CONCLUIDO', 'Não-autorizado nao_autorizado', 'EM ANÁLISE em_analise'] as const),
        ),
        (pair) => {
          const [one = '', other = ''] = [pair.split(' ').slice(0, -1).join(' '), pair.split(' ').at(-1)];
          expect(normaliseStatus(one)).not.toBeNull();
          expect(normaliseStatus(one)).toBe(normaliseStatus(other));
        },
      ),
    );
    fc.assert(
      fc.property(spelled(['paid', 'succeeded', 'pago', 'approved']), (word) => {
        expect(normaliseStatus(word)).toBe('SUCCEEDED');
      }),
    );
  });

  test('every canonical status is a word of its own', () => {
    for (const status of CanonicalStatus.options) expect(normaliseStatus(status)).toBe(status);
  });

  test.each([
    ['pagarme', PAGARME],
    ['appmax', APPMAX],
    ['bacen-pix', new Map(Object.entries(BACEN_PIX).map(([word, { status }]) => [word, status]))],
    [
      'open-finance',
      new Map(
        Object.entries({ ...CONSENT_STATUS, ...PAYMENT_STATUS }).map(([word, { status }]) => [word, status]),
      ),
    ],
    ['stripe', new Map([...STRIPE].map(([word, { status }]) => [word, status]))],
  ] as const)(
    'each word of the adapter of %s means here what it means there, but for money that went back',
    (_name, table) => {
      for (const [word, status] of table) {
        const wentBack = word === 'estornado' || (DISPUTE.has(word) && DISPUTE.get(word) !== 'won');
        expect(normaliseStatus(word), word).toBe(
          wentBack ? (word === 'estornado' ? 'REFUNDED' : 'CHARGEBACK') : status,
        );
      }
    },
  );

  test.each(['underpaid', 'overpaid', 'sei lá', ''])('"%s" does not say what came', (word) => {
    expect(normaliseStatus(word)).toBeNull();
  });

  test.each(['pix', 'banco', ''])('"%s" is no provider', (word) => {
    expect(normaliseProvider(word)).toBeNull();
  });

  test('a company’s own words come first', () => {
    const own = {
      providers: new Map([['krx', 'pagarme']]),
      statuses: new Map([['paid', 'PENDING' as const]]),
    };
    expect(normaliseProvider('K.R.X', own)).toBe('pagarme');
    expect(normaliseStatus('PAID', own)).toBe('PENDING');
  });
});

describe('amounts', () => {
  const cents = fc.integer({ min: 0, max: 999_999_999_999 });
  const grouped = (whole: string, mark: string): string => whole.replace(/\B(?=(\d{3})+$)/g, mark);
  const written = (value: number, mark: string, point: string): string =>
    `${grouped(String(Math.floor(value / 100)), mark)}${point}${String(value % 100).padStart(2, '0')}`;

  test('what is written by a rule is read by it', () => {
    fc.assert(
      fc.property(cents, fc.boolean(), fc.constantFrom('', 'R$ ', ' '), (value, groups, before) => {
        const comma = `${before}${written(value, groups ? '.' : '', ',')}`;
        const point = `${before}${written(value, groups ? ',' : '', '.')}`;
        expect(readCents(comma, 'comma')).toEqual({ ok: true, cents: value });
        expect(readCents(point, 'point')).toEqual({ ok: true, cents: value });
        expect(readCents(comma, 'evident')).toEqual({ ok: true, cents: value });
        expect(readCents(point, 'evident')).toEqual({ ok: true, cents: value });
        expect(readCents(`${before}${value}`, 'cents')).toEqual({ ok: true, cents: value });
      }),
    );
  });

  test('no text is ever read in a way that another rule contradicts, where nobody has said which', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\d.,]{1,12}$/), (text) => {
        const evident = readCents(text, 'evident');
        if (!evident.ok) return;
        for (const rule of ['comma', 'point'] as const) {
          const read = readCents(text, rule);
          if (read.ok) expect(read.cents).toBe(evident.cents);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['1.234', 'evident', 'amount_undecidable'],
    ['1,234', 'evident', 'amount_undecidable'],
    ['1234', 'evident', 'amount_undecidable'],
    ['12,300', 'evident', 'amount_undecidable'],
    ['1234,56', 'cents', 'amount_unreadable'],
    ['1234.56', 'comma', 'amount_unreadable'],
    ['12.345', 'point', 'amount_unreadable'],
    ['-10,00', 'comma', 'amount_negative'],
    ['doze', 'comma', 'amount_unreadable'],
    ['', 'cents', 'amount_unreadable'],
    ['1e3', 'point', 'amount_unreadable'],
    ['99999999999999', 'cents', 'amount_unreadable'],
  ] as const)('"%s" by %s: %s', (text, rule, reason) => {
    expect(readCents(text, rule)).toEqual({ ok: false, reason });
  });

  test('nothing that it is given makes it throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...AMOUNT_RULES), (text, rule) => {
        const read = readCents(text, rule);
        expect(!read.ok || Number.isSafeInteger(read.cents)).toBe(true);
      }),
    );
  });
});

describe('dates', () => {
  const instants = fc
    .date({ min: new Date('1990-01-02'), max: new Date('2099-12-30'), noInvalidDate: true })
    .map((at) => {
      const whole = new Date(at);
      whole.setUTCMilliseconds(0);
      return whole.getTime();
    });

  test('an instant is read back from each way of writing it', () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: -11, max: 13 }), (atMs, hours) => {
        const sign = hours < 0 ? '-' : '+';
        const zone = `${sign}${String(Math.abs(hours)).padStart(2, '0')}`;
        const local = new Date(atMs + hours * 3_600_000).toISOString();
        for (const text of [
          new Date(atMs).toISOString(),
          `${local.slice(0, 10)} ${local.slice(11, 19)}${zone}`,
          `${local.slice(0, 19)}${zone}:00`,
          `${local.slice(0, 10)} ${local.slice(11, 19)}.000000${zone}00`,
        ])
          expect(readInstant(text, RULE), text).toBe(atMs);
      }),
    );
  });

  test('a date with slashes is the day that the rule says, in the zone that the rule says', () => {
    fc.assert(
      fc.property(instants, fc.boolean(), (atMs, dayFirst) => {
        const parts = new Date(atMs).toISOString();
        const [year, month, day] = [parts.slice(0, 4), parts.slice(5, 7), parts.slice(8, 10)];
        const text = `${dayFirst ? `${day}/${month}` : `${month}/${day}`}/${year} ${parts.slice(11, 19)}`;
        expect(readInstant(text, { timeZone: 'UTC', dayFirst })).toBe(atMs);
      }),
    );
  });

  test.each([
    ['2018-01-15 12:00', '2018-01-15T14:00:00.000Z'],
    ['2024-01-15 12:00', '2024-01-15T15:00:00.000Z'],
    // The hour that the summer time of 2018 left out, and the one that came twice at its end.
    ['2018-11-04 00:30', '2018-11-04T03:30:00.000Z'],
    ['2018-02-17 23:30', '2018-02-18T01:30:00.000Z'],
    ['1714564800', '2024-05-01T12:00:00.000Z'],
    ['1714564800000', '2024-05-01T12:00:00.000Z'],
  ])('%s in São Paulo is %s', (text, expected) => {
    expect(new Date(readInstant(text, RULE) ?? Number.NaN).toISOString()).toBe(expected);
  });

  test.each([
    '2024-02-30',
    '31/04/2024',
    '2024-13-01',
    '0000-00-00',
    '2024-01-01T25:00',
    '1924-01-01',
    'ontem',
    '20240501',
    '2024-01-01T00:00:00+25:00',
  ])('"%s" is no instant', (text) => {
    expect(readInstant(text, RULE)).toBeNull();
  });
});
