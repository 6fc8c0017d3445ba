import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { columnsNotRead, columnsOf, repeatedColumn, soundsLikeMoneyBack } from './columns.ts';
import { openCsv, readCsv, type SourceRow } from './csv-source.ts';
import { kindOf, kindOfTable, tableOf } from './source-kinds.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-csv-'));
  mkdirSync(folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function readAll(
  bytes: Buffer | string,
): Promise<{ encoding: string; header: readonly string[]; rows: SourceRow[] }> {
  const path = join(folder, 'x.csv');
  writeFileSync(path, bytes);
  const file = await openCsv(path);
  const rows: SourceRow[] = [];
  for await (const row of readCsv(file)) rows.push(row);
  return { encoding: file.encoding, header: file.header, rows };
}

describe('line ends', () => {
  test.each([
    ['header \\r\\n, rows \\n', 'id,name\r\n1,a\n2,b\n3,c\n'],
    ['header \\n, rows \\r\\n', 'id,name\n1,a\r\n2,b\r\n3,c\r\n'],
    ['all three', 'id,name\r\n1,a\n2,b\r3,c\r\n'],
    ['\\r alone', 'id,name\r1,a\r2,b\r3,c'],
  ])('%s', async (_what, text) => {
    const { rows } = await readAll(text);
    expect(rows.map(({ cells, line }) => ({ ...cells, line }))).toEqual([
      { id: '1', name: 'a', line: 2 },
      { id: '2', name: 'b', line: 3 },
      { id: '3', name: 'c', line: 4 },
    ]);
  });

  test('within quotes they are letters', async () => {
    const { rows } = await readAll('id,name\r\n1,"a\nb\rc\r\nd"\n2,e\r\n');
    expect(rows.map(({ cells }) => cells['name'])).toEqual(['a\nb\rc\r\nd', 'e']);
  });

  test('a cell too many is in a column of its own', async () => {
    const { rows } = await readAll('id,name\n1,a,b,\n2\n');
    expect(rows).toMatchObject([
      { cells: { id: '1', name: 'a', '+1': 'b', '+2': '' }, reasons: [] },
      { cells: { id: '2' }, reasons: ['other_number_of_columns'] },
    ]);
  });
});

test.each(['sep=;\r\n', '\uFEFFsep=;\n', '"sep=;"\r\n'])(
  'Excel’s first line %j names the separator',
  async (line) => {
    const { header, rows } = await readAll(`${line}id;name, as it stands\r\n1;a,b\r\n`);
    expect(header).toEqual(['id', 'name, as it stands']);
    expect(rows).toMatchObject([{ line: 3, cells: { id: '1', 'name, as it stands': 'a,b' } }]);
  },
);

describe('encodings', () => {
  const text = 'ID;Situação;Nome\r\n1;concluído;João\r\n2;não pago;Zoë\r\n';
  const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
  test.each([
    ['UTF-8', 'utf-8', Buffer.from(text)],
    ['UTF-8 with a mark', 'utf-8', Buffer.from(`\uFEFF${text}`)],
    ['Windows-1252', 'windows-1252', Buffer.from(text, 'latin1')],
    ['UTF-16 with a mark', 'utf-16le', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 without one', 'utf-16le', Buffer.from(text, 'utf16le')],
    ['UTF-16, the other way round', 'utf-16be', swapped(Buffer.from(`\uFEFF${text}`, 'utf16le'))],
  ] as const)('%s', async (_what, encoding, bytes) => {
    const read = await readAll(bytes);
    expect(read.encoding).toBe(encoding);
    expect(read.header).toEqual(['ID', 'Situação', 'Nome']);
    expect(read.rows.map(({ cells }) => cells)).toEqual([
      { ID: '1', Situação: 'concluído', Nome: 'João' },
      { ID: '2', Situação: 'não pago', Nome: 'Zoë' },
    ]);
  });

  test('a name that was cut in the middle of a letter does not make UTF-8 another encoding', async () => {
    const bytes = Buffer.concat([
      Buffer.from('id,name\n1,João\n2,Zoë\n3,Jo'),
      Buffer.from([0xc3]),
      Buffer.from('\n'),
    ]);
    const { encoding, rows } = await readAll(bytes);
    expect(encoding).toBe('utf-8');
    expect(rows[2]?.cells['name']).toBe('Jo\uFFFD');
  });
});

test.each([
  ['status', ['id', 'status', 'created_at', 'status'], 'status'],
  ['a column that nothing is read from', ['id', 'obs', 'status', 'obs'], null],
])('twice in the header: %s', (_what, header, expected) => {
  expect(repeatedColumn(columnsOf('transaction', header), header)).toBe(expected);
});

test('columns that nothing is read from are named, and one that sounds like a refund is known', () => {
  const header = [
    'id',
    'Status do Pagamento',
    'Situação do Reembolso',
    'Reembolsado em',
    'Estorno pago?',
    'motivo_estorno',
    'obs',
  ];
  const notRead = columnsNotRead(columnsOf('transaction', header), header);
  expect(notRead).toEqual(['Estorno pago?', 'motivo_estorno', 'obs']);
  expect(notRead.filter((name) => soundsLikeMoneyBack(name, []))).toEqual(['Estorno pago?']);
  expect(notRead.filter((name) => soundsLikeMoneyBack(name, ['estorno pago']))).toEqual([]);
});

describe('what a file holds', () => {
  test.each([
    ['payment_transactions.csv', 'transaction'],
    ['public.payment_transactions_rows (1).csv', 'transaction'],
    ['2025-01-31_transacoes.csv', 'transaction'],
    ['sessions.csv', 'session'],
    ['Clientes.csv', 'customer'],
    ['customer_providers.csv', 'customer_provider'],
    ['customer_subscriptions.csv', 'subscription'],
    ['payment_refunds.csv', null],
    ['stripe_payment_intents.csv', null],
    ['pagamentos_log.csv', null],
    ['payment_routing_rules.csv', null],
    ['clinic_customers_view.csv', null],
  ])('in a folder, %s', (name, kind) => {
    expect(kindOfTable(tableOf(name))).toBe(kind);
  });

  test.each([
    ['clinica-1-pagamentos.csv', 'transaction'],
    ['payment_refunds.csv', null],
    ['payment_events.csv', null],
    ['vendas.csv', 'transaction'],
  ])('named by somebody, %s', (name, kind) => {
    expect(kindOf(name, ['id', 'status', 'amount_cents'])).toBe(kind);
  });
});
