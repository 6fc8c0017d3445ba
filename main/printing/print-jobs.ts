import type { PrintJobView } from '../../domain/protocol/screens.ts';
import type { KioskDatabase } from '../store/database.ts';

export interface NewPrintJob {
  readonly jobId: string;
  readonly ticketId: string | null;
  readonly kind: PrintJobView['kind'];
  readonly copyNumber: number;
  readonly label: string;
  readonly documentJson: string;
  /** Epoch ms, the server's clock: see `DueJob`. */
  readonly startBefore: number | null;
  /** Epoch ms; the job is due at once. */
  readonly createdAt: number;
}

/** A job with what its start depends on. */
export interface DueJob extends PrintJobView {
  /** The server's clock: from then on a first paper starts only once the server has heard of its ticket. */
  readonly startBefore: number | null;
}

export type PrintJobEnd = 'printed' | 'failed' | 'uncertain' | 'superseded';

const VIEW = `job_id AS jobId, ticket_id AS ticketId, label, kind, copy_number AS copyNumber, status, attempts,
  created_at AS createdAt, finished_at AS finishedAt, last_error AS lastError`;

/** Rows of `print_jobs` and `print_attempts`, in and out; `print-queue.ts` decides. */
export function createPrintJobRepository(db: KioskDatabase) {
  const insert = db.prepare<NewPrintJob>(`INSERT INTO print_jobs
    (job_id, ticket_id, kind, copy_number, label, document_json, status, next_attempt_at, start_before, created_at)
    VALUES (@jobId, @ticketId, @kind, @copyNumber, @label, @documentJson, 'queued', @createdAt, @startBefore, @createdAt)`);
  const firstPaper = db.prepare<[string], { label: string; documentJson: string }>(
    `SELECT label, document_json AS documentJson FROM print_jobs WHERE ticket_id = ? AND kind = 'ticket'`,
  );
  const unfinished = db.prepare<[string], { jobId: string }>(
    `SELECT job_id AS jobId FROM print_jobs WHERE ticket_id = ? AND status IN ('queued', 'sending') LIMIT 1`,
  );
  const highestCopy = db
    .prepare<[string], number>('SELECT coalesce(max(copy_number), 0) FROM print_jobs WHERE ticket_id = ?')
    .pluck();
  const byId = db.prepare<[string], PrintJobView>(`SELECT ${VIEW} FROM print_jobs WHERE job_id = ?`);
  const documentOf = db
    .prepare<[string], string>('SELECT document_json FROM print_jobs WHERE job_id = ?')
    .pluck();
  // Ids of one millisecond have no order among themselves; rows have the order of their insertion.
  const due = db.prepare<[{ nowMs: number; longestPauseMs: number }], DueJob>(
    `SELECT ${VIEW}, start_before AS startBefore FROM print_jobs WHERE status = 'queued'
     AND (next_attempt_at <= @nowMs OR next_attempt_at > @nowMs + @longestPauseMs) ORDER BY next_attempt_at, rowid`,
  );
  const nextAttempt = db
    .prepare<[number], number | null>(
      `SELECT min(next_attempt_at) FROM print_jobs WHERE status = 'queued' AND next_attempt_at > ?`,
    )
    .pluck();
  const sending = db.prepare<[], PrintJobView>(`SELECT ${VIEW} FROM print_jobs WHERE status = 'sending'`);
  const markSending = db.prepare(
    `UPDATE print_jobs SET status = 'sending', attempts = attempts + 1 WHERE job_id = ?`,
  );
  const insertAttempt = db.prepare(
    `INSERT INTO print_attempts (job_id, attempt, started_at) SELECT job_id, attempts, ? FROM print_jobs WHERE job_id = ?`,
  );
  const endAttempt =
    db.prepare(`UPDATE print_attempts SET finished_at = @at, outcome = @outcome, detail = @detail
    WHERE job_id = @jobId AND attempt = (SELECT attempts FROM print_jobs WHERE job_id = @jobId)`);
  const requeue = db.prepare(`UPDATE print_jobs SET status = 'queued', next_attempt_at = @nextAttemptAt,
    last_error = @detail WHERE job_id = @jobId`);
  const finish = db.prepare(`UPDATE print_jobs SET status = @status, finished_at = @at, last_error = @detail,
    mock_path = @mockPath WHERE job_id = @jobId`);
  const recent = db.prepare<[number], PrintJobView>(
    `SELECT ${VIEW} FROM print_jobs ORDER BY created_at DESC, rowid DESC LIMIT ?`,
  );
  // Of one ticket's papers only the newest counts: a later copy that was printed settles it, and one that is under
  // way may. A customer who has been served needs no paper.
  const needingAttention = db.prepare<[number], PrintJobView>(
    `SELECT ${VIEW} FROM print_jobs AS job
     WHERE status IN ('failed', 'uncertain') AND ticket_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM print_jobs AS later
         WHERE later.ticket_id = job.ticket_id AND later.copy_number > job.copy_number)
       AND EXISTS (SELECT 1 FROM tickets AS ticket
         WHERE ticket.ticket_id = job.ticket_id AND ticket.status NOT IN ('completed', 'voided'))
     ORDER BY created_at DESC, rowid DESC LIMIT ?`,
  );

  // Not the papers of our own that a rescue elsewhere has made needless: those were never begun.
  const rescuePapers = db.prepare<
    [number],
    { ticketId: string; label: string; status: PrintJobView['status'] }
  >(
    `SELECT job.ticket_id AS ticketId, job.label, job.status FROM print_jobs AS job
     JOIN tickets AS ticket USING (ticket_id)
     WHERE job.created_at >= ? AND ticket.rescued = 1 AND job.start_before IS NULL
     ORDER BY job.created_at DESC, job.rowid DESC`,
  );

  return {
    insert: (job: NewPrintJob): void => void insert.run(job),
    /** The first paper of a ticket that this kiosk issued. */
    firstPaper: (ticketId: string) => firstPaper.get(ticketId),
    hasUnfinished: (ticketId: string): boolean => unfinished.get(ticketId) !== undefined,
    nextCopyNumber: (ticketId: string): number => (highestCopy.get(ticketId) ?? 0) + 1,
    byId: (jobId: string) => byId.get(jobId),
    documentJson: (jobId: string) => documentOf.get(jobId),
    /**
     * In the order in which they print. No attempt is ever put off by more than `longestPauseMs`: one that lies further
     * ahead was put off by a clock that has been set back since, and is due as well.
     */
    due: (nowMs: number, longestPauseMs: number): DueJob[] => due.all({ nowMs, longestPauseMs }),
    /** Epoch ms of the earliest attempt after `afterMs`; null when there is none. */
    nextAttemptAt: (afterMs: number): number | null => nextAttempt.get(afterMs) ?? null,
    sending: (): PrintJobView[] => sending.all(),
    beginAttempt(jobId: string, nowMs: number): void {
      markSending.run(jobId);
      insertAttempt.run(nowMs, jobId);
    },
    endAttempt(attempt: { jobId: string; at: number; outcome: string; detail: string | null }): void {
      endAttempt.run(attempt);
    },
    requeue(job: { jobId: string; nextAttemptAt: number; detail: string | null }): void {
      requeue.run(job);
    },
    finish(job: {
      jobId: string;
      status: PrintJobEnd;
      at: number;
      detail: string | null;
      mockPath: string | null;
    }): void {
      finish.run(job);
    },
    /** Of rescued tickets, printed here since `sinceMs`. Newest first. */
    rescuePapers: (sinceMs: number) => rescuePapers.all(sinceMs),
    recent: (limit: number): PrintJobView[] => recent.all(limit),
    needingAttention: (limit: number): PrintJobView[] => needingAttention.all(limit),
  };
}
