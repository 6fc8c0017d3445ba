import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ticketIdOfSession } from '../../domain/ids.ts';
import type { PrintJobView } from '../../domain/protocol/screens.ts';
import { composeReceipt, composeTestPrint } from '../../domain/receipt.ts';
import { silentLog } from '../../platform/log.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { eventually } from '../../platform/testing/eventually.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { startVirtualPrinter, type VirtualPrinter } from '../../simulators/printer/printer.ts';
import { type KioskDatabase, openKioskDatabase } from '../store/database.ts';
import { KIOSK_MIGRATIONS_FOLDER, migrateKiosk } from '../store/migrate.ts';
import { createEscposTcpPrinter, SILENT_PRINTER } from './escpos-tcp-printer.ts';
import { createMockPrinter } from './mock-printer.ts';
import type { PrintJobOutcome } from './print-outcome.ts';
import { createPrintQueue, MAX_WAIT_MS, PROBE_INTERVAL_MS, type PrintQueue } from './print-queue.ts';
import type { Printer } from './printer.ts';

const TIME_ZONE = 'America/Sao_Paulo';
/** Real TCP answers within a millisecond here; what is awaited in vain costs the tests this much. */
const TIMEOUTS = { connectMs: 500, statusMs: 400, printMs: 2_000 };

let folder: string;
let db: KioskDatabase;
/** Moved by hand: retries and probes happen when a test says so. The printer's own time-outs run on real time. */
let clock: ManualClock;
let virtual: VirtualPrinter;
let queues: PrintQueue[];
let finished: { job: PrintJobView; outcome: PrintJobOutcome }[];
let ticketCount: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-print-queue-'));
  db = openKioskDatabase(join(folder, 'kiosk.sqlite'));
  migrateKiosk(db, KIOSK_MIGRATIONS_FOLDER, 0);
  clock = new ManualClock();
  queues = [];
  finished = [];
  ticketCount = 0;
  virtual = await startVirtualPrinter({
    host: '127.0.0.1',
    port: 0,
    pagePort: 0,
    dataDir: join(folder, 'printer'),
    clock: systemClock,
    log: silentLog,
  });
});

afterEach(async () => {
  await Promise.all(queues.map((queue) => queue.stop()));
  expect(clock.pendingTasks, 'a stopped queue leaves no timer behind').toBe(0);
  await eventually(() => expect(virtual.connections(), 'every connection is closed').toBe(0));
  await virtual.close();
  db.close();
  rmSync(folder, { recursive: true });
});

function write<T>(change: () => T): T {
  return db.transaction(change).immediate();
}

function tcpPrinter(): Printer {
  const { hostname, port } = new URL(virtual.escposUrl);
  return createEscposTcpPrinter({
    host: hostname,
    port: Number(port),
    clock: systemClock,
    timeouts: TIMEOUTS,
  });
}

function newQueue(overrides: Partial<Parameters<typeof createPrintQueue>[0]> = {}): PrintQueue {
  const queue = createPrintQueue({
    db,
    write,
    clock,
    randomBytes: systemRandom,
    printer: tcpPrinter(),
    log: silentLog,
    onFinished: (job, outcome) => finished.push({ job, outcome }),
    ...overrides,
  });
  queues.push(queue);
  return queue;
}

function startedQueue(overrides: Partial<Parameters<typeof createPrintQueue>[0]> = {}): PrintQueue {
  const queue = newQueue(overrides);
  queue.start();
  return queue;
}

