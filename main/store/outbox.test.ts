import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { systemRandom } from '../../platform/system.ts';
import { openKioskDatabase } from './database.ts';
import { KIOSK_MIGRATIONS_FOLDER, migrateKiosk } from './migrate.ts';
import { createOutboxRepository } from './outbox.ts';

const DAY_MS = 24 * 60 * 60_000;

function scene() {
  const folder = mkdtempSync(join(tmpdir(), 'totem-outbox-test-'));
  const db = openKioskDatabase(join(folder, 'kiosk.sqlite'));
  onTestFinished(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  migrateKiosk(db, KIOSK_MIGRATIONS_FOLDER, 0);
  let nowMs = 1_000 * DAY_MS;
  const clock = { nowMs: () => nowMs };
  const outbox = createOutboxRepository(db, clock, systemRandom);
  return {
    outbox,
    laterByDays: (days: number) => {
      nowMs += days * DAY_MS;
    },
    /** Writes one event, answered as `outcome` says, or not at all. */
    append(outcome: 'applied' | 'duplicate' | 'rejected' | null): void {
      const sessionId = newId(clock, systemRandom);
      outbox.append('session.opened', { sessionId, serviceId: sessionId, amountCents: 1, openedAt: nowMs });
      const id = outbox.pending(10).at(-1)?.id ?? '';
      if (outcome !== null) outbox.settle({ id, outcome, reason: null });
    },
    outcomes: () => db.prepare('SELECT outcome FROM outbox ORDER BY position').pluck().all(),
  };
}

test('forgets what the server took a month ago, and nothing else', () => {
  const { outbox, laterByDays, append, outcomes } = scene();
  for (const outcome of ['applied', 'duplicate', 'rejected', null] as const) append(outcome);
  laterByDays(20);
  append('applied');
  outbox.forgetTaken();
  expect(outcomes()).toEqual(['applied', 'duplicate', 'rejected', null, 'applied']);
  laterByDays(10.1);
  outbox.forgetTaken();
  expect(outcomes()).toEqual(['rejected', null, 'applied']);
});

test('a position is never given twice, though all before it is forgotten', () => {
  const { outbox, laterByDays, append } = scene();
  append('applied');
  append('applied');
  laterByDays(31);
  outbox.forgetTaken();
  append(null);
  expect(outbox.newestPosition()).toBe(3);
});
