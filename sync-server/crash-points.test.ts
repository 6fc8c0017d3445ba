import { randomInt, randomUUID } from 'node:crypto';
import process from 'node:process';
import { afterAll, describe, expect, test } from 'vitest';
import { ticketIdOfSession } from '../domain/ids.ts';
import { FEED_PAYLOADS } from '../domain/protocol/feed.ts';
import { eventually } from '../platform/testing/eventually.ts';
import type { KillMoment, KillOrder } from '../platform/testing/kill-point.ts';
import { playUnderKill } from '../platform/testing/kill-walk.ts';
import { nextRandom } from '../platform/testing/park-miller.ts';
import type { Replacement } from '../platform/testing/replace-on-load.ts';
import { DEMO_SHOP } from './catalog/demo-shop.ts';
import { chargeRequest, expectMoneyAddsUp, readPayment } from './payments/testing/payment-steps.ts';
import { outboxEvent } from './testing/paid-session.ts';
import { openShopProcess, type ShopProcess } from './testing/shop-process.ts';
import { type StubTotem, stubTotem } from './testing/stub-totem.ts';

/** Far beyond the commits of one round: the walk ends by itself when a round has none left. */
const MOST_COMMITS = 60;
const RANDOM_KILLS = 4;
/** A round takes a second or two; what is lost never comes. */
const TWIN_PATIENCE_MS = 5_000;
const COUNTER = 'Guichê 1';

type Sale = Awaited<ReturnType<typeof sell>>;

type Mode = 'exact' | 'twice';

/** What has become of a round: one ticket by its totem, one by rescue. */
interface Round {
  /** How often the customer paid. */
  readonly mode: Mode;
  readonly issued: string;
  readonly rescued: string;
}

const shops: ShopProcess[] = [];
afterAll(async () => {
  for (const shop of shops) await shop.close();
});

async function openShop(bug?: Replacement): Promise<ShopProcess> {
  const shop = await openShopProcess(bug);
  shops.push(shop);
  await shop.start();
  return shop;
}

