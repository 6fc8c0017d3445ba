import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { CommandResult, type ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import { TechnicianSnapshot, TotemSnapshot } from '../../domain/protocol/screens.ts';
import type { ServiceMessage } from '../../platform/service.ts';
import { systemClock } from '../../platform/system.ts';
import { KILL_REPORT, type KillMessage } from '../../platform/testing/kill-point.ts';
import type { KillableProgram } from '../../platform/testing/kill-walk.ts';
import { REPLACEMENT, type Replacement } from '../../platform/testing/replace-on-load.ts';
import { kioskPaths } from '../data-folder.ts';
import { enrolFolder } from './kiosk-harness.ts';
import { StubServer } from './stub-server.ts';

const ENTRY = fileURLToPath(new URL('../main.ts', import.meta.url));
const KILLER = new URL('./kill-at-write.ts', import.meta.url).href;
const REPLACER = new URL('../../platform/testing/replace-on-load.ts', import.meta.url).href;

/** One totem's folder, its server, and the real kiosk as a process, to be killed. */
export interface TotemProcess extends KillableProgram {
  readonly server: StubServer;
  readonly dataDir: string;
  totem(): Promise<TotemSnapshot>;
  technician(): Promise<TechnicianSnapshot>;
  /** Rejects when the process is killed meanwhile. */
  execute(command: ScreenCommand): Promise<CommandResult>;
  /** Of the database as it lies on the disk. */
  all(sql: string): unknown[];
  close(): Promise<void>;
}

/** @param bug put into the kiosk, for twins */
export async function openTotemProcess({
  printer = 'mock',
  bug,
}: {
  readonly printer?: string;
  readonly bug?: Replacement;
} = {}): Promise<TotemProcess> {
  const server = new StubServer(systemClock);
  await server.start();
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-crash-points-'));
  const report = join(dataDir, 'killed-at');
  enrolFolder(dataDir, server);
  let child: ChildProcess | undefined;
  let gone: Promise<unknown> = Promise.resolve();
  let base = '';

  async function start(): Promise<void> {
    const kiosk = fork(ENTRY, {
      execPath: process.execPath,
      execArgv: ['--disable-warning=ExperimentalWarning', '--import', KILLER, '--import', REPLACER],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {
        ...process.env,
        // A walk starts it dozens of times.
        NODE_COMPILE_CACHE: join(dataDir, 'compiled'),
        [KILL_REPORT]: report,
        ...(bug === undefined ? {} : { [REPLACEMENT]: JSON.stringify(bug) }),
        TOTEM_KIOSK_PORT: '0',
        TOTEM_DATA_DIR: dataDir,
        TOTEM_SYNC_URL: server.url,
        TOTEM_PRINTER: printer,
        TOTEM_RENDERER_DIR: dataDir,
        TOTEM_TECHNICIAN_PIN: '4711',
      },
    });
    child = kiosk;
    gone = once(kiosk, 'exit');
    const [message] = (await once(kiosk, 'message')) as [ServiceMessage];
    if (message.kind !== 'ready') throw new Error(message.message);
    base = new URL(message.addresses['totem'] ?? '').origin;
  }

  const snapshotOf = async (screen: string): Promise<unknown> =>
    (await fetch(`${base}/api/screens/${screen}/snapshot`)).json();

  return {
    server,
    dataDir,
    start,
    gone: () => gone,
    async order(kill) {
      if (child === undefined) throw new Error('no kiosk runs');
      const heard = once(child, 'message');
      child.send({ kill } satisfies KillMessage, () => undefined);
      await heard;
    },
    killedAt() {
      if (!existsSync(report)) return null;
      const point = readFileSync(report, 'utf8').trim();
      rmSync(report);
      return point;
    },
    totem: async () => TotemSnapshot.parse(await snapshotOf('totem')),
    technician: async () => TechnicianSnapshot.parse(await snapshotOf('technician')),
    async execute(command) {
      const response = await fetch(`${base}/api/commands`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(command),
      });
      return CommandResult.parse(await response.json());
    },
    all(sql) {
      const db = new Database(kioskPaths(dataDir).database, { readonly: true });
      try {
        return db.prepare(sql).pluck().all();
      } finally {
        db.close();
      }
    },
    async close() {
      child?.kill('SIGKILL');
      await gone;
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
