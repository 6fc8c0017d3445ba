import { existsSync } from 'node:fs';
import process from 'node:process';
import { StartupFailure } from '../../platform/service.ts';
import { kioskPaths } from '../data-folder.ts';
import { openKioskDatabaseForReading } from '../store/database.ts';
import { KIOSK_VERSION } from '../version.ts';

/** Enough for a day of one totem, small enough for an e-mail. */
const RECENT_ROWS = 200;

type Rows = readonly Readonly<Record<string, unknown>>[];

/** What a technician sends to support: the state of one kiosk, without names, documents, tokens or BR Codes. */
export interface SupportBundle {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly migrations: Rows;
  /** `ok`, or SQLite's own findings. */
  readonly integrityCheck: readonly string[];
  readonly sync: Rows;
  readonly sessionsByStatus: Rows;
  readonly ticketsByStatus: Rows;
  readonly outboxByOutcome: Rows;
  readonly recentTransitions: Rows;
  readonly recentPrintJobs: Rows;
  readonly recentPrintAttempts: Rows;
  readonly pendingEvents: Rows;
  readonly rejectedEvents: Rows;
  readonly openRefunds: Rows;
}

/**
 * Reads a kiosk's data folder, beside the running kiosk or without it. Each query names its columns: what is personal
 * is never selected, so it need not be taken out again.
 * @throws StartupFailure when the folder holds no kiosk
 */
export function supportBundle(dataDir: string): SupportBundle {
  const file = kioskPaths(dataDir).database;
  if (!existsSync(file)) throw new StartupFailure(`there is no kiosk in ${dataDir}`);
  const db = openKioskDatabaseForReading(file);
  const rows = (sql: string): Rows => db.prepare<[], Record<string, unknown>>(sql).all();
  try {
    return {
      version: KIOSK_VERSION,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      migrations: rows('SELECT version, name, applied_at FROM schema_migrations ORDER BY version'),
      integrityCheck: db.prepare<[], string>('PRAGMA integrity_check').pluck().all(),
      sync: rows('SELECT feed_cursor, catalog_version, clock_skew_ms, last_contact_at FROM sync_state'),
      sessionsByStatus: rows(
        'SELECT status, late, count(*) AS count FROM payment_sessions GROUP BY status, late',
      ),
      ticketsByStatus: rows(
        'SELECT business_day, own, status, count(*) AS count FROM tickets GROUP BY business_day, own, status',
      ),
      outboxByOutcome: rows('SELECT kind, outcome, count(*) AS count FROM outbox GROUP BY kind, outcome'),
      recentTransitions: rows(
        `SELECT position, session_id, from_status, to_status, cause, at FROM session_transitions
         ORDER BY position DESC LIMIT ${RECENT_ROWS}`,
      ),
      recentPrintJobs: rows(
        `SELECT job_id, ticket_id, kind, copy_number, label, status, attempts, created_at, finished_at, last_error
         FROM print_jobs ORDER BY created_at DESC LIMIT ${RECENT_ROWS}`,
      ),
      recentPrintAttempts: rows(
        `SELECT job_id, attempt, started_at, finished_at, outcome, detail FROM print_attempts
         ORDER BY started_at DESC LIMIT ${RECENT_ROWS}`,
      ),
      pendingEvents: rows(
        `SELECT position, event_id, kind, at FROM outbox WHERE outcome IS NULL ORDER BY position LIMIT ${RECENT_ROWS}`,
      ),
      rejectedEvents: rows(
        `SELECT position, event_id, kind, at, reason, answered_at FROM outbox WHERE outcome = 'rejected'
         ORDER BY position DESC LIMIT ${RECENT_ROWS}`,
      ),
      openRefunds: rows(
        `SELECT refund_id, session_id, reason, status, refund_cents, updated_at FROM session_refunds
         WHERE status <> 'settled' ORDER BY updated_at DESC LIMIT ${RECENT_ROWS}`,
      ),
    };
  } finally {
    db.close();
  }
}
