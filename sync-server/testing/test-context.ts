import { randomBytes } from 'node:crypto';
import { silentLog } from '../../platform/log.ts';
import { createPersonalDataBox } from '../../platform/personal-data.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { tokenHash } from '../access/tokens.ts';
import { DEMO_MERCHANT_ID, DEMO_SHOP, seedDemoShop } from '../catalog/demo-shop.ts';
import type { ServerConfig } from '../config.ts';
import { createLeaseWatch } from '../confirmations/lease-watch.ts';
import type { ServerContext } from '../context.ts';
import type { Database } from '../db/database.ts';
import { createLocalJobs } from '../fulfilment/testing/local-jobs.ts';
import { createWorkDue } from '../payments/work-due.ts';
import { createFeedWake } from '../sync/feed-wake.ts';
import { enrolTestKiosks } from './kiosk-identity.ts';

export const OPERATOR_TOKEN = 'test-operator-token';
export const MANAGER_TOKEN = 'test-manager-token';

/** Port 9 (discard): a test that forgets to give a provider gets a refused connection at once. */
const NOBODY = {
  baseUrl: 'http://127.0.0.1:9/api/v2',
  tokenUrl: 'http://127.0.0.1:9/oauth/token',
  clientId: 'test-client',
  clientSecret: 'test-secret',
};

export function testConfig(overrides: Partial<ServerConfig> = {}): ServerConfig {
  return {
    host: '127.0.0.1',
    port: 0,
    dataDir: '/nonexistent',
    databaseUrl: undefined,
    postgresPort: 0,
    publicUrl: undefined,
    rendererDir: undefined,
    demo: true,
    privacy: { customerDays: 730, webhookDays: 90 },
    access: [
      { role: 'operator', tokenSha256: tokenHash(OPERATOR_TOKEN), ...DEMO_SHOP },
      { role: 'manager', tokenSha256: tokenHash(MANAGER_TOKEN), merchantId: DEMO_MERCHANT_ID },
    ],
    pix: { ...NOBODY, expiresSeconds: 300, simulatorBankUrl: null },
    card: { expiresSeconds: 600 },
    providers: { national: [{ provider: 'bacen-pix', ...NOBODY }], international: null },
    ...overrides,
  };
}

/** A context on a test database; the clock stands still until the test moves it. */
export function testContext<C extends Partial<ServerContext> & { readonly db: Database }>(
  overrides: C,
): Omit<ServerContext, 'clock'> & { readonly clock: C['clock'] extends object ? C['clock'] : ManualClock } {
  const clock = overrides.clock ?? new ManualClock();
  return {
    clock,
    randomBytes: (count: number) => new Uint8Array(randomBytes(count)),
    log: silentLog,
    config: testConfig(),
    personalData: createPersonalDataBox(Buffer.alloc(32, 7)),
    feedWake: createFeedWake(),
    workDue: createWorkDue(),
    leaseWatch: createLeaseWatch(clock),
    jobs: createLocalJobs(clock),
    ...overrides,
  } as ReturnType<typeof testContext<C>>;
}

/** The demonstration shop by its real code, with totem-1 and totem-2 enrolled. */
export async function seedShop(db: Database, atMs: number = new ManualClock().nowMs()): Promise<void> {
  await seedDemoShop(db, createFeedWake(), atMs);
  await enrolTestKiosks(db, atMs);
}
