import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEMO_MERCHANT_ID, DEMO_PIX_KEY } from '../catalog/demo-shop.ts';
import type { Transaction } from '../db/database.ts';
import { MANAGER_TOKEN } from '../testing/test-context.ts';
import { chainFaults } from './testing/chain-from-docs.ts';
import { type EventHouse, startEventHouse } from './testing/event-house.ts';
import { type Circumstances, expectedBalances } from './testing/expected-balances.ts';
import { OTHER_MANAGER_TOKEN, OTHER_MERCHANT_ID, OTHER_PIX_KEY } from './testing/other-shop.ts';
import { readProviderTruth } from './testing/provider-truth.ts';
import { PART_BP, type RandomDay, SERVICE_OF, startRandomDay } from './testing/random-day.ts';
import {
  DOCUMENTED,
  differences,
  heldOfSales,
  ledgerBalances,
  ledgerBalancesAt,
  whichSales,
  wrongColumns,
} from './testing/recompute.ts';

/** `TOTEM_SEED=S TOTEM_DAYS=N npx vitest run random-events` plays N days, of the seeds from S on. */
const SEED = Number(process.env['TOTEM_SEED'] ?? 33);
const DAYS = Number(process.env['TOTEM_DAYS'] ?? 1);
const STEPS = Number(process.env['TOTEM_STEPS'] ?? 60);
/** After the last event nothing is told any more; by then everybody has asked again, the rarest of them a day later. */
const RESTS_MS = [60_000, ...Array.from({ length: 6 }, () => 11 * 60_000), 26 * 60 * 60_000];
const MANAGERS = [
  [DEMO_MERCHANT_ID, MANAGER_TOKEN],
  [OTHER_MERCHANT_ID, OTHER_MANAGER_TOKEN],
] as const;

let house: EventHouse;
const days: RandomDay[] = [];
beforeAll(async () => {
  house = await startEventHouse();
  let rule = 0;
  for (const [merchantId, token] of MANAGERS) {
    const set = async (path: string, body: unknown) => {
      const answer = await house.ask(0, 'POST', path, body, token);
      if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    };
    for (const [provider, { amountCents }] of Object.entries(SERVICE_OF)) {
      rule += 1;
      const ruleId = `0198c1a0-0000-7000-8000-00000000c0${String(rule).padStart(2, '0')}`;
      await set('/v1/routing/rules', { ruleId, provider, minCents: amountCents, maxCents: amountCents });
    }
    if (merchantId !== DEMO_MERCHANT_ID) continue;
    await set('/v1/splits/recipients', { recipient: 'plataforma', kind: 'platform', name: 'Plataforma' });
    const ruleId = '0198c1a0-0000-7000-8000-00000000d001';
    await set('/v1/splits/rules', { ruleId, recipient: 'plataforma', percentBp: PART_BP });
  }
});
afterAll(() => house?.close());

async function circumstances(): Promise<Circumstances> {
  const attempts = await house.db.query<{ txid: string; provider: string; id: string }>(
    `SELECT txid, provider, provider_charge_id AS id FROM payment_attempts WHERE provider_charge_id IS NOT NULL`,
  );
  const settled = await house.db.query<{ txid: string; receipt: string }>(
    `SELECT t.txid, r.receipt_id AS receipt FROM payment_transactions t JOIN receipts r USING (merchant_id, transaction_id)
     WHERE r.disposition = 'settles'`,
  );
  return {
    sales: days.flatMap(({ sales }) => sales),
    lines: days.flatMap(({ lines }) => lines),
    txidOf: new Map(attempts.map(({ txid, provider, id }) => [`${provider} ${id}`, txid])),
    settledBy: new Map(settled.map(({ txid, receipt }) => [txid, receipt])),
    merchantOfKey: new Map([
      [DEMO_PIX_KEY, DEMO_MERCHANT_ID],
      [OTHER_PIX_KEY, OTHER_MERCHANT_ID],
    ]),
    merchantOfRecurring: new Map(days.flatMap(({ recurring }) => [...recurring])),
  };
}

/** Everything that is not as the providers have it. */
async function wrongs(): Promise<string[]> {
  const truth = readProviderTruth(house.bankDir);
  const known = await circumstances();
  return [
    ...differences(expectedBalances(truth, known), await ledgerBalances(house.db)),
    ...(await wrongColumns(house.db, truth, known)),
  ];
}

