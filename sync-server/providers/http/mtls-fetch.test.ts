import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StartupFailure } from '../../../platform/service.ts';
import { systemClock } from '../../../platform/system.ts';
import { createTestAuthority } from '../../../platform/testing/certificates.ts';
import { exchange, networkFailure } from './exchange.ts';
import { createMtlsFetch } from './mtls-fetch.ts';

const authority = createTestAuthority('bank');
const stranger = createTestAuthority('stranger');
let folder: string;
let server: Server;
let url: string;
let seen: { subject: string; body: string; authorization: string | undefined }[] = [];

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-mtls-'));
  const identity = authority.issue('bank.example');
  server = createServer(
    {
      cert: identity.certificate,
      key: identity.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) =>
      void text(request).then((body) => {
        const socket = request.socket as import('node:tls').TLSSocket;
        seen.push({
          subject: String(socket.getPeerCertificate().subject.CN),
          body,
          authorization: request.headers.authorization,
        });
        if (request.url === '/silent') return;
        if (request.url === '/moved') return void response.writeHead(302, { location: '/' }).end();
        if (request.url === '/empty') return void response.writeHead(204).end();
        response.writeHead(201, { 'content-type': 'application/json' }).end('{"ok":true}');
      }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function settingsOf(of = authority, name = 'client') {
  const { certificate, key } = of.issue(name);
  return {
    certificateFile: file(`${name}.crt`, certificate),
    keyFile: file(`${name}.key`, key),
    caFile: file(`${name}-ca.crt`, authority.certificate),
  };
}
const port = (fetch: typeof globalThis.fetch, timeoutMs = 10_000) => ({
  fetch,
  clock: systemClock,
  timeoutMs,
});

test('shows its certificate, sends the body, and reads the answer', async () => {
  seen = [];
  const { response, text: answer } = await exchange(port(createMtlsFetch(settingsOf())), `${url}/x`, {
    method: 'PUT',
    headers: { authorization: 'Bearer t' },
    body: '{"é":1}',
  });
  expect({ status: response.status, answer, type: response.headers.get('content-type') }).toEqual({
    status: 201,
    answer: '{"ok":true}',
    type: 'application/json',
  });
  expect(seen).toEqual([{ subject: 'client', body: '{"é":1}', authorization: 'Bearer t' }]);
});

test('a key behind a passphrase is opened with it', async () => {
  const plain = authority.issue('locked');
  const key = createPrivateKey(plain.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  });
  const files = {
    ...settingsOf(),
    certificateFile: file('l.crt', plain.certificate),
    keyFile: file('l.key', String(key)),
  };
  const fetch = createMtlsFetch({ ...files, passphrase: 'open sesame' });
  expect((await fetch(url)).status).toBe(201);
  expect(() => createMtlsFetch({ ...files, passphrase: 'wrong' })).toThrow(StartupFailure);
});

test.each([
  ['an answer without body', '/empty', 204],
  ['a redirect, which is not followed', '/moved', 302],
])('%s', async (_name, path, status) => {
  const { response } = await exchange(port(createMtlsFetch(settingsOf())), `${url}${path}`, {
    method: 'GET',
    headers: {},
  });
  expect(response.status).toBe(status);
});

test('twin: without a certificate, or with a stranger’s, the line is refused', async () => {
  seen = [];
  const withCa = { ca: authority.certificate };
  const { Agent, get } = await import('node:https');
  const bare = new Promise((resolve, reject) =>
    get(url, { agent: new Agent(withCa) }, resolve).on('error', reject),
  );
  await expect(bare).rejects.toThrow();
  await expect(createMtlsFetch(settingsOf(stranger, 'stranger'))(url)).rejects.toThrow('fetch failed');
  expect(seen).toEqual([]);
});

test('a server whose certificate does not hold is told nothing, and the failure says that nothing was sent', async () => {
  seen = [];
  const { caFile: _, ...withoutCa } = settingsOf();
  const failed = createMtlsFetch(withoutCa)(url, { method: 'PUT', body: 'secret' });
  const error = await failed.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(networkFailure(error)).toMatchObject({ kind: 'unavailable' });
  expect(seen).toEqual([]);
});

test('a silent server is left after the time given, and it is not known what it did', async () => {
  const call = exchange(port(createMtlsFetch(settingsOf()), 100), `${url}/silent`, {
    method: 'PUT',
    headers: {},
  });
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(networkFailure(error)).toEqual({ kind: 'unknown', detail: 'no answer in time' });
});

test('says which file is missing, and refuses a plain line', async () => {
  expect(() => createMtlsFetch({ ...settingsOf(), keyFile: '/nowhere/key' })).toThrow('/nowhere/key');
  await expect(createMtlsFetch(settingsOf())(url.replace('https', 'http'))).rejects.toThrow('https only');
});
