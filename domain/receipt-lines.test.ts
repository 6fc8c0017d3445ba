import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReceiptBlock, type ReceiptDocument, textBlock } from './receipt-document.ts';
import { receiptLines, receiptToText, wrapText } from './receipt-lines.ts';

const anyText = fc.oneof(fc.lorem({ maxCount: 20 }), fc.string({ unit: 'grapheme', maxLength: 30 }));
const shortText = anyText.map((text) => text.slice(0, 100));
const align = fc.constantFrom('left' as const, 'center' as const, 'right' as const);

const block: fc.Arbitrary<ReceiptBlock> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    text: anyText,
    align,
    size: fc.integer({ min: 1, max: 8 }),
    bold: fc.boolean(),
    inverted: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('pair' as const), left: shortText, right: shortText, bold: fc.boolean() }),
  fc.constant({ kind: 'rule' as const }),
  fc.record({
    kind: fc.constant('qr' as const),
    data: fc.stringMatching(/^[\x20-\x7e]{1,300}$/),
    moduleDots: fc.integer({ min: 1, max: 8 }),
  }),
  fc.record({ kind: fc.constant('feed' as const), lines: fc.integer({ min: 1, max: 10 }) }),
  fc.constant({ kind: 'cut' as const }),
);
const document: fc.Arbitrary<ReceiptDocument> = fc.record({
  v: fc.constant(1 as const),
  blocks: fc.array(block, { minLength: 1, maxLength: 12 }),
});

function textOf(...blocks: ReceiptBlock[]): string[] {
  return receiptToText({ v: 1, blocks }, 20).split('\n');
}

describe('receiptToText', () => {
  it('aligns, rules, pairs and cuts', () => {
    expect(
      textOf(
        textBlock('Unidade', { align: 'center' }),
        textBlock('fim', { align: 'right' }),
        { kind: 'rule' },
        { kind: 'pair', left: 'Pago', right: 'R$ 1,00', bold: false },
        { kind: 'feed', lines: 2 },
        { kind: 'cut' },
      ),
    ).toEqual([
      '      Unidade',
      '                 fim',
      '────────────────────',
      'Pago         R$ 1,00',
      '',
      '',
      '- - - - - - - - - -',
      '',
    ]);
  });

  it('puts the value below its label when both do not fit side by side', () => {
    expect(textOf({ kind: 'pair', left: 'Pagamento às', right: '10/03/2026', bold: false })).toEqual([
      'Pagamento às',
      '          10/03/2026',
      '',
    ]);
  });

  it('breaks magnified text by the characters that fit', () => {
    expect(textOf(textBlock('abcdefghij klm', { size: 2 }))).toEqual(['abcdefghij', 'klm', '']);
  });

  it('writes no line that is wider than the paper', () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 8, max: 64 }), (receipt, columns) => {
        for (const line of receiptToText(receipt, columns).split('\n'))
          expect(line.length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('receiptLines', () => {
  it('fits every line, magnified as it is, on the paper', () => {
    fc.assert(
      fc.property(document, (receipt) => {
        for (const line of receiptLines(receipt)) {
          if (line.kind === 'text') expect(line.text.length * line.size).toBeLessThanOrEqual(48);
        }
      }),
    );
  });

  it('takes documents of the stored shape alone', () => {
    expect(ReceiptBlock.safeParse({ kind: 'qr', data: 'é', moduleDots: 6 }).success).toBe(false);
    fc.assert(fc.property(block, (each) => ReceiptBlock.safeParse(each).success));
  });
});

describe('wrapText', () => {
  it('loses no character but spaces, and keeps to the width', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ]{0,120}$/), fc.integer({ min: 1, max: 30 }), (text, columns) => {
        const lines = wrapText(text, columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('breaks between words where it can', () => {
    expect(wrapText('um dois três', 8)).toEqual(['um dois', 'três']);
    expect(wrapText('', 8)).toEqual(['']);
    expect(wrapText('paralelepípedo', 8)).toEqual(['paralele', 'pípedo']);
  });
});
