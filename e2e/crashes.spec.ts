import { auditShop } from './support/audit.ts';
import { command, integrationStatus, pay, snapshot, until } from './support/outside.ts';
import { expect, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop(['--totems', '2']);

/** How long each wave of sales goes on while processes are killed; enough for dozens of sales on two cores. */
const WAVE_MS = 40_000;
const VICTIMS = ['totem-1', 'totem-2', 'sync-server', 'postgres', 'provider', 'printer-1', 'printer-2'];

test.setTimeout(240_000);

test('every paid session has exactly one ticket, whatever is killed while sales go on', async ({ shop }) => {
  const { addresses } = shop;
  const seed = Number(process.env['TOTEM_SEED'] ?? Date.now() % 1_000_000);
  console.log(`  TOTEM_SEED=${seed} replays this choice of victims`);
  const random = seededRandom(seed);
  const stopAt = Date.now() + WAVE_MS;

  let kills = 0;
  const killing = (async () => {
    while (Date.now() < stopAt) {
      await sleep(400 + random() * 2_600);
      const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? 'totem-1';
      try {
        shop.kill(victim);
        kills += 1;
      } catch (error) {
        // It fell a moment ago and has not been started again yet.
        expect((error as NodeJS.ErrnoException).code).toMatch(/^(ESRCH|ENOENT)$/);
      }
    }
  })();

  const paidBrCodes: string[] = [];
  const sellAt = async (totemUrl: string): Promise<void> => {
    while (Date.now() < stopAt) {
      const brCode = await buyOne(totemUrl, addresses.provider).catch(() => null);
      if (brCode !== null) paidBrCodes.push(brCode);
    }
  };
  await Promise.all(addresses.totems.map(({ totem }) => sellAt(totem)));
  await killing;
  expect(kills).toBeGreaterThan(8);
  expect(paidBrCodes.length).toBeGreaterThan(3);

  const status = await until(
    'every paid session to have its ticket',
    async () => {
      const now = await integrationStatus(addresses.syncServer, addresses.token);
      return now.paid >= paidBrCodes.length && now.tickets === now.paid && now.issues.length === 0
        ? now
        : null;
    },
    60_000,
  );
  console.log(`  ${kills} kills, ${status.paid} paid sessions, ${status.tickets} tickets`);

  const audit = await until(
    'all stores to agree',
    async () => {
      const now = await auditShop(addresses);
      if (now.violations.length > 0) throw new Error(now.violations.join('\n'));
      return now;
    },
    30_000,
  );
  expect(audit.tickets).toBe(status.tickets);
});

/** One sale as a hurried customer makes it; answers the code that was paid, null when the totem could not sell. */
async function buyOne(totemUrl: string, bankUrl: string): Promise<string | null> {
  const totem = await snapshot(totemUrl, 'totem');
  if (totem.checkout.step !== 'idle') {
    await command(totemUrl, { kind: 'checkout.dismiss', sessionId: totem.checkout.sessionId });
    await sleep(100);
  }
  const service = totem.services[0];
  if (service === undefined) return null;
  const started = await command(totemUrl, { kind: 'checkout.start', serviceId: service.serviceId });
  if (!started.ok) return null;
  const brCode = await until(
    'a code to pay',
    async () => {
      const { checkout } = await snapshot(totemUrl, 'totem');
      return checkout.step === 'awaiting_payment' && checkout.brCode;
    },
    5_000,
  );
  await until('the bank to take the payment', async () => (await pay(bankUrl, brCode)).length > 0, 5_000);
  await until(
    'the ticket',
    async () => ['printing', 'ticket', 'idle'].includes((await snapshot(totemUrl, 'totem')).checkout.step),
    6_000,
  );
  return brCode;
}

/** Mulberry32: small, and the same on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
