import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../platform/log.ts';
import type { ServiceMessage } from '../../platform/service.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { KILL_REPORT, type KillMessage } from '../../platform/testing/kill-point.ts';
import type { KillableProgram } from '../../platform/testing/kill-walk.ts';
import { REPLACEMENT, type Replacement } from '../../platform/testing/replace-on-load.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../simulators/provider/provider.ts';
import type { ServerContext } from '../context.ts';
import { seedShop, testConfig, testContext } from './test-context.ts';
import { createTestDatabase } from './test-database.ts';

const ENTRY = fileURLToPath(new URL('../main.ts', import.meta.url));
const KILLER = new URL('./kill-at-commit.ts', import.meta.url).href;
const REPLACER = new URL('../../platform/testing/replace-on-load.ts', import.meta.url).href;
const CLIENT = { clientId: 'shop', clientSecret: 'not-a-secret' };

/** The demonstration shop with a bank of its own and the real server as a process, to be killed. */
export interface ShopProcess extends KillableProgram {
  readonly context: ServerContext;
  readonly bank: ProviderSimulator;
  /** Of the server: its keys are there. */
  readonly dataDir: string;
  /** Always on one port: that is where the bank sends its callbacks. */
  readonly url: string;
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** @param bug put into the server, for twins */
export async function openShopProcess(bug?: Replacement): Promise<ShopProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'totem-crash-'));
  const report = join(folder, 'killed-at');
  const dataDir = join(folder, 'server');
  writeFileSync(join(folder, 'access.json'), JSON.stringify(testConfig().access));
  const database = await createTestDatabase();
  await seedShop(database.db, systemClock.nowMs());
  const context = testContext({ db: database.db, clock: systemClock });
  const bank = await startProviderSimulator({
    host: '127.0.0.1',
    port: 0,
    dataDir: join(folder, 'bank'),
    ...CLIENT,
    clock: systemClock,
    randomBytes: systemRandom,
    log: silentLog,
  });
  let child: ChildProcess | undefined;
  let gone: Promise<unknown> = Promise.resolve();
  let url = '';
  let port = '0';

  async function start(): Promise<void> {
    const server = fork(ENTRY, {
      execArgv: ['--disable-warning=ExperimentalWarning', '--import', KILLER, '--import', REPLACER],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...process.env,
        // A walk starts it dozens of times.
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
        [KILL_REPORT]: report,
        ...(bug === undefined ? {} : { [REPLACEMENT]: JSON.stringify(bug) }),
        TOTEM_LOG: 'silent',
        TOTEM_SERVER_PORT: port,
        TOTEM_DATA_DIR: dataDir,
        DATABASE_URL: database.url,
        TOTEM_ACCESS_FILE: join(folder, 'access.json'),
        TOTEM_PIX_BASE_URL: bank.apiBaseUrl,
        TOTEM_PIX_TOKEN_URL: bank.tokenUrl,
        TOTEM_PIX_CLIENT_ID: CLIENT.clientId,
        TOTEM_PIX_CLIENT_SECRET: CLIENT.clientSecret,
      },
    });
    child = server;
    gone = once(server, 'close');
    const [message] = (await once(server, 'message')) as [ServiceMessage];
    if (message.kind !== 'ready') throw new Error(message.message);
    url = message.addresses['syncServer'] ?? '';
    port = new URL(url).port;
  }

  async function kill(): Promise<void> {
    child?.kill('SIGKILL');
    await gone;
  }

  return {
    context,
    bank,
    dataDir,
    get url() {
      return url;
    },
    start,
    kill,
    gone: () => gone,
    async order(order) {
      if (child === undefined) throw new Error('no server runs');
      const heard = once(child, 'message');
      child.send({ kill: order } satisfies KillMessage, () => undefined);
      await heard;
    },
    killedAt() {
      if (!existsSync(report)) return null;
      const point = readFileSync(report, 'utf8').trim();
      rmSync(report);
      return point;
    },
    async close() {
      await kill();
      await bank.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
