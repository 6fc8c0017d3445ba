import { expect, test } from 'vitest';
import { composeReceipt, composeTestPrint, stampReceipt } from '../../domain/receipt.ts';
import type { ReceiptDocument } from '../../domain/receipt-document.ts';
import { textBlock } from '../../domain/receipt-document.ts';
import { receiptToPaper } from '../../domain/receipt-paper.ts';
import { qrMatrix } from '../../platform/qr-matrix.ts';
import { createTokenizer } from '../../simulators/printer/escpos-tokens.ts';
import { Strip } from '../../simulators/printer/strip.ts';
import { escposBytes } from './escpos-document.ts';

const TIME_ZONE = 'America/Sao_Paulo';
const PAPER = { jobId: '019cd8a0-3a63-7d6f-9c58-00aa11bb22cc', copyNumber: 2 };

const ticket = composeReceipt({
  merchantName: 'Clínica São José da Boa Vista e Região',
  unitName: 'Unidade Centro',
  timeZone: TIME_ZONE,
  ticketId: '6f0e4c1a-3a63-5d6f-9c58-2b8a7d1f4e90',
  ticketLabel: 'C012',
  serviceName: 'Avaliação cardiológica completa',
  payment: { kind: 'pix', amountCents: 12_550, paidAt: 60_000 },
  arrivedAt: 0,
  customerCpf: '529.982.247-25',
});

function printed(bytes: Uint8Array) {
  const strip = new Strip(qrMatrix);
  for (const token of createTokenizer().push(bytes)) strip.obey(token);
  return strip.tearOff();
}

test('first clears the printer, then chooses the code page of Portuguese', () => {
  const bytes = escposBytes({ v: 1, blocks: [textBlock('Ação: 5 €')] });
  expect(bytes.subarray(0, 5).toString('hex')).toBe('1b401b7413');
  expect(bytes.toString('hex')).toContain(Buffer.from([0x41, 0x87, 0xc6, 0x6f]).toString('hex'));
  expect(bytes.includes(0xd5)).toBe(true);
});

test('stores a QR code of model 2, level M, and prints it', () => {
  const hex = escposBytes({ v: 1, blocks: [{ kind: 'qr', data: 'abc', moduleDots: 6 }] }).toString('hex');
  expect(hex).toContain('1d286b0400314132001d286b03003143061d286b03003145311d286b0600315030616263');
  expect(hex).toContain('1d286b0300315130');
});

test.each<[string, ReceiptDocument]>([
  ['a second copy of a ticket', stampReceipt(ticket, PAPER)],
  [
    'a test print',
    stampReceipt(composeTestPrint({ kioskId: 'totem-1', timeZone: TIME_ZONE, printedAt: 0 }), PAPER),
  ],
])('a printer makes of %s the paper that its picture shows', (_what, document) => {
  const fromBytes = printed(escposBytes(document));
  const fromDocument = receiptToPaper(document, qrMatrix);
  expect(fromBytes.errors).toEqual([]);
  expect(fromBytes.paper).toEqual(fromDocument);
  // The comparison can fail: another label is another paper.
  expect(printed(escposBytes({ ...document, blocks: document.blocks.slice(1) })).paper).not.toEqual(
    fromDocument,
  );
});

test('no name can carry a command to the printer', () => {
  const bytes = escposBytes({ v: 1, blocks: [textBlock('Ana\x1bp\x00\x1dV\x00')] });
  const kinds = createTokenizer()
    .push(bytes)
    .map((token) => token.kind);
  expect(kinds).not.toContain('cut');
  expect(kinds).not.toContain('unknown');
});