/** Issues a ticket as the kiosk does: ticket and print job in one transaction. */
function issueTicket(queue: PrintQueue): { ticketId: string; label: string; jobId: string } {
  ticketCount += 1;
  const sessionId = `019cd8a0-0000-7000-8000-00000000000${ticketCount}`;
  const ticketId = ticketIdOfSession(sessionId);
  const label = `C00${ticketCount}`;
  const document = composeReceipt({
    merchantName: 'Clínica Vila Nova',
    unitName: 'Centro',
    timeZone: TIME_ZONE,
    ticketId,
    ticketLabel: label,
    serviceName: 'Consulta',
    payment: { kind: 'pix', amountCents: 5_000, paidAt: clock.nowMs() },
    arrivedAt: clock.nowMs(),
    customerCpf: null,
  });
  const jobId = write(() => {
    db.prepare(`INSERT INTO tickets (ticket_id, session_id, kiosk_id, own, number, prefix, label, business_day,
        service_id, service_name, status, issued_at)
      VALUES (?, ?, 'totem-1', 1, ?, 'C', ?, '2026-03-10', 'service', 'Consulta', 'paid', ?)`).run(
      ticketId,
      sessionId,
      ticketCount,
      label,
      clock.nowMs(),
    );
    return queue.enqueueTicket({ ticketId, label, document });
  });
  return { ticketId, label, jobId };
}

function jobOf(jobId: string): PrintJobView & { mockPath: string | null } {
  return db
    .prepare<[string], PrintJobView & { mockPath: string | null }>(
      `SELECT job_id AS jobId, status, attempts, copy_number AS copyNumber, last_error AS lastError,
         finished_at AS finishedAt, mock_path AS mockPath FROM print_jobs WHERE job_id = ?`,
    )
    .get(jobId) as PrintJobView & { mockPath: string | null };
}

function attemptsOf(jobId: string): string[] {
  return db
    .prepare<[string], string>('SELECT outcome FROM print_attempts WHERE job_id = ? ORDER BY attempt')
    .pluck()
    .all(jobId);
}

async function untilJob(jobId: string, status: PrintJobView['status'], attempts = 1): Promise<void> {
  await eventually(() => expect(jobOf(jobId)).toMatchObject({ status, attempts }));
}

/** Lets time pass once the queue has gone to sleep. */
async function advance(durationMs: number): Promise<void> {
  await eventually(() => expect(clock.pendingTasks).toBeGreaterThan(0), 5);
  clock.advance(durationMs);
}

function paperLabels(): string[] {
  return virtual
    .papers()
    .map((paper) => /^C00\d$/m.exec(paper.text)?.[0] ?? 'none')
    .reverse();
}

