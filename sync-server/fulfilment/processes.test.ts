import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { ticketIdOfSession } from '../../domain/ids.ts';
import { FEED_PAYLOADS } from '../../domain/protocol/feed.ts';
import type { ServiceMessage } from '../../platform/service.ts';
import { eventually } from '../../platform/testing/eventually.ts';
import type { KillMoment } from '../../platform/testing/kill-point.ts';
import { playUnderKill } from '../../platform/testing/kill-walk.ts';
import { type MailServer, startMailServer } from '../../simulators/mail/mail-server.ts';
import { DEMO_MERCHANT_ID } from '../catalog/demo-shop.ts';
import { findBySession } from '../payments/payment-transaction.ts';
import { chargeRequest, expectMoneyAddsUp } from '../payments/testing/payment-steps.ts';
import { outboxEvent } from '../testing/paid-session.ts';
import { openShopProcess, type ShopProcess } from '../testing/shop-process.ts';
import { type StubTotem, stubTotem } from '../testing/stub-totem.ts';
import { testConfig } from '../testing/test-context.ts';
import { readFulfilment } from './list-fulfilments.ts';

const KEY = 'personal-data.key';
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Far beyond the commits of one sale's fulfilment: the walk ends by itself when a round has none left. */
const MOST_COMMITS = 60;

let mail: MailServer;
let shop: ShopProcess;
let totem: StubTotem;
let folder: string;
const others: ChildProcess[] = [];

beforeAll(async () => {
  mail = await startMailServer();
  process.env['TOTEM_SMTP_URL'] = mail.url;
  process.env['TOTEM_MAIL_FROM'] = 'Clínica <nao-responda@clinica.example>';
  folder = mkdtempSync(join(tmpdir(), 'totem-fulfilment-'));
  shop = await openShopProcess();
  await shop.start();
  totem = stubTotem(shop);
});
beforeEach(() => {
  mail.temper = 'accepts';
});
afterAll(async () => {
  for (const other of others) other.kill('SIGKILL');
  await shop.close();
  await mail.close();
  rmSync(folder, { recursive: true, force: true });
});

interface OtherServer {
  readonly url: string;
  sleep(): void;
  wake(): void;
  kill(): Promise<void>;
}

/** Another server on the same database, as a second machine would be. */
async function startOther(): Promise<OtherServer> {
  const [named] = await shop.context.db.query<{ name: string }>('SELECT current_database() AS name');
  const database = new URL(inject('postgresUrl'));
  database.pathname = `/${named?.name}`;
  writeFileSync(join(folder, 'access.json'), JSON.stringify(testConfig().access));
  // Whoever reads what the customers told needs the key that it was sealed with.
  cpSync(join(shop.dataDir, KEY), join(folder, 'other', KEY));
  const other = fork(MAIN, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      TOTEM_LOG: 'silent',
      TOTEM_SERVER_PORT: '0',
      TOTEM_DATA_DIR: join(folder, 'other'),
      DATABASE_URL: database.href,
      TOTEM_ACCESS_FILE: join(folder, 'access.json'),
      TOTEM_PIX_BASE_URL: shop.bank.apiBaseUrl,
      TOTEM_PIX_TOKEN_URL: shop.bank.tokenUrl,
      TOTEM_PIX_CLIENT_ID: 'shop',
      TOTEM_PIX_CLIENT_SECRET: 'not-a-secret',
    },
  });
  others.push(other);
  const [message] = (await once(other, 'message')) as [ServiceMessage];
  if (message.kind !== 'ready') throw new Error(message.message);
  return {
    url: message.addresses['syncServer'] ?? '',
    sleep: () => other.kill('SIGSTOP'),
    wake: () => other.kill('SIGCONT'),
    async kill() {
      const gone = once(other, 'close');
      other.kill('SIGKILL');
      await gone;
    },
  };
}

