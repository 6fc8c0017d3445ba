import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServiceMessage } from '../../platform/service.ts';
import { type AnswerBody, basic, chargeBody, newTxid, PIX_KEY } from './testing/test-provider.ts';
import { startWebhookReceiver, type WebhookReceiver } from './testing/webhook-receiver.ts';

const CREDENTIALS = { TOTEM_PIX_CLIENT_ID: 'totem', TOTEM_PIX_CLIENT_SECRET: 'secret' };
const ROUNDS = 3;
const SALES_PER_ROUND = 5;

let dataDir: string;
let receiver: WebhookReceiver;
let child: ChildProcess | undefined;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'totem-provider-'));
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  if (child !== undefined) await kill(child);
  await receiver.close();
  rmSync(dataDir, { recursive: true });
});

it('loses nothing that it has answered, however often it is killed', async () => {
  const answered: string[] = [];
  // Deaf, so that every killed process leaves notifications owed.
  receiver.answer = 500;
  for (let round = 0; round < ROUNDS; round += 1) {
    const provider = await start();
    await provider.api('PUT', `/webhook/${PIX_KEY}`, { webhookUrl: receiver.url });
    for (let sale = 0; sale < SALES_PER_ROUND; sale += 1) {
      const txid = newTxid();
      await provider.api('PUT', `/cob/${txid}`, chargeBody());
      const paid = await provider.bank('/bank/payments', { txid, mode: 'exact' });
      answered.push(...paid.payments.map(({ endToEndId }) => endToEndId));
    }
    await kill(provider.process);
  }
  receiver.bodies.length = 0;
  receiver.answer = 200;
  const provider = await start();
  for (const endToEndId of answered) {
    expect(await provider.api('GET', `/pix/${endToEndId}`)).toMatchObject({ endToEndId, valor: '12.34' });
  }
  const told = () => new Set(receiver.bodies.flatMap(({ pix }) => pix.map(({ endToEndId }) => endToEndId)));
  await expect.poll(told, { timeout: 40_000, interval: 50 }).toEqual(new Set(answered));
});

it('says in one line what is wrong with its configuration', async () => {
  const { message, exitCode } = await startAndFail({ TOTEM_PROVIDER_PORT: 'x' });
  expect(message).toMatch(/^configuration: TOTEM_PROVIDER_PORT: .*docs\/provider-simulator\.md\)$/);
  expect(exitCode).toBe(1);
});

interface StartedProvider {
  readonly process: ChildProcess;
  api(method: string, path: string, body?: unknown): Promise<AnswerBody>;
  bank(path: string, body: unknown): Promise<AnswerBody>;
}

function forkMain(environment: Record<string, string>): ChildProcess {
  return fork(join(import.meta.dirname, 'main.ts'), {
    env: { ...process.env, ...CREDENTIALS, TOTEM_DATA_DIR: dataDir, TOTEM_LOG: 'silent', ...environment },
    execArgv: [],
    silent: true,
  });
}

async function start(): Promise<StartedProvider> {
  const forked = forkMain({ TOTEM_PROVIDER_PORT: '0' });
  child = forked;
  const [ready] = (await once(forked, 'message')) as [ServiceMessage];
  if (ready.kind !== 'ready') throw new Error(ready.message);
  const { provider = '', api = '', token = '' } = ready.addresses;
  const grant = await fetch(token, {
    method: 'POST',
    headers: { authorization: basic('totem', 'secret') },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token } = (await grant.json()) as { access_token: string };
  return {
    process: forked,
    api: (method, path, body) =>
      call(`${api}${path}`, method, body, { authorization: `Bearer ${access_token}` }),
    bank: (path, body) => call(`${provider}${path}`, 'POST', body),
  };
}

async function call(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<AnswerBody> {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
  const text = await response.text();
  return JSON.parse(text === '' ? '{}' : text) as AnswerBody;
}

async function startAndFail(
  environment: Record<string, string>,
): Promise<{ message: string; exitCode: number }> {
  const forked = forkMain(environment);
  child = forked;
  const exited = once(forked, 'exit') as Promise<[number]>;
  const [failure] = (await once(forked, 'message')) as [ServiceMessage];
  const [exitCode] = await exited;
  return { message: failure.kind === 'startup_failed' ? failure.message : '', exitCode };
}

async function kill(target: ChildProcess): Promise<void> {
  if (target.exitCode !== null || target.signalCode !== null) return;
  const exited = once(target, 'exit');
  target.kill('SIGKILL');
  await exited;
}
