import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StartupFailure } from '../../platform/service.ts';
import { createTestAuthority, type TestCertificate } from '../../platform/testing/certificates.ts';
import { type App, createApp } from '../http/app.ts';
import { createBacenPixProvider } from '../providers/bacen-pix/bacen-pix.ts';
import { testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import {
  hasClientCertificate,
  startMtlsListener,
  type WebhookListener,
  type WebhookListenerConfig,
} from './mtls-listener.ts';
import { createRefusedWebhooks } from './refused-webhooks.ts';
import { registerWebhookRoutes } from './webhook-routes.ts';

const ours = createTestAuthority('ours');
const banks = createTestAuthority('banks');
const stranger = createTestAuthority('stranger');
const identity = ours.issue('totem.example');

let folder: string;
let database: TestDatabase;
let app: App;
let listener: WebhookListener;
let config: WebhookListenerConfig;
let path: string;
let plainUrl: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-listener-'));
  database = await createTestDatabase();
  const context = testContext({ db: database.db });
  const provider = createBacenPixProvider(
    { ...context.config.pix, webhookNeedsCertificate: true },
    context.clock,
  );
  app = await createApp(context);
  registerWebhookRoutes(
    app,
    context,
    [{ provider, wakeInbox: () => undefined }],
    createRefusedWebhooks(context.log),
  );
  plainUrl = await app.listen({ host: '127.0.0.1', port: 0 });
  path = `/v1/webhooks/bacen-pix${provider.webhooks.addressPath}/pix`;
  config = {
    host: '127.0.0.1',
    port: 0,
    certificateFile: file('server.crt', identity.certificate),
    keyFile: file('server.key', identity.key),
    clientCaFile: file('banks.crt', banks.certificate),
  };
  listener = await startMtlsListener(app, config);
});
afterAll(async () => {
  await listener.close();
  await app.close();
  await database.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  const whole = join(folder, name);
  writeFileSync(whole, content);
  return whole;
}

let pix = 0;
/** A callback that nobody has sent before. */
const callback = () => {
  pix += 1;
  return JSON.stringify({ pix: [{ endToEndId: `E12345678202603101500${String(pix).padStart(11, '0')}` }] });
};

function post(
  to: string,
  client: TestCertificate | null,
  body = callback(),
): Promise<{ status: number | undefined; body: string }> {
  const agent = new Agent({
    ca: ours.certificate,
    ...(client === null ? {} : { cert: client.certificate, key: client.key }),
  });
  return new Promise((resolve, reject) => {
    const call = request(to, { method: 'POST', agent }, (answer) => {
      text(answer).then((read) => resolve({ status: answer.statusCode, body: read }), reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}

async function stored(): Promise<number> {
  const [row] = await database.db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM webhook_inbox',
  );
  return row?.count ?? -1;
}

test('a bank with a certificate of the authority is let in', async () => {
  const before = await stored();
  expect(await post(`${listener.url}${path}`, banks.issue('bank'))).toMatchObject({ status: 200 });
  expect(await stored()).toBe(before + 1);
});

test.each([
  ['none: the probe of a bank that registers the address', null],
  ['a stranger’s', stranger.issue('bank')],
  ['one that names our own authority', ours.issue('bank')],
])('with %s it is refused with an answer, and nothing is stored', async (_name, client) => {
  const before = await stored();
  const answer = await post(`${listener.url}${path}`, client);
  expect(answer).toMatchObject({ status: 401, body: expect.stringContaining('certificate') });
  expect(await stored()).toBe(before);
});

test('the same door over the plain port is refused', async () => {
  const answer = await fetch(`${plainUrl}${path}`, { method: 'POST', body: callback() });
  expect(answer.status).toBe(401);
});

test('nothing but webhooks is behind it', async () => {
  for (const other of ['/openapi.json', '/v1/health', '/', '/v1/webhooks'])
    expect((await post(`${listener.url}${other}`, banks.issue('bank'))).status).toBe(404);
});

test('a resumed session is no certificate', async () => {
  const { port } = new URL(listener.url);
  const answer = await postResumed(Number(port), path);
  expect(answer).toContain('HTTP/1.1 401');
});

test('twin: a server that allows it does resume the session, and even then without a certificate', async () => {
  const seen: { reused: boolean; certificate: boolean }[] = [];
  const server = createServer(
    {
      cert: identity.certificate,
      key: identity.key,
      ca: banks.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (incoming, response) => {
      const socket = incoming.socket as TLSSocket;
      seen.push({ reused: socket.isSessionReused(), certificate: hasClientCertificate(socket) });
      response.end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await postResumed((server.address() as AddressInfo).port, '/');
    expect(seen).toEqual([
      { reused: false, certificate: false },
      { reused: true, certificate: false },
    ]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

/** Opens a line without a certificate, and a second one that goes on with the session of the first. */
async function postResumed(port: number, to: string): Promise<string> {
  const options = { host: '127.0.0.1', port, servername: 'localhost', ca: ours.certificate };
  const body = callback();
  const message = `POST ${to} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  let session: Buffer | undefined;
  const first = connect(options, () => first.write(message));
  first.on('session', (given) => {
    session = given;
  });
  await text(first);
  const second = connect({ ...options, ...(session === undefined ? {} : { session }) }, () =>
    second.write(message),
  );
  return text(second);
}

test.each([
  ['certificateFile', '/nowhere.crt'],
  ['clientCaFile', '/nowhere-ca.crt'],
])('the start fails with a word on %s', async (name, missing) => {
  await expect(startMtlsListener(app, { ...config, [name]: missing })).rejects.toThrow(missing);
});

test('the start fails with a key of another certificate, and on a port that is taken', async () => {
  const keyFile = file('other.key', stranger.issue('x').key);
  await expect(startMtlsListener(app, { ...config, keyFile })).rejects.toThrow(StartupFailure);
  const port = Number(new URL(listener.url).port);
  await expect(startMtlsListener(app, { ...config, port })).rejects.toThrow('EADDRINUSE');
});