describe('a printer that works', () => {
  test('prints each ticket once, in order, and ends the job inside one transaction', async () => {
    const inTransaction: boolean[] = [];
    const queue = startedQueue({ onFinished: () => inTransaction.push(db.inTransaction) });
    const first = issueTicket(queue);
    const second = issueTicket(queue);
    await untilJob(second.jobId, 'printed');
    expect(paperLabels()).toEqual(['C001', 'C002']);
    expect(virtual.papers().every((paper) => paper.complete && paper.errors.length === 0)).toBe(true);
    expect(virtual.papers()[1]?.qrCodes).toEqual([`ticket:${first.ticketId}`]);
    expect(attemptsOf(first.jobId)).toEqual(['printed']);
    expect(inTransaction).toEqual([true, true]);
    expect(queue.state()).toEqual({
      kind: 'escpos',
      status: 'ready',
      detail: null,
      checkedAt: clock.nowMs(),
    });
    expect(queue.needsAttention()).toEqual([]);
    expect(queue.recentJobs().map((job) => job.label)).toEqual(['C002', 'C001']);
  });

  test('prints nothing for a transaction that is undone', async () => {
    const queue = startedQueue();
    expect(() =>
      write(() => {
        issueTicket(queue);
        throw new Error('undone');
      }),
    ).toThrow('undone');
    ticketCount = 0;
    const kept = issueTicket(queue);
    await untilJob(kept.jobId, 'printed');
    expect(paperLabels()).toEqual(['C001']);
  });

  test('a copy says so and has its number; a second one waits for the first', async () => {
    const queue = startedQueue();
    const { ticketId, jobId } = issueTicket(queue);
    await untilJob(jobId, 'printed');
    const copy = queue.enqueueReprint(ticketId);
    expect(queue.enqueueReprint(ticketId)).toEqual({ ok: false, code: 'print_in_progress' });
    if (!copy.ok) throw new Error(copy.code);
    await untilJob(copy.jobId, 'printed');
    expect(jobOf(copy.jobId).copyNumber).toBe(2);
    expect(virtual.papers()[0]?.text).toMatch(/^ 2ª VIA\nCópia número 2/);
    expect(virtual.papers()[1]?.text).not.toContain('2ª VIA');
    expect(queue.enqueueReprint(crypto.randomUUID())).toEqual({ ok: false, code: 'unknown_ticket' });
  });

  test('makes a test print, which belongs to no ticket', async () => {
    const queue = startedQueue();
    const about = { kioskId: 'totem-1', timeZone: TIME_ZONE, printedAt: clock.nowMs() };
    const jobId = queue.enqueueTest(composeTestPrint(about));
    await untilJob(jobId, 'printed');
    expect(virtual.papers()[0]?.text).toContain('TESTE DE IMPRESSÃO');
    expect(finished[0]?.job).toMatchObject({ kind: 'test', ticketId: null, label: 'TESTE' });
  });

  test('FQM #93, #100 (the test page prints, tickets fail): both go one way, and fail together', async () => {
    const queue = startedQueue();
    const about = { kioskId: 'totem-1', timeZone: TIME_ZONE, printedAt: clock.nowMs() };
    const printBoth = (): string[] => [queue.enqueueTest(composeTestPrint(about)), issueTicket(queue).jobId];
    for (const jobId of printBoth()) await untilJob(jobId, 'printed');
    expect(virtual.papers().map((paper) => [paper.complete, paper.errors])).toEqual([
      [true, []],
      [true, []],
    ]);
    await virtual.setMode('cover_open');
    const [test, ticket] = printBoth().map((jobId) => () => jobOf(jobId));
    await eventually(() => expect(ticket?.()).toMatchObject({ status: 'queued', attempts: 1 }));
    expect(ticket?.().lastError).not.toBeNull();
    expect(test?.()).toMatchObject({ status: 'queued', attempts: 1, lastError: ticket?.().lastError });
  });

  test('is asked how it is while it is idle', async () => {
    const queue = startedQueue();
    const states: string[] = [];
    queue.onChange(() => states.push(queue.state().status));
    await eventually(() => expect(queue.state().status).toBe('ready'));
    await virtual.setMode('paper_low');
    await advance(PROBE_INTERVAL_MS);
    await eventually(() => expect(queue.state().status).toBe('paper_low'));
    await virtual.setMode('offline');
    await advance(PROBE_INTERVAL_MS);
    await eventually(() => expect(queue.state().status).toBe('offline'));
    expect(states).toEqual(['ready', 'paper_low', 'offline']);
  });
});

describe('a printer that cannot print', () => {
  test.each(['paper_out', 'cover_open', 'offline'] as const)(
    'esc_pos_printer#108 (a flood after the refill), VxSuite #8993 (a printer that is off crashes the screen): %s: three attempts, then failed for good; nothing floods out when it is mended',
    async (mode) => {
      await virtual.setMode(mode);
      const queue = startedQueue();
      const { ticketId, jobId } = issueTicket(queue);
      await untilJob(jobId, 'queued', 1);
      await advance(1_000);
      await untilJob(jobId, 'queued', 2);
      await advance(3_000);
      await untilJob(jobId, 'failed', 3);
      expect(finished.map(({ outcome }) => outcome)).toEqual([
        { kind: 'failed', printer: mode, detail: expect.any(String) },
      ]);
      expect(queue.needsAttention().map((job) => job.jobId)).toEqual([jobId]);

      await virtual.setMode('ready');
      await advance(PROBE_INTERVAL_MS);
      await eventually(() => expect(queue.state().status).toBe('ready'));
      await advance(MAX_WAIT_MS);
      expect(virtual.papers()).toEqual([]);

      const copy = queue.enqueueReprint(ticketId);
      if (!copy.ok) throw new Error(copy.code);
      await untilJob(copy.jobId, 'printed');
      expect(virtual.papers()).toHaveLength(1);
      expect(queue.needsAttention()).toEqual([]);
    },
  );

  test('a cover that is closed in time costs one attempt', async () => {
    await virtual.setMode('cover_open');
    const { jobId } = issueTicket(startedQueue());
    await untilJob(jobId, 'queued', 1);
    await virtual.setMode('ready');
    await advance(1_000);
    await untilJob(jobId, 'printed', 2);
    expect(attemptsOf(jobId)).toEqual(['not_started', 'printed']);
  });
});

