import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { kioskPaths, lockKioskFolder } from '../../main/data-folder.ts';
import { withDiskAdvice } from '../../main/kiosk-disk.ts';
import { type Backup, backUpAtOnce, listBackups } from '../../main/store/backup.ts';
import { openKioskDatabaseForReading } from '../../main/store/database.ts';
import { KIOSK_MIGRATIONS_FOLDER } from '../../main/store/migrate.ts';
import { restoreBackup } from '../../main/store/restore.ts';
import { StartupFailure } from '../../platform/service.ts';
import { defaultDataDir } from '../data-dir.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';

interface BackupOptions {
  readonly data?: string;
}

interface RestoreOptions extends BackupOptions {
  readonly from?: string;
  readonly list?: boolean;
}

const DATA_HELP = 'data folder of one totem, or of a Totem with a single one';

export function addBackupCommands(program: Command, terminal: Terminal): void {
  reportOutcome<BackupOptions>(
    program
      .command('backup')
      .description('copy a totem’s database now, running or stopped (it does so by itself once a day)')
      .option('--data <folder>', DATA_HELP),
    terminal,
    (_args, options) => guarded(() => backUpNow(kioskFolder(options.data))),
  );
  reportOutcome<RestoreOptions>(
    program
      .command('restore')
      .description('put a backup in the place of a stopped totem’s database, which is kept aside')
      .option('--data <folder>', DATA_HELP)
      .option('--from <file>', 'the backup (default: the newest)')
      .option('--list', 'only list the backups'),
    terminal,
    (_args, options) => {
      const folder = (): string => kioskFolder(options.data);
      return guarded(() => (options.list === true ? list(folder()) : restore(folder(), options.from)));
    },
  );
}

function backUpNow(dataDir: string): Outcome {
  const { database, backups } = kioskPaths(dataDir);
  if (!existsSync(database)) throw new StartupFailure(`there is no database in ${dataDir}`);
  const db = openKioskDatabaseForReading(database);
  try {
    const backup = withDiskAdvice(dataDir, () => backUpAtOnce(db, backups, Date.now()));
    return { ok: true, data: described(backup), text: `backup made: ${backup.file}` };
  } finally {
    db.close();
  }
}

function list(dataDir: string): Outcome {
  const backups = listBackups(kioskPaths(dataDir).backups);
  const lines = backups.map(({ file, at }) => `${new Date(at).toISOString()}  ${file}`);
  return {
    ok: true,
    data: backups.map(described),
    text: lines.length === 0 ? `there is no backup in ${dataDir}` : lines.join('\n'),
  };
}

function restore(dataDir: string, from: string | undefined): Outcome {
  const lock = lockKioskFolder(dataDir);
  try {
    const { database, backups } = kioskPaths(dataDir);
    const backup = from ?? listBackups(backups)[0]?.file;
    if (backup === undefined)
      throw new StartupFailure(`there is no backup in ${backups}: name one with --from`);
    const migrationsFolder = KIOSK_MIGRATIONS_FOLDER;
    const restored = withDiskAdvice(dataDir, () =>
      restoreBackup({ file: database, backup, migrationsFolder, nowMs: Date.now() }),
    );
    const { asideFile, savedEvents, unreadable } = restored;
    const text = [
      `restored: ${backup}`,
      asideFile === null
        ? 'There was no database in its place.'
        : `The database that was in use is kept as ${asideFile}; ${savedEvents} events of it that the server has not taken will be sent.`,
      ...(unreadable.length === 0 ? [] : [`It could not be read wholly: ${unreadable.join(', ')}.`]),
      'At its next start the totem reads what has happened since from the server. It prints no ticket again by itself,',
      'and asks for new numbers to give out by itself instead of using old ones.',
    ].join('\n');
    return { ok: true, data: { backup, ...restored }, text };
  } finally {
    lock.release();
  }
}

/** @throws StartupFailure when the folder holds no totem, or several */
function kioskFolder(given: string | undefined): string {
  const dataDir = resolve(given ?? defaultDataDir());
  if (!existsSync(dataDir)) throw new StartupFailure(`there is no folder ${dataDir}: give it with --data`);
  const holdsKiosk = (folder: string): boolean => {
    const { database, backups } = kioskPaths(folder);
    return existsSync(database) || existsSync(backups);
  };
  if (holdsKiosk(dataDir)) return dataDir;
  const kiosks = readdirSync(dataDir).filter((name) => holdsKiosk(join(dataDir, name)));
  const [only] = kiosks;
  if (only === undefined) throw new StartupFailure(`there is no totem in ${dataDir}`);
  if (kiosks.length > 1) {
    throw new StartupFailure(
      `there are several totems in ${dataDir} (${kiosks.join(', ')}): give the folder of one with --data`,
    );
  }
  return join(dataDir, only);
}

function described({ file, at }: Backup) {
  return { file, name: basename(file), at: new Date(at).toISOString() };
}

function guarded(run: () => Outcome): Outcome {
  try {
    return run();
  } catch (error) {
    const code = error instanceof StartupFailure ? 'refused' : 'failed';
    return { ok: false, code, message: (error as Error).message };
  }
}
