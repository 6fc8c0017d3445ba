/** One numbered step of a database's schema: `NNNN_name.sql`, forward only, never edited once shipped. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** Hex SHA-256 of the file. */
  readonly checksum: string;
}

export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

export type MigrationPlan =
  | { readonly ok: true; readonly pending: readonly Migration[] }
  | {
      readonly ok: false;
      /** `edited`: a shipped file was changed. `newer`: the database was written by a newer program. */
      readonly reason: 'edited' | 'newer' | 'out_of_order';
      readonly migrationName: string;
    };

/** Decides which of `known` (in order of version) are still to be applied, or why none may be. */
export function planMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): MigrationPlan {
  const knownByVersion = new Map(known.map((migration) => [migration.version, migration]));
  for (const done of applied) {
    const same = knownByVersion.get(done.version);
    if (same === undefined) return { ok: false, reason: 'newer', migrationName: done.name };
    if (same.checksum !== done.checksum) return { ok: false, reason: 'edited', migrationName: done.name };
  }
  const newestApplied = Math.max(0, ...applied.map((done) => done.version));
  const appliedVersions = new Set(applied.map((done) => done.version));
  const pending = known.filter((migration) => !appliedVersions.has(migration.version));
  const late = pending.find((migration) => migration.version < newestApplied);
  if (late !== undefined) return { ok: false, reason: 'out_of_order', migrationName: late.name };
  return { ok: true, pending };
}
