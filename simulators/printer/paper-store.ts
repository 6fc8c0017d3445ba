import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { renderPaperPng } from '../../platform/paper-png.ts';
import type { PrintedStrip } from './strip.ts';

/** `GET /api/papers` answers a list of these, newest first. */
export const PaperRecord = z.object({
  /** Six digits, counting up for as long as the data folder lives. */
  id: z.string().regex(/^\d{6}$/),
  /** Epoch ms. */
  at: z.number(),
  text: z.string(),
  qrCodes: z.array(z.string()),
  /** False for a strip that was torn off before its cut. */
  complete: z.boolean(),
  errors: z.array(z.string()),
});
export type PaperRecord = z.infer<typeof PaperRecord>;

/** Papers that are kept in memory and listed; older ones stay on disk. */
const MAX_LISTED = 5_000;

export interface PaperStore {
  /** Newest first. */
  list(): readonly PaperRecord[];
  /** Undefined for a paper that does not exist. */
  png(id: string): Buffer | undefined;
  add(strip: PrintedStrip, complete: boolean, at: number): PaperRecord;
}

/** Papers as files: `NNNNNN.json` (the record), `.bin` (the bytes), `.txt` and `.png`. The record comes last, whole. */
export function openPaperStore(folder: string): PaperStore {
  mkdirSync(folder, { recursive: true });
  const papers: PaperRecord[] = readdirSync(folder)
    .filter((file) => /^\d{6}\.json$/.test(file))
    .sort()
    .slice(-MAX_LISTED)
    .map((file) => PaperRecord.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));

  return {
    list: () => papers.toReversed(),
    png(id) {
      return papers.some((paper) => paper.id === id) ? readFileSync(join(folder, `${id}.png`)) : undefined;
    },
    add(strip, complete, at) {
      const id = String(Number(papers.at(-1)?.id ?? 0) + 1).padStart(6, '0');
      const { text, qrCodes, errors } = strip;
      const paper: PaperRecord = { id, at, text, qrCodes: [...qrCodes], complete, errors: [...errors] };
      const file = (extension: string): string => join(folder, `${id}.${extension}`);
      writeFileSync(file('bin'), strip.bytes);
      writeFileSync(file('txt'), text);
      writeFileSync(file('png'), renderPaperPng(strip.paper));
      // Durable before the printer confirms it: what was called printed must still lie here after a power cut.
      writeFileSync(`${file('json')}.part`, `${JSON.stringify(paper, null, 2)}\n`, { flush: true });
      renameSync(`${file('json')}.part`, file('json'));
      papers.push(paper);
      if (papers.length > MAX_LISTED) papers.shift();
      return paper;
    },
  };
}
