import { expect, test } from 'vitest';
import { auditReport } from '../../e2e/support/audit-scene.ts';
import { settlementDifferences, settlementReport } from '../../e2e/support/settlement-scene.ts';
import { auditCsv } from './audit-csv.ts';
import { csvAmount, csvOf } from './csv.ts';
import { settlementCsv } from './settlement-csv.ts';

test.each([
  ['text', 'Ana', 'Ana'],
  ['a separator and quotes', 'a;"b"', '"a;""b"""'],
  ['a formula', '=1+1', "'=1+1"],
  ['a negative amount', '-12,30', '-12,30'],
  ['what only begins like one', '-1+cmd', "'-1+cmd"],
  ['a decimal', 98.7, '98,7'],
  ['nothing', null, ''],
])('%s', (_what, cell, written) => {
  expect(csvOf([[cell]])).toBe(`\uFEFF${written}\r\n`);
});

test.each([
  [0, '0,00'],
  [7, '0,07'],
  [-123_456, '-1234,56'],
])('%i cents', (cents, written) => {
  expect(csvAmount(cents)).toBe(written);
});

test('the audit has each currency on a line, and each line the same columns', () => {
  const lines = auditCsv(auditReport()).trimEnd().split('\r\n');
  expect(new Set(lines.map((line) => line.split(';').length))).toEqual(new Set([5]));
  expect(lines).toContain('Provedores;stripe;Volume;USD;12100,00');
  expect(lines).toContain('Provedores;stripe;Volume;EUR;980,00');
});

test('the settlement has its days, and what differs with its transaction', () => {
  const lines = settlementCsv({ ...settlementReport, ...settlementDifferences }).split('\r\n');
  expect(lines[3]).toBe(
    '2031-05-05;bacen-pix;BRL;Difere;10;1000,00;0,00;0,00;0,00;1000,00;9;885,00;0,00;0,00;2,20;882,80;0,00;2;0',
  );
  expect(lines.at(-2)).toMatch(/Outro valor;Recebimento;100,00;85,00;;0,00;0198c1a0-/);
});
