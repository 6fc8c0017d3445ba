import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChargeResponse } from '../../domain/protocol/charges.ts';
import { silentLog } from '../../platform/log.ts';
import { systemClock, systemRandom } from '../../platform/system.ts';
import { PAGARME_SECRET_KEY } from '../../simulators/provider/pagarme/pagarme.ts';
import type { ServerContext } from '../context.ts';
import { type SimulatedBank, startSimulatedBank } from '../providers/testing/simulated-bank.ts';
import { type RunningServer, startServer } from '../server.ts';
import { kioskAuthorization } from '../testing/kiosk-identity.ts';
import { seedShop, testConfig, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { type LyingBank, type Stop, startLyingBank } from './testing/lying-bank.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK } from './testing/payment-steps.ts';

/** One server of the two, with a wire of its own to the first bank. */
interface Side {
  readonly wire: LyingBank;
  readonly server: RunningServer;
}

let folder: string;
let database: TestDatabase;
let context: ServerContext;
let banks: { readonly bacen: SimulatedBank; readonly pagarme: SimulatedBank };
let one: Side;
let other: Side;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-processes-'));
  database = await createTestDatabase();
  await seedShop(database.db, systemClock.nowMs());
  context = testContext({ db: database.db, clock: systemClock });
  banks = { bacen: await startSimulatedBank(), pagarme: await startSimulatedBank() };
  one = await startSide();
  other = await startSide();
});
afterAll(async () => {
  for (const { server, wire } of [one, other]) {
    await server.close();
    await wire.close();
  }
  await banks.bacen.close();
  await banks.pagarme.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function startSide(): Promise<Side> {
  const wire = await startLyingBank(banks.bacen.url);
  const config = testConfig({
    dataDir: folder,
    databaseUrl: database.url,
    providers: {
      national: [
        {
          provider: 'bacen-pix',
          baseUrl: `${wire.url}/api/v2`,
          tokenUrl: `${wire.url}/oauth/token`,
          clientId: 'totem',
          clientSecret: 'secret',
        },
        {
          provider: 'pagarme',
          baseUrl: `${banks.pagarme.url}/pagarme/core/v5`,
          secretKey: PAGARME_SECRET_KEY,
          fallbackCustomer: {
            name: 'Clínica Aurora',
            email: 'recepcao@aurora.example',
            cpf: '52998224725',
            phone: '5511999999999',
          },
          webhooks: {
            authentication: 'hub_signature',
            keysUrl: `${banks.pagarme.url}/pagarme/.well-known/jwks.json`,
          },
        },
      ],
      international: null,
    },
  });
  const server = await startServer(config, { clock: systemClock, randomBytes: systemRandom, log: silentLog });
  return { wire, server };
}

async function ask(side: Side, request: ReturnType<typeof chargeRequest>) {
  const answer = await fetch(`${side.server.urls.syncServer}/v1/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...kioskAuthorization(KIOSK.kioskId, systemClock) },
    body: JSON.stringify(request),
  });
  return { status: answer.status, charge: (await answer.json()) as ChargeResponse };
}

/** The next writing of a charge waits before the bank. */
function holdCharge(wire: LyingBank): {
  readonly reached: Promise<void>;
  goOn(answer: Awaited<ReturnType<Stop>>): void;
} {
  const reached = Promise.withResolvers<void>();
  const over = Promise.withResolvers<Awaited<ReturnType<Stop>>>();
  wire.stop(({ method, path }) => {
    if (method !== 'PUT' || !path.startsWith('/api/v2/cob')) return null;
    reached.resolve();
    return over.promise;
  });
  return { reached: reached.promise, goOn: over.resolve };
}

const openCharges = async () => [await banks.bacen.countCharges(), await banks.pagarme.countCharges()];

test('a retry at another process waits until the first has ended: never an open charge at each bank', async () => {
  const request = chargeRequest(context);
  const atOne = holdCharge(one.wire);
  const atOther = holdCharge(other.wire);
  const first = ask(one, request);
  await atOne.reached;
  const retry = ask(other, request);
  // Either it is refused, or its own writing is under way, too.
  await Promise.race([retry, atOther.reached]);
  atOne.goOn({ status: 503, body: {} });
  expect((await first).status).toBe(200);
  // The late request reaches the bank that was given up.
  atOther.goOn(null);
  const { status } = await retry;
  expect(await openCharges()).toEqual([0, 1]);
  expect(status).toBe(503);
  expect(await ask(other, request)).toMatchObject({
    status: 200,
    charge: { brCode: (await first).charge.brCode },
  });
  expect(await openCharges()).toEqual([0, 1]);
  await expectMoneyAddsUp(context);
});
