import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test as base } from '@playwright/test';
import { projectEnvironment } from '../../scripts/process.ts';
import { projectDir } from '../../scripts/project.ts';
import type { SystemAddresses } from '../../scripts/start/system.ts';

/** A whole shop as a new user starts it: `npm start -- --headless --json`, in a folder of its own. */
export interface Shop {
  readonly addresses: SystemAddresses;
  readonly dataDir: string;
  /** What it said on stderr so far. */
  said(): string;
  /**
   * kill -9 of one service: `totem-1`, `sync-server`, `provider`, `printer-1`, which the supervisor starts again, or
   * `postgres`, which the sync server starts again. Throws ESRCH or ENOENT when it has just fallen already.
   */
  kill(service: string): void;
  /** As Ctrl-C does; answers the exit code. */
  stop(): Promise<number | null>;
  /** Starts it again on the same folder after `stop` or `killAll`. */
  restart(): Promise<void>;
  /** kill -9 of the program that started all others. */
  killSupervisor(): Promise<void>;
}

const READY_TIMEOUT_MS = 90_000;

export function startCommand(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [join(projectDir, 'scripts', 'run.cjs'), 'start', ...args], {
    cwd: projectDir,
    env: projectEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export function makeDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'totem-shop-'));
  // PostgreSQL runs as another user where the tests run as root.
  chmodSync(folder, 0o755);
  return folder;
}

export interface ShopOptions {
  /** false opens the first totem in Electron, or in what `environment` names in its place. */
  readonly headless?: boolean;
  readonly environment?: NodeJS.ProcessEnv;
}

export async function openShop(
  extraArgs: readonly string[] = [],
  { headless = true, environment = {} }: ShopOptions = {},
): Promise<Shop> {
  const dataDir = makeDataDir();
  const args = [
    ...(headless ? ['--headless'] : []),
    '--json',
    '--port-base',
    '0',
    '--data',
    dataDir,
    ...extraArgs,
  ];
  let said = '';
  let child: ChildProcess;
  let addresses: SystemAddresses;

  const start = async (): Promise<void> => {
    child = startCommand(args, environment);
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    addresses = await readyLine(child, () => said);
  };
  await start();
  return {
    get addresses() {
      return addresses;
    },
    dataDir,
    said: () => said,
    kill: (service) => {
      const file =
        service === 'postgres'
          ? join(dataDir, 'server', 'postgres', 'cluster', 'postmaster.pid')
          : join(dataDir, 'logs', `${service}.pid`);
      const [pid] = readFileSync(file, 'utf8').split('\n');
      process.kill(Number(pid), 'SIGKILL');
    },
    stop: () => stopChild(child, 'SIGINT'),
    restart: start,
    killSupervisor: async () => {
      await stopChild(child, 'SIGKILL');
    },
  };
}

function readyLine(child: ChildProcess, said: () => string): Promise<SystemAddresses> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in time:\n${said()}`)), READY_TIMEOUT_MS);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`stopped with ${code} before it was ready:\n${said()}`));
    });
    if (child.stdout === null) throw new Error('the command was started without a pipe');
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      resolve(JSON.parse(line) as SystemAddresses);
    });
  });
}

function stopChild(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.kill(signal);
  });
}

/** The tests of one file share one shop, opened before the first and deleted after the last of them. */
export function testsInOneShop(extraArgs: readonly string[] = []) {
  let shop: Shop | undefined;
  const test = base.extend<{ shop: Shop }>({
    shop: async ({ baseURL: _ }, use) => {
      if (shop === undefined) throw new Error('the shop is not open');
      await use(shop);
    },
  });
  test.beforeAll(async () => {
    test.setTimeout(READY_TIMEOUT_MS);
    shop = await openShop(extraArgs);
  });
  test.afterAll(async () => {
    if (shop === undefined) return;
    await shop.stop();
    rmSync(shop.dataDir, { recursive: true, force: true });
  });
  return test;
}

export { expect } from '@playwright/test';