async function sell(at: StubTotem, email: string): Promise<string> {
  const request = chargeRequest(shop.context, { customer: { name: 'Ana', email } });
  const { sessionId, txid, serviceId, amountCents } = request;
  const nowMs = Date.now();
  await at.push([
    outboxEvent('session.opened', { sessionId, serviceId, amountCents, openedAt: nowMs }, nowMs),
  ]);
  await at.post('/v1/charges', request);
  const paid = await fetch(`${shop.bank.bankUrl}/bank/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ txid, mode: 'exact' }),
  });
  expect(paid.status).toBe(200);
  return sessionId;
}

async function handOut(at: StubTotem, sessionId: string): Promise<void> {
  const { payload } = await at.readUntil(
    (entry) =>
      entry.kind === 'payment.confirmed' &&
      FEED_PAYLOADS[entry.kind].parse(entry.payload).sessionId === sessionId,
  );
  const { ticket } = FEED_PAYLOADS['payment.confirmed'].parse(payload);
  const ticketId = ticketIdOfSession(sessionId);
  const nowMs = Date.now();
  const results = await at.push([
    outboxEvent('ticket.issued', { ...ticket, ticketId, sessionId, issuedAt: nowMs }, nowMs),
    outboxEvent('ticket.queued', { ticketId, delivery: 'printed', queuedAt: nowMs }, nowMs),
  ]);
  for (const { outcome } of results) expect(outcome).not.toBe('rejected');
}

async function show(sessionId: string) {
  const payment = await findBySession(shop.context.db, DEMO_MERCHANT_ID, sessionId);
  const shown = payment === undefined ? undefined : await readFulfilment(shop.context.db, payment);
  if (shown === undefined) throw new Error(`session ${sessionId} has no fulfilment yet`);
  return shown;
}

/** Another process looks for what is missed every quarter of a minute. */
const PATIENCE = { timeout: 60_000, interval: 50 };

const completes = (sessionId: string) =>
  vi.waitFor(async () => {
    const { status, stages } = await show(sessionId);
    expect(status, JSON.stringify(stages)).toBe('completed');
  }, PATIENCE);

/** Minutes go by while nobody looks: claims are over, and jobs that died with their process are missed. */
async function beDue(): Promise<void> {
  const over = (stage: string) =>
    `CASE WHEN stages->'${stage}'->>'state' = 'running' THEN '1' ELSE stages->'${stage}'->'dueAt' END`;
  await shop.context.db.query(
    `UPDATE fulfilments SET next_work_at = now() - interval '10 minutes',
       stages = jsonb_set(jsonb_set(stages, '{notifying,dueAt}', ${over('notifying')}),
         '{sending_receipt,dueAt}', ${over('sending_receipt')})
     WHERE next_work_at IS NOT NULL`,
  );
  await shop.context.db.query("UPDATE webhook_inbox SET next_attempt_at = now() WHERE status = 'received'");
  await shop.context.db.query('UPDATE payment_transactions SET next_check_at = now() WHERE paid_at IS NULL');
}

const mailsTo = (email: string) => mail.mails.filter(({ to }) => to.includes(email));

test('two processes at once: each customer has one notice and one receipt', async () => {
  const other = await startOther();
  const emails = Array.from({ length: 12 }, () => `${randomUUID()}@example.com`);
  const totems = [stubTotem(shop), stubTotem(other)];
  const sessions = await Promise.all(emails.map((email, index) => sell(totems[index % 2] ?? totem, email)));
  for (const sessionId of sessions) await handOut(stubTotem(shop), sessionId);
  for (const sessionId of sessions) await completes(sessionId);
  for (const email of emails)
    expect(mailsTo(email).map(({ messageId }) => messageId.split('.')[0])).toEqual([
      '<payment_received',
      '<receipt',
    ]);
  await other.kill();
});

test('killed while the mail server holds the mail: the other process sends it again, under the same id', async () => {
  const other = await startOther();
  other.sleep();
  mail.temper = 'hangs';
  const email = `${randomUUID()}@example.com`;
  const before = mail.arrived;
  const sessionId = await sell(totem, email);
  await eventually(() => expect(mail.arrived).toBe(before + 1));
  await shop.kill();
  mail.temper = 'accepts';
  other.wake();
  const [noted] = (await show(sessionId)).sends;
  expect(noted).toMatchObject({ attempt: 1, outcome: null });
  await beDue();
  await handOut(stubTotem(other), sessionId);
  await completes(sessionId);
  expect(
    mailsTo(email)
      .map(({ messageId }) => messageId.split('.')[0])
      .toSorted(),
  ).toEqual(['<payment_received', '<receipt']);
  const { sends } = await show(sessionId);
  expect(sends.filter(({ kind }) => kind === 'payment_received')).toMatchObject([
    { attempt: 1, outcome: null, messageId: noted?.messageId },
    { attempt: 2, outcome: 'sent', messageId: noted?.messageId },
  ]);
  await other.kill();
  await shop.start();
});

test.each(['before', 'after'] as const)(
  'killed %s each commit of the stages: every mail goes out, twice at most and with one id, every ticket once',
  async (when: KillMoment) => {
    let kills = 0;
    for (let at = 1; at <= MOST_COMMITS; at += 1) {
      const email = `${randomUUID()}@example.com`;
      const order = { at, when, writing: 'fulfilments|notification_sends|pgboss' } as const;
      const play = async (): Promise<string> => {
        const sessionId = await sell(totem, email);
        await handOut(totem, sessionId);
        await completes(sessionId);
        return sessionId;
      };
      const { result: sessionId, point } = await playUnderKill(shop, order, play, beDue);
      const context = `killed ${when} commit ${at}: ${point}`;
      const ids = mailsTo(email).map(({ messageId }) => messageId.split('.')[0]);
      expect(new Set(ids), context).toEqual(new Set(['<payment_received', '<receipt']));
      // Both may be on their way when the process dies: each is sent again, and no more.
      for (const id of new Set(ids))
        expect(ids.filter((one) => one === id).length, context).toBeLessThanOrEqual(2);
      expect((await show(sessionId)).status, context).toBe('completed');
      if (point === null) break;
      kills += 1;
    }
    console.log(`  killed ${when}: ${kills} times`);
    expect(kills).toBeGreaterThan(5);
    expect(kills).toBeLessThan(MOST_COMMITS);
    await expectMoneyAddsUp(shop.context);
  },
);
