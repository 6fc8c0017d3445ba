import { command, integrationStatus, papers, pay, snapshot, until } from './support/outside.ts';
import { expect, type Shop, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop();

/** How long each wave of sales goes on while processes are killed; enough for dozens of sales on two cores. */
const WAVE_MS = 40_000;
const VICTIMS = ['totem-1', 'sync-server', 'postgres', 'provider', 'printer-1'];

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
  while (Date.now() < stopAt) {
    const brCode = await buyOne(shop).catch(() => null);
    if (brCode !== null) paidBrCodes.push(brCode);
  }
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

  const queue = await until('all tickets to be in the queue', async () => {
    const now = await snapshot(addresses.queue, 'queue');
    return now.waiting.length + now.arriving.length === status.tickets && now;
  });
  const labels = [...queue.waiting, ...queue.arriving].map((ticket) => ticket.label);
  expect(new Set(labels).size).toBe(labels.length);
  // No ticket without a settled payment, and none that says "paid" on paper twice: a first paper per label at most.
  const firstPapers = (await until('the printer to answer', () => papers(addresses.printer)))
    .filter((paper) => paper.complete && !paper.text.includes('2ª VIA'))
    .flatMap((paper) => /Senha ([A-Z]{1,3}\d{3,})/.exec(paper.text)?.[1] ?? []);
  expect(new Set(firstPapers).size).toBe(firstPapers.length);
  for (const label of firstPapers) expect(labels).toContain(label);
});

/** One sale as a hurried customer makes it; answers the code that was paid, null when the totem could not sell. */
async function buyOne(shop: Shop): Promise<string | null> {
  const { addresses } = shop;
  const totem = await snapshot(addresses.totem, 'totem');
  if (totem.checkout.step !== 'idle') {
    await command(addresses.totem, { kind: 'checkout.dismiss', sessionId: totem.checkout.sessionId });
    await sleep(100);
  }
  const service = totem.services[0];
  if (service === undefined) return null;
  const started = await command(addresses.totem, { kind: 'checkout.start', serviceId: service.serviceId });
  if (!started.ok) return null;
  const brCode = await until(
    'a code to pay',
    async () => {
      const { checkout } = await snapshot(addresses.totem, 'totem');
      return checkout.step === 'awaiting_payment' && checkout.brCode;
    },
    5_000,
  );
  await until(
    'the bank to take the payment',
    async () => (await pay(addresses.provider, brCode)).length > 0,
    5_000,
  );
  await until(
    'the ticket',
    async () =>
      ['printing', 'ticket', 'idle'].includes((await snapshot(addresses.totem, 'totem')).checkout.step),
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
