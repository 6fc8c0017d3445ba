import type { ReceiptDocument } from '../../domain/receipt-document.ts';
import { receiptToPaper } from '../../domain/receipt-paper.ts';
import { renderPaperPng } from '../../platform/paper-png.ts';
import { qrMatrix } from '../../platform/qr-matrix.ts';

/** The paper of a document as a PNG picture, 8 pixels to the millimetre. */
export function renderReceiptPng(document: ReceiptDocument): Buffer {
  return renderPaperPng(receiptToPaper(document, qrMatrix));
}
