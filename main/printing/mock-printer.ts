import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { receiptToText } from '../../domain/receipt-lines.ts';
import type { Printer, PrinterCondition } from './printer.ts';
import { renderReceiptPng } from './receipt-png.ts';

/** Some days of a busy totem, in about ten megabytes; the tickets themselves are in the database. */
const KEPT_PAPERS = 500;
const FILES_PER_PAPER = 2;
const READY: PrinterCondition = { status: 'ready', detail: null };

/**
 * Stands in where no printer is configured: each paper becomes `<job id>.png` and `<job id>.txt` in `folder`, where
 * the newest are kept.
 */
export function createMockPrinter(folder: string): Printer {
  return {
    kind: 'mock',
    probe: async () => READY,
    async print(jobId, document) {
      const picturePath = join(folder, `${jobId}.png`);
      try {
        await mkdir(folder, { recursive: true });
        await removeOldPapers(folder);
        await writeDurably(join(folder, `${jobId}.txt`), receiptToText(document));
        await writeDurably(picturePath, renderReceiptPng(document));
      } catch (error) {
        // A full or read-only disk is to the mock what an empty roll is to a printer.
        return { kind: 'not_started', printer: { status: 'error', detail: String(error) } };
      }
      return { kind: 'mock', printer: READY, picturePath };
    },
  };
}

/** Job ids are UUIDs of version 7: by name is by age. */
async function removeOldPapers(folder: string): Promise<void> {
  const files = (await readdir(folder)).sort();
  for (const file of files.slice(0, -KEPT_PAPERS * FILES_PER_PAPER)) await rm(join(folder, file));
}

/** The file appears whole and on disk, or not at all: it is the only proof that this "paper" was ever made. */
async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(`${path}.part`, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}
