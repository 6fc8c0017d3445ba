import type { PrintJobView } from '../../domain/protocol/screens.ts';
import type { KioskDatabase } from '../store/database.ts';

export interface NewPrintJob {
  readonly jobId: string;
  readonly ticketId: string | null;
  readonly kind: PrintJobView['kind'];
  readonly copyNumber: number;
  readonly label: string;
  readonly documentJson: string;
  /** Epoch ms; the job is due at once. */
  readonly createdAt: number;
}

export type PrintJobEnd = 'printed' | 'failed' | 'uncertain';

const VIEW = `job_id AS jobId, ticket_id AS ticketId, label, kind, copy_number AS copyNumber, status, attempts,
  created_at AS createdAt, finished_at AS finishedAt, last_error AS lastError`;

/** Rows of `print_jobs` and `print_attempts`, in and out; `print-queue.ts` decides. */
export function createPrintJobRepository(db: KioskDatabase) {
  const insert = db.prepare<NewPrintJob>(`INSERT INTO print_jobs
    (job_id, ticket_id, kind, copy_number, label, document_json, status, next_attempt_at, created_at)
    VALUES (@jobId, @ticketId, @kind, @copyNumber, @label, @documentJson, 'queued', @createdAt, @createdAt)`);
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
  const due = db.prepare<[number], PrintJobView>(
    `SELECT ${VIEW} FROM print_jobs WHERE status = 'queued' AND next_attempt_at <= ?
     ORDER BY next_attempt_at, rowid LIMIT 1`,
  );
  const nextAttempt = db
    .prepare<[], number | null>(`SELECT min(next_attempt_at) FROM print_jobs WHERE status = 'queued'`)
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

  return {
    insert: (job: NewPrintJob): void => void insert.run(job),
    /** The first paper of a ticket that this kiosk issued. */
    firstPaper: (ticketId: string) => firstPaper.get(ticketId),
    hasUnfinished: (ticketId: string): boolean => unfinished.get(ticketId) !== undefined,
    nextCopyNumber: (ticketId: string): number => (highestCopy.get(ticketId) ?? 0) + 1,
    byId: (jobId: string) => byId.get(jobId),
    documentJson: (jobId: string) => documentOf.get(jobId),
    nextDue: (nowMs: number) => due.get(nowMs),
    /** Epoch ms of the earliest attempt that waits; null when none does. */
    nextAttemptAt: (): number | null => nextAttempt.get() ?? null,
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
    recent: (limit: number): PrintJobView[] => recent.all(limit),
    needingAttention: (limit: number): PrintJobView[] => needingAttention.all(limit),
  };
}
