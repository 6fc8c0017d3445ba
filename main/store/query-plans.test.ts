import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { createPrintJobRepository } from '../printing/print-jobs.ts';
import { createConfirmationRepository } from './confirmations.ts';
import { openKioskDatabase } from './database.ts';
import { createLocalCallRepository } from './local-calls.ts';
import { KIOSK_MIGRATIONS_FOLDER, migrateKiosk } from './migrate.ts';
import { createOutboxRepository } from './outbox.ts';
import { createRefundRepository } from './refunds.ts';
import { createSessionRepository } from './sessions.ts';
import { createSyncStateRepository } from './sync-state.ts';
import { createTicketRepository } from './tickets.ts';

/** One row; and the newest transitions, read backwards by rowid up to a limit. */
const MAY_BE_SCANNED = /^SCAN (sync_state|session_transitions)$/;

function database() {
  const folder = mkdtempSync(join(tmpdir(), 'totem-plans-test-'));
  const db = openKioskDatabase(join(folder, 'kiosk.sqlite'));
  onTestFinished(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  migrateKiosk(db, KIOSK_MIGRATIONS_FOLDER, 0);
  const wholeTableReads = (sql: string): string[] =>
    db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replaceAll(/\?|@\w+/g, 'NULL')}`)
      .all()
      .map(({ detail }) => detail)
      .filter((detail) => /^SCAN (?!.*USING)/.test(detail) && !MAY_BE_SCANNED.test(detail));
  return { db, wholeTableReads };
}

test('no statement of the store reads the whole of a table that grows with every sale', () => {
  const { db, wholeTableReads } = database();
  const prepare = vi.spyOn(db, 'prepare');
  createSessionRepository(db);
  createTicketRepository(db);
  createOutboxRepository(db, systemClock, systemRandom);
  createRefundRepository(db);
  createSyncStateRepository(db);
  createPrintJobRepository(db);
  createConfirmationRepository(db);
  createLocalCallRepository(db);
  const statements = prepare.mock.calls.map(([sql]) => sql);
  prepare.mockRestore();
  expect(statements.length).toBeGreaterThan(30);
  const offenders = statements.flatMap((sql) => wholeTableReads(sql).map((detail) => `${detail}: ${sql}`));
  expect(offenders).toEqual([]);
});

test('a statement that does is found', () => {
  const { wholeTableReads } = database();
  expect(wholeTableReads('SELECT count(*) FROM tickets WHERE call_count = ?')).toEqual(['SCAN tickets']);
});
