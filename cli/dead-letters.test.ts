import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../platform/testing/manual-clock.ts';
import type { ServerContext } from '../sync-server/context.ts';
import { type App, createApp } from '../sync-server/http/app.ts';
import { ModelBank } from '../sync-server/payments/testing/model-bank.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN, seedShop, testContext } from '../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../sync-server/testing/test-database.ts';
import { registerDeadLetterRoutes } from '../sync-server/webhooks/dead-letter-routes.ts';
import { startInboxProcessor } from '../sync-server/webhooks/processor.ts';
import { totem } from './testing/command-line.ts';

const clock = new ManualClock();
let database: TestDatabase;
let context: ServerContext;
let app: App;
let server: string;
let woken = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  context = testContext({ db: database.db, clock });
  app = await createApp(context);
  registerDeadLetterRoutes(app, context, () => {
    woken += 1;
  });
  server = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await app.close();
  await database.close();
});

const asManager = (...args: string[]) => totem(...args, '--server', server, '--token', MANAGER_TOKEN);
const dataOf = async (...args: string[]) => JSON.parse((await asManager(...args, '--json')).out).data;

async function store(body: string, provider = 'bacen-pix'): Promise<string> {
  const [row] = await database.db.query<{ id: string }>(
    `INSERT INTO webhook_inbox (inbox_id, provider, dedupe_key, received_at, body, headers, status, next_attempt_at)
     VALUES (gen_random_uuid(), $3, gen_random_uuid(), $1, $2, '{"user-agent":"bank"}', 'received', $1)
     RETURNING inbox_id AS id`,
    [new Date(clock.nowMs()), Buffer.from(body), provider],
  );
  clock.advance(1_000);
  return row?.id ?? '';
}

/** A bank whose callbacks nobody can read, until it is mended. */
class Garbled extends ModelBank {
  mended = false;
  override readonly webhooks = {
    addressPath: '',
    authenticate: () => ({ kind: 'authentic' as const, dedupeKey: '' }),
    read: () =>
      this.mended
        ? { kind: 'event' as const, type: 'pix', charges: [], recurrences: [] }
        : { kind: 'unreadable' as const, reason: 'not a Pix callback: pix' },
  };
}

test('what cannot be read is listed with its reason, shown whole, counted first, and goes on when it is taken up', async () => {
  const bank = new Garbled(clock);
  const first = await store('{"quem":"João"}');
  const second = await store('{}');
  await startInboxProcessor(context, bank).stop();

  expect(await dataOf('dead-letters', 'list')).toMatchObject({
    total: 2,
    deadLetters: [
      { inboxId: first, provider: 'bacen-pix', reason: 'not a Pix callback: pix', attempts: 1 },
      { inboxId: second },
    ],
  });
  expect((await asManager('dead-letters', 'show', first)).out).toContain('{"quem":"João"}');
  expect(await dataOf('dead-letters', 'list', '--reason', 'no such')).toMatchObject({ total: 0 });
  expect(await dataOf('dead-letters', 'retry', '--all', '--dry-run')).toEqual({ count: 2, dryRun: true });
  expect(await dataOf('dead-letters', 'retry', '--all', '--provider', 'stripe')).toMatchObject({ count: 0 });

  bank.mended = true;
  expect(woken).toBe(0);
  expect(await dataOf('dead-letters', 'retry', first)).toEqual({ count: 1, dryRun: false });
  expect(woken).toBe(1);
  await startInboxProcessor(context, bank).stop();
  expect(await dataOf('dead-letters', 'list')).toMatchObject({
    total: 1,
    deadLetters: [{ inboxId: second }],
  });
  expect(await dataOf('webhooks', 'replay', first, second)).toEqual({ count: 2 });
});

test('nothing goes on by accident, nonsense is refused, and operators see nothing', async () => {
  expect((await asManager('dead-letters', 'retry')).err).toContain('give --all');
  expect(await asManager('dead-letters', 'show', 'x')).toMatchObject({ exitCode: 1 });
  expect((await asManager('dead-letters', 'show', crypto.randomUUID())).err).toContain('unknown_dead_letter');
  const operator = await totem('dead-letters', 'list', '--server', server, '--token', OPERATOR_TOKEN);
  expect(operator).toMatchObject({ exitCode: 1, out: '' });
});

test('the webhooks of a server that merchants share are shown to none of them', async () => {
  await database.db.query(
    `INSERT INTO merchants (merchant_id, name, pix_key, created_at) VALUES (gen_random_uuid(), 'Outra', 'k', now())`,
  );
  expect((await asManager('dead-letters', 'list')).err).toContain('several_merchants');
});
