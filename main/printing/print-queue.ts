import type { Clock, RandomBytes } from '../../domain/clock.ts';
import { newId } from '../../domain/ids.ts';
import type { PrinterState } from '../../domain/protocol/machine-state.ts';
import type { PrintJobView } from '../../domain/protocol/screens.ts';
import { stampReceipt } from '../../domain/receipt.ts';
import { ReceiptDocument } from '../../domain/receipt-document.ts';
import type { Log } from '../../platform/log.ts';
import type { KioskStore } from '../store/store.ts';
import { createPrintJobRepository, type DueJob } from './print-jobs.ts';
import { type AttemptResult, detailOf, finalOutcome, type PrintJobOutcome } from './print-outcome.ts';
import type { Printer, PrinterCondition } from './printer.ts';

export type ReprintResult =
  | { readonly ok: true; readonly jobId: string }
  | { readonly ok: false; readonly code: 'unknown_ticket' | 'print_in_progress' };

export interface PrintQueue {
  /** Writes the first paper's job; to be called inside the transaction that issues the ticket. It prints after the commit. */
  enqueueTicket(ticket: {
    readonly ticketId: string;
    readonly label: string;
    readonly document: ReceiptDocument;
    /** The server's clock: the job may start before it; from then on `permit` decides. By default at any time. */
    readonly startBefore?: number | null;
    /** 2 where a first paper may have come out that this kiosk knows nothing of. */
    readonly copyNumber?: number;
  }): string;
  /** Writes a job for one more paper of a ticket that this queue has printed or tried to print. */
  enqueueReprint(ticketId: string): ReprintResult;
  enqueueTest(document: ReceiptDocument): string;
  /** Ends what a killed process left in doubt, then prints what waits. */
  start(): void;
  /** Lets the paper that is being printed come out, within `STOP_GRACE_MS`. For good: make a new queue to go on. */
  stop(): Promise<void>;
  /** Looks at once whether there is work; enqueueing does it by itself. */
  wake(): void;
  state(): PrinterState;
  /** Whether a paper of the ticket waits, not for the printer, but for the permission to start. */
  isHeld(ticketId: string): boolean;
  /** Whether any does; `wake` asks for its permission anew. */
  isHolding(): boolean;
  /** Per ticket, its newest paper when that failed or is uncertain; newest first. */
  needsAttention(): PrintJobView[];
  recentJobs(): PrintJobView[];
  /** Papers of rescued tickets, printed here since `sinceMs`. Newest first. */
  rescuePapers(sinceMs: number): { ticketId: string; label: string; status: PrintJobView['status'] }[];
  /** Tells of a change of the printer's state or of a job, after its commit. @returns stops the listening */
  onChange(listener: () => void): () => void;
}

/** Attempts at one paper, each only after the one before is known not to have begun. */
export const MAX_ATTEMPTS = 3;
/** Pauses before the second and the third attempt: a cover is closed in seconds; a customer waits no minutes. */
const RETRY_AFTER_MS = [1_000, 3_000] as const;
const LONGEST_PAUSE_MS = Math.max(...RETRY_AFTER_MS);
/** How often an idle printer is asked how it is, so that the totem knows before it sells. */
export const PROBE_INTERVAL_MS = 5_000;
/** A paper that waited longer than this (the kiosk was off) finds no customer; it is left to the technician. */
export const MAX_WAIT_MS = 10 * 60_000;
/** Long enough for a ticket in progress, shorter than a service is given to stop. */
const STOP_GRACE_MS = 5_000;
const RECENT_JOBS = 20;
/** More than a technician can look at; older ones are in the support bundle. */
const MAX_ATTENTION = 50;
const TEST_LABEL = 'TESTE';
const SUPERSEDED = 'before its paper was begun the ticket had been rescued by an operator, or was void';
const INTERRUPTED = 'the totem stopped while this was being printed';

/**
 * The papers of one kiosk, one at a time. A job is a row in SQLite, so no paper is forgotten; it is printed again by
 * itself only while it is known that nothing of it came out. A job that has ended never prints later by itself.
 */