test(
  `random events of every provider, at two servers, leave the balances that the providers have (seed ${SEED})`,
  async () => {
    console.log(`  TOTEM_SEED=${SEED} TOTEM_DAYS=${DAYS} TOTEM_STEPS=${STEPS} replays these days`);
    for (let day = 0; day < DAYS; day += 1) {
      const random = startRandomDay(house, SEED + day);
      days.push(random);
      await random.begin();
      for (let step = 0; step < STEPS; step += 1) await random.step();
      await house.bank('PUT', '/bank/faults', {
        online: true,
        timeoutAfterSuccess: false,
        webhook: 'normal',
      });
      let wrong: string[] = [];
      for (const restMs of RESTS_MS) {
        await random.deliverRest();
        await house.pass(restMs, Math.max(5_000, restMs / 200));
        await random.deliverRest();
        await house.pass(20_000);
        wrong = await wrongs();
        if (wrong.length === 0) break;
      }
      if (wrong.length > 0)
        console.log(await whichSales(house.db, readProviderTruth(house.bankDir), await circumstances()));
      expect(wrong, `seed ${SEED + day}`).toEqual([]);
      expect(await chainFaults(house.db)).toEqual([]);
      for (const sql of [DOCUMENTED.unbalanced, DOCUMENTED.gaps])
        expect(await house.db.query(sql)).toEqual([]);
      expect(differences(...(await heldOfSales(house.db)))).toEqual([]);
      await expectPastBalances();
      for (const [, token] of MANAGERS)
        expect((await house.ask(day % 2, 'GET', '/v1/ledger/verify', undefined, token)).body).toMatchObject({
          ok: true,
        });
    }
    const kinds = await house.db.query<{ kind: string; entries: number }>(
      'SELECT kind, count(*)::int AS entries FROM ledger_entries GROUP BY kind ORDER BY kind',
    );
    console.log(`  posted: ${kinds.map(({ kind, entries }) => `${kind} ${entries}`).join(', ')}`);
  },
  DAYS * 240_000,
);

/** At any time, by what was known at any other: the sum of the entries until then, and what the API says. */
async function expectPastBalances(): Promise<void> {
  const lines = await house.db.query<{ key: string; cents: number; occurred: Date; recorded: Date }>(
    `SELECT concat_ws(' ', p.merchant_id, p.account_code, p.currency) AS key, p.amount_cents AS cents,
       e.occurred_at AS occurred, e.recorded_at AS recorded
     FROM ledger_postings p JOIN ledger_entries e USING (merchant_id, entry_id)`,
  );
  for (const [at, knownBy] of [
    [0.3, 1],
    [0.6, 0.6],
    [1, 0.4],
  ].map((parts) =>
    parts.map((part) => lines[Math.floor(part * (lines.length - 1))]?.recorded ?? new Date()),
  )) {
    if (at === undefined || knownBy === undefined) throw new Error('two times were made');
    const prefix = new Map<string, number>();
    for (const { key, cents, occurred, recorded } of lines)
      if (occurred <= at && recorded <= knownBy) prefix.set(key, (prefix.get(key) ?? 0) + cents);
    expect(differences(prefix, await ledgerBalancesAt(house.db, at, knownBy))).toEqual([]);
    for (const [merchantId, token] of MANAGERS) {
      const path = `/v1/ledger/balances?at=${at.getTime()}&knownBy=${knownBy.getTime()}`;
      const { body } = await house.ask(0, 'GET', path, undefined, token);
      const { accounts } = body as {
        accounts: { accountCode: string; currency: string; balanceCents: number }[];
      };
      const told = accounts.map(({ accountCode, currency, balanceCents }): [string, number] => [
        `${merchantId} ${accountCode} ${currency}`,
        balanceCents,
      ]);
      const own = [...prefix].filter(([key]) => key.startsWith(merchantId));
      expect(differences(new Map(own), new Map(told))).toEqual([]);
    }
  }
}

test('money that moved at a provider and was not told of is seen, and so is a line that says something else', async () => {
  expect(await wrongs()).toEqual([]);
  const money = readProviderTruth(house.bankDir).find(
    ({ provider, cents, returnedCents, disputedCents, lostCents }) =>
      provider === 'bacen-pix' && cents > returnedCents + disputedCents + lostCents,
  );
  if (money !== undefined) {
    const sentBack = { endToEndId: money.id, amountCents: 1, nature: 'MED_FRAUDE' };
    expect((await house.bank('POST', '/bank/sent-back', sentBack)).status).toBe(200);
    expect(await wrongs()).not.toEqual([]);
  }
  class Undone extends Error {}
  const before = await ledgerBalances(house.db);
  const work = async (transaction: Transaction): Promise<never> => {
    await transaction.query('SET LOCAL session_replication_role = replica');
    await transaction.query(
      'UPDATE ledger_postings SET amount_cents = amount_cents + 1 WHERE amount_cents > 0',
    );
    expect(differences(before, await ledgerBalances(transaction))).not.toEqual([]);
    expect(await transaction.query(DOCUMENTED.unbalanced)).not.toEqual([]);
    expect(await chainFaults(transaction)).not.toEqual([]);
    throw new Undone();
  };
  await expect(house.db.transaction(work)).rejects.toBeInstanceOf(Undone);
});
