import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../platform/testing/eventually.ts';
import { type MailServer, startMailServer } from '../simulators/mail/mail-server.ts';
import { registerFulfilmentRoutes } from '../sync-server/fulfilment/fulfilment-routes.ts';
import {
  type FulfilmentHouse,
  openFulfilmentHouse,
} from '../sync-server/fulfilment/testing/fulfilment-house.ts';
import { type App, createApp } from '../sync-server/http/app.ts';
import { openChannels } from '../sync-server/notifications/open-channels.ts';
import { MANAGER_TOKEN, OPERATOR_TOKEN } from '../sync-server/testing/test-context.ts';
import { totem } from './testing/command-line.ts';

let mail: MailServer;
let house: FulfilmentHouse;
let app: App;
let server: string;

beforeAll(async () => {
  mail = await startMailServer();
  const smtp = { url: mail.url, from: 'a@clinica.example' };
  house = await openFulfilmentHouse(
    openChannels({ smtp, whatsapp: null, sms: null }, { nowMs: () => house.clock.nowMs() }),
  );
  app = await createApp(house.context);
  registerFulfilmentRoutes(app, house.context);
  server = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await app.close();
  await house.close();
  await mail.close();
});

async function run(...args: string[]) {
  const said = await totem('fulfilment', ...args, '--server', server, '--token', MANAGER_TOKEN, '--json');
  const answer = JSON.parse(said.out) as { ok: boolean; code?: string; data: Record<string, unknown> };
  return { exitCode: said.exitCode, ...answer };
}

test('what failed stands first, tells why, and goes on by hand', async () => {
  const fine = await house.sell({ name: 'Bia' });
  await house.issue(fine);
  await house.handOver(fine);
  await house.pass(1_000);
  await eventually(async () => expect((await house.show(fine)).status).toBe('completed'));
  mail.temper = 'refuses';
  const failed = await house.sell({ name: 'Ana', email: 'ana@example.com' });
  await house.reaches(failed, { stage: 'notifying', state: 'failed' });

  const { data } = await run('list');
  expect(data).toMatchObject({
    open: 1,
    retrying: 1,
    failedPermanent: 0,
    fulfilments: [
      { transactionId: failed.transactionId, status: 'failed_at_notifying' },
      { transactionId: fine.transactionId, status: 'completed' },
    ],
  });
  expect((await run('list', '--status', 'completed')).data).toMatchObject({
    fulfilments: [{ transactionId: fine.transactionId }],
  });
  expect((await run('list', '--status', 'failed_permanent')).data['fulfilments']).toEqual([]);
  expect((await run('kick')).data).toEqual({ count: 0 });

  const shown = await totem(
    'fulfilment',
    'show',
    failed.transactionId,
    '--server',
    server,
    '--token',
    MANAGER_TOKEN,
  );
  expect(shown.out).toContain('failed_at_notifying');
  expect(shown.out).toMatch(/payment_received +email +try 1 +a\*\*\*@example.com +failed: /);
  expect(shown.out).not.toContain('ana@example.com');

  mail.temper = 'accepts';
  expect(await run('resync', failed.transactionId)).toMatchObject({ ok: true });
  await house.reaches(failed, { stage: 'notifying', state: 'done' });
  expect(await run('resync', failed.transactionId)).toMatchObject({ code: 'nothing_failed', exitCode: 1 });
  expect((await run('kick', failed.transactionId)).data).toEqual({ count: 1 });
});

test('payments without any are made theirs, and nobody is written to but by --since', async () => {
  await house.context.db.query('DELETE FROM notification_sends');
  const [gone] = await house.context.db.query<{ all: number }>(
    'WITH gone AS (DELETE FROM fulfilments RETURNING 1) SELECT count(*)::int AS all FROM gone',
  );
  const sentBefore = mail.mails.length;
  expect((await run('backfill', '--since', 'yesterday')).code).toBe('invalid_request');
  expect((await run('backfill')).data).toEqual({ made: gone?.all, withMessages: 0 });
  expect((await run('backfill', '--since', '2020-01-01T00:00Z')).data).toEqual({ made: 0, withMessages: 0 });
  expect(gone?.all).toBeGreaterThan(1);
  expect(mail.mails).toHaveLength(sentBefore);
});

test('nonsense, strangers and others’ payments are refused', async () => {
  expect(await run('show', crypto.randomUUID())).toMatchObject({ code: 'unknown_fulfilment', exitCode: 1 });
  expect(await run('resync', crypto.randomUUID())).toMatchObject({ code: 'unknown_fulfilment' });
  expect(await run('show', 'none')).toMatchObject({ code: 'invalid_request' });
  expect(await run('kick', 'none')).toMatchObject({ code: 'invalid_request' });
  const asOperator = await totem('fulfilment', 'list', '--server', server, '--token', OPERATOR_TOKEN);
  expect(asOperator).toMatchObject({ exitCode: 1, out: '' });
});
