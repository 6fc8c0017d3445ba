import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ReceiptDocument, textBlock } from '../domain/receipt-document.ts';
import { createEscposTcpPrinter } from '../main/printing/escpos-tcp-printer.ts';
import { systemClock } from '../platform/system.ts';
import { openStopwatchPrinter, type StopwatchPrinter } from './stopwatch-printer.ts';

const TICKET: ReceiptDocument = { v: 1, blocks: [textBlock('C012'), { kind: 'cut' }] };
const signal = new AbortController().signal;
let stopwatch: StopwatchPrinter;

beforeEach(async () => {
  stopwatch = await openStopwatchPrinter();
});
afterEach(() => stopwatch.close());

it('is a ready printer to the kiosk, and tells when a ticket begins', async () => {
  const { hostname, port } = new URL(stopwatch.address);
  const printer = createEscposTcpPrinter({ host: hostname, port: Number(port), clock: systemClock });
  let firstByteAt: number | undefined;
  const begun = stopwatch.nextFirstByteAt().then((at) => {
    firstByteAt = at;
  });
  expect(await printer.probe(signal)).toEqual({ status: 'ready', detail: null });
  expect(firstByteAt).toBeUndefined();

  const before = performance.now();
  expect(await printer.print('job', TICKET, signal)).toMatchObject({ kind: 'printed' });
  await begun;
  expect(firstByteAt).toBeGreaterThanOrEqual(before);
  expect(firstByteAt).toBeLessThanOrEqual(performance.now());

  // Every ticket has a first byte of its own.
  const second = stopwatch.nextFirstByteAt();
  await printer.print('job 2', TICKET, signal);
  expect(await second).toBeGreaterThan(firstByteAt ?? 0);
});