describe('a paper in doubt', () => {
  async function expectNoSecondPaper(jobId: string): Promise<void> {
    const before = virtual.papers().length;
    await virtual.setMode('ready');
    await advance(MAX_WAIT_MS);
    await advance(PROBE_INTERVAL_MS);
    expect(jobOf(jobId)).toMatchObject({ status: 'uncertain', attempts: 1 });
    expect(virtual.papers()).toHaveLength(before);
  }

  test('power lost in mid-ticket: uncertain at once, never printed again by itself', async () => {
    await virtual.setMode('die_mid_ticket', { dieAfterBytes: 150 });
    const queue = startedQueue();
    const { jobId } = issueTicket(queue);
    await untilJob(jobId, 'uncertain');
    expect(virtual.papers()).toMatchObject([{ complete: false }]);
    expect(queue.needsAttention().map((job) => job.jobId)).toEqual([jobId]);
    await expectNoSecondPaper(jobId);
  });

  test('Odoo #242617 (a spinner for ever): slower than the time allowed: uncertain', async () => {
    await virtual.setMode('slow', { slowMs: 60_000 });
    const { jobId } = issueTicket(startedQueue());
    await untilJob(jobId, 'uncertain');
    expect(jobOf(jobId).lastError).toBe('no confirmation within 2000 ms');
  });

  test('slow, but within its time: printed', async () => {
    await virtual.setMode('slow', { slowMs: 600 });
    const { jobId } = issueTicket(startedQueue());
    await untilJob(jobId, 'printed');
    expect(virtual.papers()).toHaveLength(1);
  });

  test('VxSuite #7620 (no paper in the middle of a job): told within a second, and not sent a second time', async () => {
    await virtual.setMode('slow', { slowMs: 60_000 });
    const { jobId } = issueTicket(startedQueue());
    await eventually(() => expect(virtual.bufferedBytes()).toBeGreaterThan(0), 1);
    await virtual.setMode('paper_out');
    await untilJob(jobId, 'uncertain');
    expect(jobOf(jobId).lastError).toBe('the printer stopped while printing: paper_out');
    // The printer itself holds the rest, and cuts it off after the refill. That is the one paper.
    await virtual.setMode('ready');
    expect(paperLabels()).toEqual(['C001']);
    await expectNoSecondPaper(jobId);
  });

  test('Odoo #223525 (prints blind): a printer that answers no status: printed once, called uncertain', async () => {
    await virtual.setMode('mute');
    const queue = startedQueue();
    const { jobId } = issueTicket(queue);
    await untilJob(jobId, 'uncertain');
    expect(queue.state()).toMatchObject({ status: 'unknown', detail: SILENT_PRINTER });
    await eventually(() => expect(paperLabels()).toEqual(['C001']));
    await expectNoSecondPaper(jobId);
  });

  test('killed while sending: uncertain at the next start, inside a transaction, and never sent again', async () => {
    const { jobId } = issueTicket(newQueue());
    db.exec(`UPDATE print_jobs SET status = 'sending', attempts = 1`);
    const inTransaction: boolean[] = [];
    startedQueue({ onFinished: () => inTransaction.push(db.inTransaction) });
    await untilJob(jobId, 'uncertain');
    expect(inTransaction).toEqual([true]);
    await expectNoSecondPaper(jobId);
  });

  test('an end that cannot be written is undone whole, and found again as uncertain', async () => {
    let failures = 0;
    const queue = startedQueue({
      onFinished: (job, outcome) => {
        failures += 1;
        if (failures === 1) throw new Error('disk full');
        finished.push({ job, outcome });
      },
    });
    const { jobId } = issueTicket(queue);
    await eventually(() => expect(failures).toBe(1));
    expect(jobOf(jobId).status).toBe('sending');
    await advance(PROBE_INTERVAL_MS);
    await untilJob(jobId, 'uncertain');
    expect(finished).toHaveLength(1);
    expect(paperLabels()).toEqual(['C001']);
  });
});

