import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Migration } from '../domain/migrations.ts';
import { StartupFailure } from './service.ts';

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** Reads a folder of `NNNN_name.sql`, in order. Throws StartupFailure on a name or number that breaks the rule. */
export function readMigrations(folder: string): Migration[] {
  const migrations = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const match = FILE_NAME.exec(file);
      if (match === null) throw new StartupFailure(`migration ${file}: the name must be NNNN_name.sql`);
      const sql = readFileSync(join(folder, file), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { version: Number(match[1]), name: file, sql, checksum };
    });
  const versions = new Set(migrations.map((migration) => migration.version));
  if (versions.size !== migrations.length)
    throw new StartupFailure(`two migrations in ${folder} have one number`);
  return migrations;
}

/** What to tell the person whose database cannot be migrated. */
export function migrationRefusal(reason: 'edited' | 'newer' | 'out_of_order', migrationName: string): string {
  if (reason === 'newer')
    return `the database was written by a newer version (${migrationName}): install that version or newer`;
  if (reason === 'edited')
    return `migration ${migrationName} was changed after it was applied: restore the original file`;
  return `migration ${migrationName} has a lower number than one already applied: give it the next free number`;
}
