import thermal from 'node-thermal-printer';
import type { ReceiptDocument } from '../../domain/receipt-document.ts';
import { type ReceiptLine, receiptLines } from '../../domain/receipt-lines.ts';

const { BreakLine, CharacterSet, PrinterTypes, ThermalPrinter } = thermal;

/** `ESC @`: forgets whatever an earlier, broken job left behind in the printer's buffer and modes. */
const INITIALIZE = Buffer.from([0x1b, 0x40]);

/**
 * The bytes that make an ESC/POS printer print the document, in code page 858. Pure: nothing is sent.
 */
export function escposBytes(document: ReceiptDocument): Buffer {
  const driver = new ThermalPrinter({
    type: PrinterTypes.EPSON,
    // The driver is used for its encoding alone: with an empty interface it opens nothing.
    interface: '',
    // Lines come broken to their width; the driver's own folding would know nothing of magnified characters.
    breakLine: BreakLine.NONE,
  });
  driver.add(INITIALIZE);
  // After ESC @, which would undo it.
  driver.setCharacterSet(CharacterSet.PC858_EURO);
  for (const line of receiptLines(document)) addLine(driver, line);
  return driver.getBuffer();
}

type Driver = InstanceType<typeof ThermalPrinter>;

function addLine(driver: Driver, line: ReceiptLine): void {
  switch (line.kind) {
    case 'text':
      align(driver, line.align);
      // The driver counts magnification from 0.
      driver.setTextSize(line.size - 1, line.size - 1);
      driver.bold(line.bold);
      driver.invert(line.inverted);
      driver.println(line.text);
      return;
    case 'feed':
      plain(driver);
      for (let count = 0; count < line.lines; count += 1) driver.newLine();
      return;
    case 'qr':
      plain(driver);
      align(driver, 'center');
      driver.printQR(line.data, { cellSize: line.moduleDots, correction: 'M', model: 2 });
      return;
    case 'cut':
      // The document says how far to feed; the driver's own feed before the cut would come on top of it.
      driver.cut({ verticalTabAmount: 0 });
      return;
  }
}

function plain(driver: Driver): void {
  driver.setTextSize(0, 0);
  driver.bold(false);
  driver.invert(false);
}

function align(driver: Driver, side: 'left' | 'center' | 'right'): void {
  if (side === 'left') driver.alignLeft();
  else if (side === 'center') driver.alignCenter();
  else driver.alignRight();
}