describe('stopping and starting', () => {
  test('lets the paper in progress come out', async () => {
    await virtual.setMode('slow', { slowMs: 300 });
    const queue = startedQueue();
    const { jobId } = issueTicket(queue);
    await eventually(() => expect(virtual.bufferedBytes()).toBeGreaterThan(0), 1);
    await queue.stop();
    expect(jobOf(jobId).status).toBe('printed');
  });

  test('what waited is printed by the next start, once', async () => {
    await virtual.setMode('paper_out');
    const stopped = startedQueue();
    const { jobId } = issueTicket(stopped);
    await untilJob(jobId, 'queued', 1);
    await stopped.stop();
    await virtual.setMode('ready');
    clock.advance(5_000);
    expect(virtual.papers()).toEqual([]);
    startedQueue();
    await untilJob(jobId, 'printed', 2);
    expect(paperLabels()).toEqual(['C001']);
  });

  test('what waited too long is left to the technician', async () => {
    const { jobId } = issueTicket(newQueue());
    clock.advance(MAX_WAIT_MS + 1);
    startedQueue();
    await untilJob(jobId, 'failed');
    expect(virtual.papers()).toEqual([]);
    expect(finished[0]?.job.attempts).toBe(1);
  });
});

test('without a printer, the picture is the paper', async () => {
  const queue = startedQueue({ printer: createMockPrinter(join(folder, 'papers')) });
  const { jobId } = issueTicket(queue);
  await untilJob(jobId, 'printed');
  const picturePath = join(folder, 'papers', `${jobId}.png`);
  expect(jobOf(jobId).mockPath).toBe(picturePath);
  expect(finished[0]?.outcome).toEqual({ kind: 'mock', picturePath });
  expect(queue.state()).toMatchObject({ kind: 'mock', status: 'ready' });
});

test('Odoo #230223 (connections leak, until nothing prints): papers, probes and refusals leave none open', async () => {
  const queue = startedQueue();
  for (const mode of ['ready', 'paper_out', 'cover_open', 'offline', 'ready'] as const) {
    await virtual.setMode(mode);
    const { jobId } = issueTicket(queue);
    await untilJob(jobId, mode === 'ready' ? 'printed' : 'queued', 1);
    if (mode !== 'ready') await advance(1_000);
    if (mode !== 'ready') await untilJob(jobId, 'queued', 2);
    await advance(PROBE_INTERVAL_MS);
    await eventually(() => expect(virtual.connections()).toBe(0));
  }
});

test('one call to the printer at a time, probes and prints alike', async () => {
  const inner = tcpPrinter();
  let running = 0;
  let most = 0;
  const watched = async <T>(call: () => Promise<T>): Promise<T> => {
    running += 1;
    most = Math.max(most, running);
    try {
      return await call();
    } finally {
      running -= 1;
    }
  };
  const queue = startedQueue({
    printer: {
      kind: 'escpos',
      probe: (signal) => watched(() => inner.probe(signal)),
      print: (...args) => watched(() => inner.print(...args)),
    },
  });
  const jobIds = [1, 2, 3].map(() => issueTicket(queue).jobId);
  for (const jobId of jobIds) {
    clock.advance(PROBE_INTERVAL_MS);
    queue.wake();
    await untilJob(jobId, 'printed');
  }
  expect(most).toBe(1);
});

test('a driver that fails has perhaps printed', async () => {
  const queue = startedQueue({
    printer: {
      kind: 'escpos',
      probe: async () => ({ status: 'ready', detail: null }),
      print: async () => {
        throw new Error('a bug');
      },
    },
  });
  const { jobId } = issueTicket(queue);
  await untilJob(jobId, 'uncertain');
});
