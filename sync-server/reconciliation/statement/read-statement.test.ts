import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRecords, type StatementFormat, StatementUnreadable } from './read-records.ts';
import { readLine } from './statement-line.ts';

const ZONE = 'America/Sao_Paulo';

/** @param size of each piece that the file comes in, characters */
async function read(text: string, format: StatementFormat, size = 7) {
  async function* pieces() {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const copies = new Map<string, number>();
  const readings = [];
  for await (const reading of readRecords(pieces(), format))
    readings.push(
      reading.ok ? { at: reading.line, ...readLine(reading.record, reading.line, ZONE, copies) } : reading,
    );
  return readings;
}

async function lines(text: string, format: StatementFormat = 'csv') {
  return (await read(text, format)).map((reading) => {
    if (!reading.ok) throw new Error(reading.problem);
    if (!('at' in reading)) throw new Error('a record without its line');
    const { ref: _ref, ...line } = reading.line;
    return line;
  });
}

const problems = async (text: string, format: StatementFormat = 'csv') =>
  (await read(text, format)).flatMap((reading) => (reading.ok ? [] : [reading.problem]));

describe('CSV', () => {
  test('of a bank in Brazil: semicolons, a byte order mark, CRLF, decimal commas, local dates', async () => {
    const file =
      '\uFEFFData/Hora;Tipo;Valor;Id Pix;TXID;Documento\r\n' +
      '10/03/2026 12:00:05;Crédito;1.250,00;E123;tx1;1\r\n' +
      '10/03/2026;Tarifa;-R$ 0,99;;;2\r\n' +
      '2026-03-10 09:00;Devolução;"-12,30";E123;;3\r\n';
    expect(await lines(file)).toMatchObject([
      {
        line: 2,
        kind: 'receipt',
        amountCents: 125_000,
        endToEndId: 'E123',
        txid: 'tx1',
        atMs: Date.UTC(2026, 2, 10, 15, 0, 5),
      },
      {
        line: 3,
        kind: 'fee',
        amountCents: 99,
        endToEndId: null,
        atMs: Date.UTC(2026, 2, 10, 3),
        untilMs: Date.UTC(2026, 2, 11, 3),
      },
      { line: 4, kind: 'refund', amountCents: 1_230, atMs: Date.UTC(2026, 2, 10, 12) },
    ]);
  });

  test('with commas, quotes and an offset; without a kind the sign and the id say it', async () => {
    const file =
      'date,amount,"end to end id",note\n2026-03-10T12:00:00-03:00,10.5,E1,"a ""note"", quoted"\n' +
      '2026-03-10T15:00:00.250Z,-3,E1,\n2026-03-10T15:00:00Z,-3,,\n';
    expect(await lines(file)).toMatchObject([
      { kind: 'receipt', amountCents: 1_050, atMs: Date.UTC(2026, 2, 10, 15) },
      { kind: 'refund', amountCents: 300 },
      { kind: 'other', amountCents: 300 },
    ]);
  });

  test('each bad line is told with its number and its reason, and costs no other', async () => {
    const file =
      'at;amount;kind\n31/02/2026;1,00;pix\n10/03/2026;1.234;pix\n10/03/2026;"1,00;pix\n10/03/2026;1,00;pix;more\n' +
      '10/03/2026;1,00;mystery\n10/03/2026;-1,00;pix\n;1,00;pix\n10/03/2026;;pix\n\n10/03/2026;1,00;pix\n';
    expect((await read(file, 'csv')).map((each) => [each.ok, 'at' in each ? each.at : each.line])).toEqual([
      [false, 2],
      [false, 3],
      [false, 4],
      [false, 5],
      [false, 6],
      [false, 7],
      [false, 8],
      [false, 9],
      [true, 11],
    ]);
    expect(await problems(file)).toEqual([
      '"31/02/2026" is no date',
      '"1.234" is no amount',
      'a quote is not closed',
      '4 columns instead of 3',
      '"mystery" is no kind of line',
      'a receipt of no money',
      'no date',
      'no amount',
    ]);
  });

  test('a line without end is given up, and the next one is read', async () => {
    const file = `at;amount\n${'x'.repeat(20_000)}\n10/03/2026;1,00\n`;
    expect(await problems(file)).toEqual(['the line is too long']);
    expect(await read(file, 'csv')).toHaveLength(2);
  });

  test.each([
    ['', 'csv'],
    ['name;age\nx;1\n', 'csv'],
    ['[]', 'json'],
    ['', 'json'],
  ] as const)('a file that is no statement: %j', async (text, format) => {
    await expect(read(text, format)).rejects.toBeInstanceOf(StatementUnreadable);
  });
});

test('an amount has the decimals of its currency: yen have none, dinars three', async () => {
  const file =
    'at;amount;currency;kind;fee;reference\n' +
    '10/03/2026;2400;JPY;pix;12;1\n10/03/2026;-30,00;JPY;fee;;2\n10/03/2026;1.250;KWD;pix;;3\n10/03/2026;2,5;kwd;payout;;4\n' +
    '10/03/2026;24.00;USD;pix;;5\n';
  expect(await lines(file)).toMatchObject([
    { amountCents: 2_400, feeCents: 12, currency: 'JPY' },
    { amountCents: 30, kind: 'fee' },
    { amountCents: 1_250, currency: 'KWD' },
    { amountCents: 2_500 },
    { amountCents: 2_400, currency: 'USD' },
  ]);
  expect(await problems('at;amount;currency\n10/03/2026;24.50;JPY\n10/03/2026;1.234;JPY\n')).toEqual([
    '"24.50" is no amount',
    '"1.234" is no amount',
  ]);
});

describe('JSON', () => {
  const one = '{"at":"2026-03-10T15:00:00Z","amount":"10.00","endToEndId":"E1","txid":null}';
  test('a list, and one on each line', async () => {
    expect(await lines(`[\n ${one},\n ${one.replace('E1', 'E2')}\n]`, 'json')).toMatchObject([
      { line: 2, amountCents: 1_000, endToEndId: 'E1', txid: null },
      { line: 3, endToEndId: 'E2' },
    ]);
    expect(await lines(`${one}\n${one}\n`, 'json')).toHaveLength(2);
  });
  test('an amount as a number; braces and quotes within text', async () => {
    expect(
      await lines('[{"at":"2026-03-10","amount":12.3,"note":"a } and a \\" and a {"}]', 'json'),
    ).toMatchObject([{ amountCents: 1_230 }]);
  });
  test('a broken record costs no other', async () => {
    const file = `{"at":"2026-03-10","amount":"1\n${one}\n{"at":"2026-03-10","amount":{"reais":1}}\n${one}\n{"at":`;
    expect((await read(file, 'json')).filter(({ ok }) => ok)).toHaveLength(2);
    expect(await problems(file, 'json')).toEqual(['not JSON', 'not JSON', 'no date', 'not JSON']);
  });
});

test('the same lines in either format are the same, and lines that say the same are still two', async () => {
  const refs = async (text: string, format: StatementFormat) =>
    (await read(text, format)).map((each) => ('at' in each && each.ok ? each.line.ref : null));
  const csv = await refs('data;valor\n10/03/2026 12:00;1,00\n10/03/2026 12:00;1,00\n', 'csv');
  const json = await refs(
    '[{"at":"2026-03-10T15:00:00Z","amount":1},{"at":"2026-03-10T15:00:00Z","amount":1}]',
    'json',
  );
  expect(csv).toEqual(json);
  expect(new Set(csv).size).toBe(2);
});

test('whatever the file and its pieces, reading ends, and no line is lost: read or told of', async () => {
  const cell = fc.constantFrom('10/03/2026', '1,00', '"', 'x', '', '"a;b"', '\u00e9');
  const row = fc.array(cell, { minLength: 1, maxLength: 4 }).map((cells) => cells.join(';'));
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), async (rows, size) => {
      const text = ['at;amount', ...rows].join('\n');
      expect(await read(text, 'csv', size)).toHaveLength(rows.filter((each) => each.trim() !== '').length);
    }),
  );
});