async function pay(shop: ShopProcess, txid: string, mode: Mode): Promise<void> {
  const paid = await fetch(`${shop.bank.bankUrl}/bank/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ txid, mode }),
  });
  expect(paid.status).toBe(200);
}

/** A sale up to the totem's hearing that it is paid. @returns what the totem tells of its ticket */
async function sell(shop: ShopProcess, totem: StubTotem, mode: Mode) {
  const request = chargeRequest(shop.context);
  const { sessionId, txid, serviceId, amountCents } = request;
  const nowMs = Date.now();
  await totem.push([
    outboxEvent('session.opened', { sessionId, serviceId, amountCents, openedAt: nowMs }, nowMs),
  ]);
  await totem.post('/v1/charges', request);
  await pay(shop, txid, mode);
  const { payload } = await totem.readUntil(
    (entry) =>
      entry.kind === 'payment.confirmed' &&
      FEED_PAYLOADS[entry.kind].parse(entry.payload).sessionId === sessionId,
  );
  const { ticket } = FEED_PAYLOADS['payment.confirmed'].parse(payload);
  const ticketId = ticketIdOfSession(sessionId);
  const issued = outboxEvent('ticket.issued', { ...ticket, ticketId, sessionId, issuedAt: nowMs }, nowMs);
  const printed = outboxEvent(
    'ticket.print_finished',
    {
      ticketId,
      jobId: randomUUID(),
      copyNumber: 1,
      attempts: 1,
      outcome: 'printed',
      detail: null,
      finishedAt: nowMs,
    },
    nowMs,
  );
  const queued = outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: nowMs }, nowMs);
  return { sessionId, ticketId, told: [issued, printed, queued] };
}

/** Minutes go by while nobody looks: a lease is over. */
async function leaseLapses({ context }: ShopProcess, sessionId: string): Promise<void> {
  await context.db.query(
    "UPDATE payment_transactions SET act_before = now() - interval '5 minutes' WHERE session_id = $1",
    [sessionId],
  );
}

/**
 * Two customers, one of whom has paid before: he is rescued. The other has a ticket by the totem, and a Pix back where he
 * pays twice.
 */
async function playRound(shop: ShopProcess, totem: StubTotem, before: Sale, mode: Mode): Promise<Round> {
  const sale = await sell(shop, totem, mode);
  for (const { outcome } of await totem.push(sale.told)) expect(outcome).not.toBe('rejected');

  const { sessionId } = before;
  await leaseLapses(shop, sessionId);
  expect(await totem.post('/v1/confirmations/claim', { sessionId })).toMatchObject({ outcome: 'granted' });
  await leaseLapses(shop, sessionId);
  const rescue = { kind: 'queue.rescue', commandId: randomUUID(), counter: COUNTER, sessionId } as const;
  expect(await totem.command(rescue)).toMatchObject({ ok: true, ticket: { rescued: true } });
  // The totem had issued it all the same, and tells so when its line is back.
  for (const { outcome } of await totem.push(before.told)) expect(outcome).not.toBe('rejected');
  await settlesDown(shop);
  return { mode, issued: sale.sessionId, rescued: sessionId };
}

/** Waits until nothing is left to be done; what the bank would be asked of it later is put off to another day. */
async function settlesDown({ context: { db } }: ShopProcess): Promise<void> {
  await eventually(async () => {
    const open = await db.query(
      `SELECT txid AS what, status FROM payment_transactions WHERE status <> 'SUCCEEDED'
       UNION ALL SELECT reason, status FROM refunds WHERE status <> 'settled'
       UNION ALL SELECT 'webhook', status FROM webhook_inbox WHERE status <> 'processed'`,
    );
    expect(open).toEqual([]);
  });
  await db.query(
    `UPDATE payment_transactions SET next_check_at = now() + interval '1 day' WHERE next_check_at IS NOT NULL`,
  );
}

/** Plays a round while the server may be killed, and is started again as soon as it is. */
async function playUnderKills(
  shop: ShopProcess,
  totem: StubTotem,
  kill: KillOrder,
  mode: Mode,
): Promise<{ readonly round: Round; readonly point: string | null }> {
  const before = await sell(shop, totem, 'exact');
  await settlesDown(shop);
  const play = () => playRound(shop, totem, before, mode);
  const { result, point } = await playUnderKill(shop, kill, play, () => beDue(shop));
  return { round: result, point };
}

/** A claim of a killed process, and the bank's checks, are due again after seconds or minutes: they have gone by. */
async function beDue({ context: { db } }: ShopProcess): Promise<void> {
  await db.query("UPDATE webhook_inbox SET next_attempt_at = now() WHERE status = 'received'");
  await db.query('UPDATE payment_transactions SET next_check_at = now() WHERE paid_at IS NULL');
  await db.query('UPDATE refunds SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL');
}

/** What has to hold of all rounds so far, however often the server was killed in them. */
async function expectRounds(shop: ShopProcess, rounds: readonly Round[], context: string): Promise<void> {
  const all = (sql: string) => shop.context.db.query<Record<string, unknown>>(sql);
  for (const { mode, issued, rescued } of rounds.slice(-1)) {
    const [first, second] = [
      await readPayment(shop.context, issued),
      await readPayment(shop.context, rescued),
    ];
    expect([first.status, second.status], context).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect([first.confirmations, second.confirmations], context).toEqual([1, 1]);
    expect([first.refunds.length, second.refunds.length], context).toEqual([mode === 'twice' ? 1 : 0, 0]);
    expect([first.late, second.late], context).toEqual([false, false]);
  }
  const tickets = await all('SELECT DISTINCT number FROM tickets');
  expect(tickets, context).toHaveLength(rounds.length * 2);
  expect(await all('SELECT 1 FROM tickets WHERE rescued'), context).toHaveLength(rounds.length);
  // Each once: settled, issued, queued, printed, confirmed, and each event answered.
  const twice = await all(
    `SELECT 'settled' AS what, transaction_id::text AS id FROM payment_transitions WHERE to_status = 'SUCCEEDED'
       GROUP BY 2 HAVING count(*) > 1
     UNION ALL SELECT 'queued', ticket_id::text FROM ticket_transitions WHERE to_status = 'in_queue'
       GROUP BY 2 HAVING count(*) > 1
     UNION ALL SELECT 'printed', ticket_id::text FROM ticket_print_reports GROUP BY 2 HAVING count(*) > 1
     UNION ALL SELECT kind, payload->>'sessionId' FROM feed WHERE kind = 'payment.confirmed'
       GROUP BY 1, 2 HAVING count(*) > 1`,
  );
  expect(twice, context).toEqual([]);
  expect(await all("SELECT kind, reason FROM sync_events WHERE outcome = 'rejected'"), context).toEqual([]);
  expect(await all('SELECT 1 FROM sync_events'), context).toHaveLength(rounds.length * 8);
  const receipts = await all('SELECT disposition, count(*) FROM receipts GROUP BY 1 ORDER BY 1');
  const surplus = rounds.filter(({ mode }) => mode === 'twice').length;
  expect(receipts, context).toEqual([
    { disposition: 'settles', count: rounds.length * 2 },
    ...(surplus === 0 ? [] : [{ disposition: 'surplus', count: surplus }]),
  ]);
  const gaps = await shop.context.db.query(
    `SELECT seq FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS position FROM feed WHERE unit_id = $1) AS f
     WHERE seq <> position`,
    [DEMO_SHOP.unitId],
  );
  expect(gaps, context).toEqual([]);
  await expectMoneyAddsUp(shop.context);
}

/** The commits of a round: patterns over all that a commit writes. Only a round that is paid twice has those of a refund. */
const COMMITS = {
  'push applied': '.*INSERT sync_events',
  'charge stored': '.*INSERT payment_transactions',
  'charge at the bank': '(?!.*INSERT receipts).*INSERT payment_transitions',
  'webhook stored': '.*INSERT webhook_inbox',
  'webhook claimed, or done': 'UPDATE webhook_inbox$',
  'settled: receipt, status, ledger, number, feed': '.*INSERT receipts.*feed',
  'lease renewed': 'UPDATE payment_transactions$',
  rescued: '.*queue_commands',
} as const;
const REFUND_COMMITS = {
  'refund claimed, or asked about': 'UPDATE refunds$',
  'refund told': '.*UPDATE refunds.*feed',
} as const;
/** What follows a payment is walked by fulfilment/processes.test.ts. */
const FULFILMENT_COMMITS = '.*(?:fulfilments|notification_sends|pgboss)';
const OTHER_COMMITS = `(?!${[...Object.values({ ...COMMITS, ...REFUND_COMMITS }), FULFILMENT_COMMITS].join('|')})`;

/**
 * Kills the server at its first such commit in one round, at the second in the next, until a round has none left. Workers
 * commit in any order beside each other, so that only those of one kind can be counted.
 * @returns how often it was killed
 */
async function walk(
  { shop, totem, rounds }: Walked,
  when: KillMoment,
  mode: Mode,
  commits: string,
): Promise<number> {
  for (let at = 1; at <= MOST_COMMITS; at += 1) {
    const { round, point } = await playUnderKills(shop, totem, { at, when, writing: `^${commits}` }, mode);
    rounds.push(round);
    await expectRounds(shop, rounds, `killed ${when} commit ${at}: ${point}`);
    if (point === null) return at - 1;
  }
  throw new Error(`a round has over ${MOST_COMMITS} commits like ${commits}`);
}

interface Walked {
  readonly shop: ShopProcess;
  readonly totem: StubTotem;
  readonly rounds: Round[];
}

async function openWalk(): Promise<Walked> {
  const shop = await openShop();
  return { shop, totem: stubTotem(shop), rounds: [] };
}

describe.concurrent('the money and the tickets are right', () => {
  test.each(['before', 'after'] as const)(
    'killed %s each commit from the webhook to the rescue',
    async (when) => {
      const walked = await openWalk();
      const kills: Record<string, number> = {};
      for (const [name, commits] of Object.entries(COMMITS))
        kills[name] = await walk(walked, when, 'exact', commits);
      await walk(walked, when, 'exact', OTHER_COMMITS);
      console.log(`  killed ${when}: ${JSON.stringify(kills)}`);
      expect(Object.entries(kills).filter(([, times]) => times === 0)).toEqual([]);
    },
    240_000,
  );

  test.each(['before', 'after'] as const)(
    'killed %s each commit of a refund',
    async (when) => {
      const walked = await openWalk();
      for (const commits of Object.values(REFUND_COMMITS))
        expect(await walk(walked, when, 'twice', commits)).toBeGreaterThan(0);
    },
    240_000,
  );

  test(`killed at ${RANDOM_KILLS} random commits, one after the other`, async () => {
    const seed = Number(process.env['TOTEM_SEED'] ?? randomInt(1_000_000));
    console.log(`  TOTEM_SEED=${seed} replays these kills`);
    const shop = await openShop();
    const totem = stubTotem(shop);
    const rounds: Round[] = [];
    let state = seed;
    for (let kill = 0; kill < RANDOM_KILLS; kill += 1) {
      state = nextRandom(state);
      const order: KillOrder = { at: 1 + (state % 12), when: state % 24 < 12 ? 'before' : 'after' };
      const mode = state % 5 === 0 ? 'twice' : 'exact';
      rounds.push((await playUnderKills(shop, totem, order, mode)).round);
    }
    await expectRounds(shop, rounds, `seed ${seed}`);
  });

  test('twin: a confirmation in a transaction of its own is lost between the two, and the round does not end', async () => {
    const shop = await openShop({
      file: 'sync-server/payments/apply-provider-charge.ts',
      find: 'await settle(context, transaction, payment, recorded.settling, charge.expiresAtMs, atMs);',
      replace: `transaction.afterCommit(() => void context.db.transaction((own) =>
        settle(context, own, payment, recorded.settling, charge.expiresAtMs, atMs)));`,
    });
    const totem = stubTotem(shop, TWIN_PATIENCE_MS);
    const order = { at: 1, when: 'after', writing: ' receipts\\b' } as const;
    const well = await playUnderKills(shop, totem, { ...order, at: MOST_COMMITS }, 'exact');
    await expectRounds(shop, [well.round], 'not killed');
    await expect(playUnderKills(shop, totem, order, 'exact')).rejects.toThrow('the feed did not bring it');
  });
});
