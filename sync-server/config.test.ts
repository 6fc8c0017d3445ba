import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StartupFailure } from '../platform/service.ts';
import { readConfig } from './config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function environment(accessFile: string, changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const file = join(folder, 'access.json');
  writeFileSync(file, accessFile);
  return {
    TOTEM_SERVER_PORT: '4710',
    TOTEM_DATA_DIR: folder,
    TOTEM_ACCESS_FILE: file,
    TOTEM_PIX_BASE_URL: 'https://pix.bank.example/api/v2',
    TOTEM_PIX_TOKEN_URL: 'https://pix.bank.example/oauth/token',
    TOTEM_PIX_CLIENT_ID: 'id',
    TOTEM_PIX_CLIENT_SECRET: 'secret',
    ...changes,
  };
}

function refusal(values: NodeJS.ProcessEnv): string {
  try {
    readConfig(values);
  } catch (error) {
    expect(error).toBeInstanceOf(StartupFailure);
    return (error as StartupFailure).message;
  }
  throw new Error('the configuration was accepted');
}

test('defaults: loopback, embedded PostgreSQL, a real bank, no demonstration', () => {
  expect(readConfig(environment('[]'))).toMatchObject({
    host: '127.0.0.1',
    port: 4710,
    databaseUrl: undefined,
    demo: false,
    pix: { expiresSeconds: 300, simulatorBankUrl: null },
    card: { expiresSeconds: 600 },
  });
});

test('what is wrong is named in one line', () => {
  expect(refusal(environment('[]', { TOTEM_SERVER_PORT: '99999' }))).toContain('TOTEM_SERVER_PORT');
  expect(refusal(environment('[]', { TOTEM_PIX_BASE_URL: undefined }))).toContain('TOTEM_PIX_BASE_URL');
  expect(refusal(environment('[]', { TOTEM_CARD_EXPIRES_SECONDS: '10' }))).toContain(
    'TOTEM_CARD_EXPIRES_SECONDS',
  );
  expect(refusal(environment('[]', { TOTEM_ACCESS_FILE: '/nonexistent' }))).toContain('cannot be read');
  expect(refusal(environment('{broken'))).toContain('is not JSON');
  const plainToken =
    '[{"role":"manager","merchantId":"0198c1a0-0000-7000-8000-000000000001","tokenSha256":"secret"}]';
  const message = refusal(environment(plainToken));
  expect(message).toContain('must be a SHA-256');
  expect(message).not.toContain('\n');
});

test('a totem in the access file, as older versions had it, is told to be enrolled', () => {
  const message = refusal(
    environment(`[{"role":"kiosk","tokenSha256":"${'0'.repeat(64)}","kioskId":"totem-1"}]`),
  );
  expect(message).toContain('npm run totem -- enrol');
  expect(message).not.toContain('\n');
});

test('a port for webhooks is given whole, or not at all', () => {
  const whole = {
    TOTEM_WEBHOOK_PORT: '8443',
    TOTEM_WEBHOOK_CERT_FILE: '/tls/server.crt',
    TOTEM_WEBHOOK_KEY_FILE: '/tls/server.key',
    TOTEM_WEBHOOK_CLIENT_CA_FILE: '/tls/banks.crt',
  };
  expect(readConfig(environment('[]')).webhookListener).toBeUndefined();
  expect(readConfig(environment('[]', whole)).webhookListener).toMatchObject({
    host: '127.0.0.1',
    port: 8443,
    clientCaFile: '/tls/banks.crt',
    publicUrl: undefined,
  });
  expect(refusal(environment('[]', { ...whole, TOTEM_WEBHOOK_CLIENT_CA_FILE: undefined }))).toContain(
    'TOTEM_WEBHOOK_CLIENT_CA_FILE',
  );
});
