import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { StartupFailure } from '../../platform/service.ts';
import { closedFolder, findPostgresUser, type PostgresUser } from './postgres-binaries.ts';

/** Everything of the embedded PostgreSQL lies in one folder of the server's data folder. */
export interface PostgresFolder {
  readonly root: string;
  /** PostgreSQL's own data directory. */
  readonly cluster: string;
  readonly log: string;
  readonly password: string;
  readonly user: PostgresUser | undefined;
}

/** @throws StartupFailure when PostgreSQL's user may not enter the data folder */
export function preparePostgresFolder(dataDir: string): PostgresFolder {
  const root = resolve(dataDir, 'postgres');
  mkdirSync(root, { recursive: true });
  const user = findPostgresUser();
  if (user !== undefined) {
    chmodSync(root, 0o755);
    const closed = closedFolder(root, user);
    if (closed !== null) {
      throw new StartupFailure(
        `the folder ${closed} is closed to other users, and PostgreSQL does not run as root: ` +
          `choose a data folder such as /var/lib/totem, or open the way with "chmod o+x ${closed}"`,
      );
    }
  }
  const cluster = join(root, 'cluster');
  return { root, cluster, log: join(root, 'postgres.log'), password: readOrMakePassword(root), user };
}

/**
 * Makes the cluster when there is none. It is made beside its place and moved there when it is whole, so that a
 * cluster that was killed half-way is never taken for one: the next start makes it anew.
 */
export async function createCluster(folder: PostgresFolder, initdb: string): Promise<void> {
  if (existsSync(folder.cluster)) return;
  const unfinished = `${folder.cluster}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  const passwordFile = join(unfinished, 'password');
  writeFileSync(passwordFile, folder.password, { mode: 0o600 });
  if (folder.user !== undefined) {
    for (const path of [unfinished, passwordFile]) chownSync(path, folder.user.uid, folder.user.gid);
  }
  // The built-in locale: the same order and case rules on every machine, whatever its libc has installed.
  await run(initdb, folder.user, unfinished, [
    `--pgdata=${join(unfinished, 'data')}`,
    '--username=totem',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ]);
  renameSync(join(unfinished, 'data'), folder.cluster);
  rmSync(unfinished, { recursive: true, force: true });
}

/** What PostgreSQL and initdb see of our environment: nothing that could change how they behave. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

function readOrMakePassword(root: string): string {
  const file = join(root, 'password');
  if (!existsSync(file)) {
    const unfinished = `${file}.new`;
    writeFileSync(unfinished, randomBytes(24).toString('hex'), { mode: 0o600, flush: true });
    renameSync(unfinished, file);
  }
  return readFileSync(file, 'utf8').trim();
}

function run(
  program: string,
  user: PostgresUser | undefined,
  cwd: string,
  parameters: readonly string[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      ...user,
      cwd,
      env: postgresEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2_000);
    });
    child.once('error', (error) => reject(new StartupFailure(`${program} does not run: ${error.message}`)));
    child.once('close', (code) => {
      if (code === 0) return resolve();
      reject(new StartupFailure(`the database cannot be made: ${complaint.trim().replaceAll('\n', ' ')}`));
    });
  });
}
