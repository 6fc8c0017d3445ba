import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { textBlock } from '../../domain/receipt-document.ts';
import { createMockPrinter } from './mock-printer.ts';

const DOCUMENT = { v: 1 as const, blocks: [textBlock('C012')] };
const never = new AbortController().signal;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-mock-printer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('writes the paper as picture and text, named by its job', async () => {
  const papers = join(folder, 'papers');
  const outcome = await createMockPrinter(papers).print('job-1', DOCUMENT, never);
  expect(outcome).toMatchObject({ kind: 'mock', picturePath: join(papers, 'job-1.png') });
  expect(readFileSync(join(papers, 'job-1.txt'), 'utf8')).toBe('C012\n');
  expect(readFileSync(join(papers, 'job-1.png')).subarray(1, 4).toString()).toBe('PNG');
});

test('keeps the newest 500 papers and the one that it writes', async () => {
  const papers = join(folder, 'papers');
  mkdirSync(papers);
  for (let job = 1000; job < 1502; job += 1) {
    writeFileSync(join(papers, `job-${job}.png`), '');
    writeFileSync(join(papers, `job-${job}.txt`), '');
  }
  await createMockPrinter(papers).print('job-1502', DOCUMENT, never);
  const files = readdirSync(papers).sort();
  expect(files).toHaveLength(1_002);
  expect([files[0], files.at(-1)]).toEqual(['job-1002.png', 'job-1502.txt']);
});

test('a folder that cannot be written is a printer with an error', async () => {
  const file = join(folder, 'in-the-way');
  writeFileSync(file, '');
  expect(await createMockPrinter(file).print('job-1', DOCUMENT, never)).toMatchObject({
    kind: 'not_started',
    printer: { status: 'error' },
  });
});
