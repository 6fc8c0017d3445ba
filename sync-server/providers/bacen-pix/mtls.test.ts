import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../../platform/log.ts';
import { StartupFailure } from '../../../platform/service.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { createTestAuthority } from '../../../platform/testing/certificates.ts';
import { bacenPixFactory } from './bacen-pix-factory.ts';

const authority = createTestAuthority('bank');
const stranger = createTestAuthority('stranger');
const CHARGE = { txid: '7978c0c97ea847e78e8849634473c1f1', providerChargeId: null };
let folder: string;
let server: Server;
let seen: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-bank-tls-'));
  const { certificate, key } = authority.issue('bank.example');
  server = createServer(
    { cert: certificate, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      seen.push(`${subject.CN} ${request.method} ${request.url}`);
      if (request.url === '/oauth/token') return void response.end('{"access_token":"t","expires_in":600}');
      response.writeHead(404).end(JSON.stringify({ type: 'x/CobNaoEncontrado', title: '', status: 404 }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function open(client: { certificate: string; key: string } | null) {
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return bacenPixFactory.open(
    {
      baseUrl: `${origin}/api/v2`,
      tokenUrl: `${origin}/oauth/token`,
      clientId: 'id',
      clientSecret: 's',
      ...(client === null
        ? {}
        : {
            tls: {
              certificateFile: file('client.crt', client.certificate),
              keyFile: file('client.key', client.key),
              caFile: file('ca.crt', authority.certificate),
            },
          }),
    },
    { clock: systemClock, randomBytes: systemRandom, log: silentLog, fetch: globalThis.fetch },
  );
}

test('token and calls go over a line with our certificate', async () => {
  seen = [];
  expect(await open(authority.issue('totem')).fetchCharge(CHARGE)).toEqual({ kind: 'not_found' });
  expect(seen).toEqual(['totem POST /oauth/token', `totem GET /api/v2/cob/${CHARGE.txid}`]);
});

test('twin: without one, or with a stranger’s, the bank hears nothing, and the outcome is unavailable', async () => {
  seen = [];
  for (const client of [null, stranger.issue('totem')])
    expect(await open(client).fetchCharge(CHARGE)).toMatchObject({ kind: 'unavailable' });
  expect(seen).toEqual([]);
});

test('a certificate that is not there ends the start', () => {
  const tls = { certificateFile: '/nowhere.crt', keyFile: '/nowhere.key' };
  const settings = {
    baseUrl: 'https://x.example/api/v2',
    tokenUrl: 'https://x.example/t',
    clientId: 'i',
    clientSecret: 's',
    tls,
  };
  const environment = { clock: systemClock, randomBytes: systemRandom, log: silentLog, fetch };
  expect(() => bacenPixFactory.open(settings, environment)).toThrow(StartupFailure);
});
