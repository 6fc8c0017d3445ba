import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceMessage } from '../platform/service.ts';
import { projectDir } from './project.ts';

const packageDir = join(projectDir, 'node_modules', 'electron');

/**
 * The path of Electron's binary, or null. It only looks: `require('electron')` would start a download of 100 MB.
 * ELECTRON_OVERRIDE_DIST_PATH names the folder of another binary, as for Electron's own launcher.
 */
export function findElectronBinary(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  const pathFile = join(packageDir, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : '';
  const override = environment['ELECTRON_OVERRIDE_DIST_PATH'];
  if (override !== undefined && override !== '') {
    const binary = join(override, name === '' ? defaultName() : name);
    return existsSync(binary) ? binary : null;
  }
  const binary = join(packageDir, 'dist', name);
  return name !== '' && existsSync(binary) ? binary : null;
}

function defaultName(): string {
  return process.platform === 'win32' ? 'electron.exe' : 'electron';
}

/**
 * Fetches the binary with Electron's own installer, which checks its sum. Answers null when it is there now, else the
 * reason in one line.
 * @param timeoutMs after which the download is given up and the installer ended
 */
export async function tryInstallElectron(timeoutMs: number): Promise<string | null> {
  if (findElectronBinary() !== null) return null;
  const installer = join(packageDir, 'install.js');
  if (!existsSync(installer)) return 'the electron package is not installed: run `npm ci`';
  const child = spawn(process.execPath, [installer], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-4_000);
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(`Electron's binary could not be downloaded within ${Math.round(timeoutMs / 1000)} s`);
    }, timeoutMs);
    child.once('close', () => {
      clearTimeout(timer);
      if (findElectronBinary() !== null) resolve(null);
      else resolve(`Electron's binary could not be downloaded: ${firstReason(errors)}`);
    });
  });
}

function firstReason(errors: string): string {
  const line = errors.split('\n').find((text) => text.trim() !== '') ?? 'the installer gave no reason';
  return line
    .trim()
    .replace(/^\w*Error: /, '')
    .slice(0, 200);
}

/**
 * Starts the kiosk in Electron. The answer behaves like a forked service: it emits `message` with a ServiceMessage for
 * each line of JSON on its stdout, and stops on SIGTERM. Its stderr is piped: the caller stores it.
 */
export function launchElectron(options: {
  readonly binary: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): ChildProcess {
  // Chromium's sandbox refuses to work for root (containers, test machines); a kiosk runs as a user of its own.
  const asRoot = process.platform === 'linux' && process.getuid?.() === 0;
  const child = spawn(options.binary, [...(asRoot ? ['--no-sandbox'] : []), projectDir], {
    cwd: projectDir,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) {
      const message = serviceMessage(line);
      if (message !== null) child.emit('message', message);
    }
  });
  return child;
}

/** Electron and Chromium may print lines of their own; a line that long is none of ours. */
const MAX_LINE = 64 * 1024;

function serviceMessage(line: string): ServiceMessage | null {
  if (!line.startsWith('{"kind":')) return null;
  try {
    return JSON.parse(line) as ServiceMessage;
  } catch {
    return null;
  }
}
