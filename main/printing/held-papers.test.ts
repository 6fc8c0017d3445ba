import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ReceiptDocument } from '../../domain/receipt-document.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { KIOSK_MIGRATIONS_FOLDER } from '../store/migrate.ts';
import { openKioskStore } from '../store/store.ts';
import { FakePrinter } from '../testing/fake-printer.ts';
import { createPrintQueue, MAX_WAIT_MS, PROBE_INTERVAL_MS } from './print-queue.ts';

type Permit = 'go' | 'hold' | 'superseded';
const DOCUMENT: ReceiptDocument = { v: 1, blocks: [{ kind: 'rule' }] };

/** A queue whose permissions a test gives by the label of the paper. */
function queueOf(permits: Record<string, Permit>) {
  const folder = mkdtempSync(join(tmpdir(), 'totem-held-papers-'));
  const clock = new ManualClock();
  const store = openKioskStore({
    file: join(folder, 'kiosk.sqlite'),
    migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
    clock,
    randomBytes: systemRandom,
  });
  // The tickets are beside the point.
  store.db.pragma('foreign_keys = OFF');
  const printer = new FakePrinter();
  const ended: string[] = [];
  const asks: string[] = [];
  const queue = createPrintQueue({
    db: store.db,
    write: store.write,
    clock,
    randomBytes: systemRandom,
    printer,
    log: silentLog,
    permit: ({ label }) => {
      asks.push(label);
      return permits[label] ?? 'go';
    },
    onFinished: ({ label }, { kind }) => ended.push(`${label} ${kind}`),
  });
  onTestFinished(async () => {
    await queue.stop();
    store.close();
    rmSync(folder, { recursive: true });
  });
  const enqueue = (label: string): string =>
    queue.enqueueTicket({ ticketId: label, label, document: DOCUMENT });
  const statusOf = (jobId: string): string | undefined =>
    queue.recentJobs().find((job) => job.jobId === jobId)?.status;
  queue.start();
  return { clock, queue, printer, ended, asks, enqueue, statusOf };
}

const until = (condition: () => boolean): Promise<void> => vi.waitFor(() => expect(condition()).toBe(true));

test('a held paper waits without an attempt and holds up no other; it prints when it is permitted', async () => {
  const permits: Record<string, Permit> = { C001: 'hold' };
  const { clock, queue, printer, ended, asks, enqueue, statusOf } = queueOf(permits);
  const held = enqueue('C001');
  const free = enqueue('C002');
  await until(() => statusOf(free) === 'printed');
  expect([statusOf(held), queue.isHeld('C001'), queue.isHeld('C002')]).toEqual(['queued', true, false]);
  expect(queue.recentJobs().find((job) => job.jobId === held)?.attempts).toBe(0);
  // The next look is at a probe's time, not in a circle: the clock stands still, and so does the queue.
  const asked = asks.length;
  for (let turn = 0; turn < 20; turn += 1) await nextTick();
  expect(asks.length).toBe(asked);
  permits['C001'] = 'go';
  clock.advance(PROBE_INTERVAL_MS);
  await until(() => {
    queue.wake();
    return statusOf(held) === 'printed';
  });
  expect(queue.isHolding()).toBe(false);
  expect(printer.papers).toHaveLength(2);
  expect(ended).toEqual(['C002 printed', 'C001 printed']);
});

test('a superseded paper ends without a paper, without a failure, and needs nobody’s attention', async () => {
  const { queue, printer, ended, enqueue, statusOf } = queueOf({ C001: 'superseded' });
  const jobId = enqueue('C001');
  await until(() => statusOf(jobId) === 'superseded');
  expect([printer.papers, ended, queue.needsAttention()]).toEqual([[], [], []]);
});

test('a paper that was held for too long is left to the technician', async () => {
  const { clock, queue, printer, ended, enqueue, statusOf } = queueOf({ C001: 'hold' });
  const jobId = enqueue('C001');
  await until(() => queue.isHeld('C001'));
  clock.advance(MAX_WAIT_MS + 1);
  queue.wake();
  await until(() => statusOf(jobId) === 'failed');
  expect([printer.papers, ended, queue.isHolding()]).toEqual([[], ['C001 failed'], false]);
});
