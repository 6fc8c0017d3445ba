import { describe, expect, it } from 'vitest';
import { type Migration, planMigrations } from './migrations.ts';

const migration = (version: number, checksum = `sum-${version}`): Migration => ({
  version,
  name: `00${version}_step.sql`,
  sql: 'SELECT 1',
  checksum,
});
const known = [migration(10), migration(20), migration(30)];

describe('planMigrations', () => {
  it('applies all of them to a fresh database', () => {
    expect(planMigrations(known, [])).toEqual({ ok: true, pending: known });
  });

  it('applies what is missing, and nothing to a database that is up to date', () => {
    expect(planMigrations(known, known.slice(0, 1))).toEqual({ ok: true, pending: known.slice(1) });
    expect(planMigrations(known, known)).toEqual({ ok: true, pending: [] });
  });

  it('refuses a database of a newer program', () => {
    expect(planMigrations(known, [...known, migration(40)])).toEqual({
      ok: false,
      reason: 'newer',
      migrationName: '0040_step.sql',
    });
  });

  it('refuses a shipped file that was edited', () => {
    const plan = planMigrations([migration(10, 'changed'), migration(20)], [migration(10)]);
    expect(plan).toEqual({ ok: false, reason: 'edited', migrationName: '0010_step.sql' });
  });

  it('refuses a new file with a number below one already applied', () => {
    const plan = planMigrations(known, [migration(10), migration(30)]);
    expect(plan).toEqual({ ok: false, reason: 'out_of_order', migrationName: '0020_step.sql' });
  });
});
