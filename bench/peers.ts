import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { projectEnvironment } from '../scripts/process.ts';
import { projectDir } from '../scripts/project.ts';

export type Peers =
  | { readonly installed: true; readonly pouchVersion: string }
  | { readonly installed: false; readonly reason: string };

const FOLDER = join(projectDir, 'bench', 'peers');
/** npm's own record of what it installed. */
const RECORD = join(FOLDER, 'node_modules', '.package-lock.json');
const INSTALL_TIMEOUT_MS = 180_000;

/** Installs the peers by their lock file, where they are not yet: nobody but the benchmark needs them. */
export async function installPeers(say: (line: string) => void): Promise<Peers> {
  if (!isInstalled()) {
    say('installing the peers (npm ci in bench/peers) …');
    try {
      await promisify(execFile)('npm', ['ci'], {
        cwd: FOLDER,
        env: projectEnvironment(),
        timeout: INSTALL_TIMEOUT_MS,
      });
    } catch (error) {
      return { installed: false, reason: `npm ci in bench/peers failed (${firstProblem(error)})` };
    }
  }
  const manifest = join(FOLDER, 'node_modules', 'pouchdb', 'package.json');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8')));
  return { installed: true, pouchVersion: version };
}

function isInstalled(): boolean {
  return (
    existsSync(RECORD) && statSync(RECORD).mtimeMs >= statSync(join(FOLDER, 'package-lock.json')).mtimeMs
  );
}

/** npm tells its trouble on stderr, after any number of warnings. */
function firstProblem(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  const line = stderr?.split('\n').find((text) => text.startsWith('npm error'));
  return (line ?? message).replace('npm error ', '').trim();
}