export function createPrintQueue(options: {
  readonly db: KioskStore['db'];
  /** Runs a change as one transaction (`store.write`). */
  readonly write: KioskStore['write'];
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly printer: Printer;
  readonly log: Log;
  /** Whether a paper may start at this instant; asked before each attempt. By default always. */
  readonly permit?: (job: DueJob) => 'go' | 'hold' | 'superseded';
  /** Called inside the transaction that ends the job, so that ticket and outbox change with it or not at all. */
  readonly onFinished: (job: PrintJobView, outcome: PrintJobOutcome) => void;
}): PrintQueue {
  const { write, clock, randomBytes, printer, log, onFinished, permit = () => 'go' } = options;
  const jobs = createPrintJobRepository(options.db);
  const listeners = new Set<() => void>();
  const stopPrinting = new AbortController();
  const stopProbing = new AbortController();
  let state: PrinterState = { kind: printer.kind, status: 'unknown', detail: null, checkedAt: null };
  let phase: 'new' | 'running' | 'stopped' = 'new';
  let turn: Promise<void> | null = null;
  let wokenDuringTurn = false;
  let cancelTimer = (): void => undefined;
  /** The tickets whose papers were held when the queue last looked, and when that was. */
  let held: ReadonlySet<string> = new Set();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let probedAtMs = Number.NEGATIVE_INFINITY;
  /** When this process queued what has not ended yet, by the monotonic clock: a clock that is set ages no paper. */
  const queuedAtMs = new Map<string, number>();

  function enqueue(job: {
    ticketId: string | null;
    kind: PrintJobView['kind'];
    copyNumber: number;
    label: string;
    documentJson: string;
    startBefore?: number | null;
  }): string {
    const jobId = newId(clock, randomBytes);
    jobs.insert({ startBefore: null, ...job, jobId, createdAt: clock.nowMs() });
    queuedAtMs.set(jobId, clock.monotonicMs());
    wake();
    return jobId;
  }

  function wake(): void {
    if (phase !== 'running') return;
    if (turn !== null) {
      wokenDuringTurn = true;
      return;
    }
    cancelTimer();
    turn = takeTurn()
      .then(pauseUntilNextTurn, (error: unknown) => {
        // The database could not be read or written. What was under way is found in `sending` by the next turn.
        log.error({ err: error }, 'print queue: a turn failed');
        wokenDuringTurn = false;
        return PROBE_INTERVAL_MS;
      })
      .then((pauseMs) => {
        turn = null;
        if (phase !== 'running') return;
        if (wokenDuringTurn) {
          wokenDuringTurn = false;
          wake();
        } else cancelTimer = clock.schedule(pauseMs, wake);
      });
  }

  async function takeTurn(): Promise<void> {
    // SQLite transactions are synchronous: after this, that of the caller who woke us is committed or undone.
    await Promise.resolve();
    endInterruptedJobs();
    while (phase === 'running') {
      const job = nextPermitted();
      if (job === undefined) break;
      await attempt(job);
    }
    if (phase === 'running' && probeDueInMs() <= 0) notePrinter(await printer.probe(stopProbing.signal));
  }

  /** The next that is due and may start. Those that must wait wait without holding up the others. */
  function nextPermitted(): DueJob | undefined {
    lookedAt = clock.nowMs();
    const waiting = new Set<string>();
    let next: DueJob | undefined;
    for (const job of jobs.due(lookedAt, LONGEST_PAUSE_MS)) {
      // One that waited too long is refused by its attempt, whoever was to permit it.
      const answer = hasWaitedTooLong(job) ? 'go' : permit(job);
      if (answer === 'superseded') endSuperseded(job);
      else if (answer === 'go') next ??= job;
      else if (job.ticketId !== null) waiting.add(job.ticketId);
    }
    const same = waiting.size === held.size && [...waiting].every((ticketId) => held.has(ticketId));
    held = waiting;
    if (!same) changed();
    return next;
  }

  function hasWaitedTooLong({ jobId, createdAt }: PrintJobView): boolean {
    const queuedMs = queuedAtMs.get(jobId);
    const ageMs = queuedMs === undefined ? clock.nowMs() - createdAt : clock.monotonicMs() - queuedMs;
    return ageMs > MAX_WAIT_MS;
  }

  function endSuperseded(job: DueJob): void {
    const end = { jobId: job.jobId, status: 'superseded', at: clock.nowMs(), detail: SUPERSEDED } as const;
    write(() => jobs.finish({ ...end, mockPath: null }));
    queuedAtMs.delete(job.jobId);
    log.info({ jobId: job.jobId, ticketId: job.ticketId }, SUPERSEDED);
    changed();
  }

  function probeDueInMs(): number {
    return probedAtMs + PROBE_INTERVAL_MS - clock.monotonicMs();
  }

  function pauseUntilNextTurn(): number {
    const nextAttemptAt = jobs.nextAttemptAt(lookedAt);
    const jobDueInMs = nextAttemptAt === null ? PROBE_INTERVAL_MS : nextAttemptAt - clock.nowMs();
    return Math.max(0, Math.min(probeDueInMs(), jobDueInMs));
  }

  /** Between turns nothing is being sent: whatever stands as `sending` was cut off, and may be on paper. */
  function endInterruptedJobs(): void {
    for (const job of jobs.sending()) {
      endAttempt(job, { kind: 'uncertain', printer: state, detail: INTERRUPTED });
    }
  }

  async function attempt(job: PrintJobView): Promise<void> {
    write(() => jobs.beginAttempt(job.jobId, clock.nowMs()));
    changed();
    const result = await printJob(job);
    if (result.kind !== 'refused') notePrinter(result.printer);
    endAttempt({ ...job, attempts: job.attempts + 1 }, result);
  }

  async function printJob(job: PrintJobView): Promise<AttemptResult> {
    if (hasWaitedTooLong(job))
      return { kind: 'refused', detail: 'it waited too long to be printed without being asked for' };
    const document = ReceiptDocument.safeParse(JSON.parse(jobs.documentJson(job.jobId) ?? 'null'));
    if (!document.success) return { kind: 'refused', detail: 'its stored document cannot be read' };
    try {
      return await printer.print(job.jobId, stampReceipt(document.data, job), stopPrinting.signal);
    } catch (error) {
      // A bug in a driver. Bytes may have left, so the paper may exist.
      log.error({ err: error, jobId: job.jobId }, 'print queue: the printer driver failed');
      return {
        kind: 'uncertain',
        printer: { status: 'error', detail: String(error) },
        detail: 'the printer driver failed',
      };
    }
  }

  function endAttempt(job: PrintJobView, result: AttemptResult): void {
    const at = clock.nowMs();
    const detail = detailOf(result);
    const retryAfterMs = result.kind === 'not_started' ? RETRY_AFTER_MS[job.attempts - 1] : undefined;
    write(() => {
      jobs.endAttempt({ jobId: job.jobId, at, outcome: result.kind, detail });
      if (retryAfterMs !== undefined) {
        jobs.requeue({ jobId: job.jobId, nextAttemptAt: at + retryAfterMs, detail });
        return;
      }
      const outcome = finalOutcome(result, state.status);
      jobs.finish({
        jobId: job.jobId,
        status: outcome.kind === 'mock' ? 'printed' : outcome.kind,
        at,
        detail,
        mockPath: outcome.kind === 'mock' ? outcome.picturePath : null,
      });
      onFinished(jobs.byId(job.jobId) ?? job, outcome);
    });
    if (retryAfterMs === undefined) queuedAtMs.delete(job.jobId);
    log.info(
      { jobId: job.jobId, ticketId: job.ticketId, attempt: job.attempts, outcome: result.kind, detail },
      'print attempt ended',
    );
    changed();
  }

  function notePrinter(condition: PrinterCondition): void {
    probedAtMs = clock.monotonicMs();
    const before = state.status;
    state = {
      kind: printer.kind,
      status: condition.status,
      detail: condition.detail,
      checkedAt: clock.nowMs(),
    };
    if (before !== state.status)
      log.info({ before, now: state.status, detail: state.detail }, 'printer state');
    changed();
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  return {
    enqueueTicket: ({ ticketId, label, document, startBefore = null, copyNumber = 1 }) =>
      enqueue({
        ticketId,
        kind: 'ticket',
        copyNumber,
        label,
        documentJson: JSON.stringify(document),
        startBefore,
      }),
    enqueueReprint(ticketId) {
      const first = jobs.firstPaper(ticketId);
      if (first === undefined) return { ok: false, code: 'unknown_ticket' };
      if (jobs.hasUnfinished(ticketId)) return { ok: false, code: 'print_in_progress' };
      const copyNumber = jobs.nextCopyNumber(ticketId);
      return { ok: true, jobId: enqueue({ ticketId, kind: 'reprint', copyNumber, ...first }) };
    },
    enqueueTest: (document) =>
      enqueue({
        ticketId: null,
        kind: 'test',
        copyNumber: 1,
        label: TEST_LABEL,
        documentJson: JSON.stringify(document),
      }),
    start() {
      if (phase !== 'new') throw new Error('a print queue starts once');
      phase = 'running';
      wake();
    },
    async stop() {
      phase = 'stopped';
      cancelTimer();
      stopProbing.abort();
      const cancelCut = clock.schedule(STOP_GRACE_MS, () => stopPrinting.abort());
      await turn;
      cancelCut();
    },
    wake,
    state: () => state,
    isHeld: (ticketId) => held.has(ticketId),
    isHolding: () => held.size > 0,
    needsAttention: () => jobs.needingAttention(MAX_ATTENTION),
    recentJobs: () => jobs.recent(RECENT_JOBS),
    rescuePapers: (sinceMs) => jobs.rescuePapers(sinceMs),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
