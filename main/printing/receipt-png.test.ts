import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { textBlock } from '../../domain/receipt-document.ts';
import { renderReceiptPng } from './receipt-png.ts';

test('the picture carries a QR code that an independent reader reads', () => {
  const data = 'ticket:6f0e4c1a-3a63-5d6f-9c58-2b8a7d1f4e90';
  const png = PNG.sync.read(
    renderReceiptPng({ v: 1, blocks: [textBlock('C012', { size: 7 }), { kind: 'qr', data, moduleDots: 6 }] }),
  );
  expect(png.width).toBe(640);
  expect(jsqr.default(new Uint8ClampedArray(png.data), png.width, png.height)?.data).toBe(data);
});

test('letters are drawn with the font that the product brings', () => {
  const blackDotsOf = (text: string): number => {
    const { data } = PNG.sync.read(renderReceiptPng({ v: 1, blocks: [textBlock(text)] }));
    return data.filter((value, index) => index % 4 === 0 && value < 128).length;
  };
  expect(blackDotsOf(' ')).toBe(0);
  expect(blackDotsOf('Ã')).toBeGreaterThan(blackDotsOf('A'));
});
