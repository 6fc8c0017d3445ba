import { create } from 'qrcode';
import type { QrMatrix } from '../domain/paper.ts';

/** QR codes of model 2 as rows of modules, without the quiet zone. */
export const qrMatrix: QrMatrix = (data, errorCorrection) => {
  const { modules } = create([{ data: Buffer.from(data, 'utf8'), mode: 'byte' }], {
    errorCorrectionLevel: errorCorrection,
  });
  return Array.from({ length: modules.size }, (_, row) =>
    Array.from({ length: modules.size }, (_, column) => (modules.get(row, column) ? '1' : '0')).join(''),
  );
};
