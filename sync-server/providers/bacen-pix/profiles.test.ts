import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../../platform/log.ts';
import { StartupFailure } from '../../../platform/service.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { bacenPixFactory } from './bacen-pix-factory.ts';
import { addressOf, PROFILES } from './profiles.ts';
import { type ScriptedBank, startScriptedBank } from './testing/scripted-bank.ts';

const TXID = '7978c0c97ea847e78e8849634473c1f1';
const CHARGE = { txid: TXID, providerChargeId: null };
let bank: ScriptedBank;
beforeEach(async () => {
  bank = await startScriptedBank();
});
afterEach(() => bank.close());

const open = (change: Record<string, unknown>) =>
  bacenPixFactory.open(
    {
      provider: 'bacen-pix',
      baseUrl: `${bank.origin}/api/v2`,
      tokenUrl: `${bank.origin}/oauth/token`,
      clientId: 'id',
      clientSecret: 'secret',
      ...change,
    },
    { clock: systemClock, randomBytes: systemRandom, log: silentLog, fetch: globalThis.fetch },
  );

test('generic: token by form, with refunds, every path under one version', async () => {
  const provider = open({});
  await provider.fetchCharge(CHARGE);
  await provider.cancelCharge(CHARGE);
  expect(bank.tokenCalls).toEqual([
    {
      path: '/oauth/token',
      form: 'grant_type=client_credentials&scope=cob.write+cob.read+pix.read+webhook.write+webhook.read+pix.write',
    },
  ]);
  expect(bank.calls.map(({ path }) => path)).toEqual([`/api/v2/cob/${TXID}`, `/api/v2/cob/${TXID}`]);
});

test('sicredi: token by query, no scope for refunds, GET of a charge alone under v3', async () => {
  const provider = open({ profile: 'sicredi' });
  await provider.fetchCharge(CHARGE);
  await provider.cancelCharge(CHARGE);
  await provider.listReceipts?.({ pixKey: 'k', fromMs: 0, toMs: 1 });
  expect(bank.tokenCalls).toEqual([
    {
      path: '/oauth/token?grant_type=client_credentials&scope=cob.write+cob.read+pix.read+webhook.write+webhook.read',
      form: '',
    },
  ]);
  expect(bank.calls.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([
    `GET /api/v3/cob/${TXID}`,
    `PATCH /api/v2/cob/${TXID}`,
    'GET /api/v2/pix',
  ]);
});

describe('the address', () => {
  test.each([
    [undefined, 'https://api-pix.sicredi.com.br'],
    [true, 'https://api-pix-h.sicredi.com.br'],
  ])('of sicredi, sandbox: %s', (sandbox, host) => {
    expect(addressOf({ profile: 'sicredi', sandbox })).toMatchObject({
      baseUrl: `${host}/api/v2`,
      readChargeBaseUrl: `${host}/api/v3`,
      tokenUrl: `${host}/oauth/token`,
    });
  });

  test('without one the start fails, and says what is missing', () => {
    expect(() => open({ baseUrl: undefined })).toThrow(StartupFailure);
    expect(() => open({ baseUrl: undefined })).toThrow('give baseUrl and tokenUrl');
    expect(() => open({ profile: 'nobody' })).toThrow('profile');
  });
});

test.each([
  ['those that the bank has granted', { scopes: ['cob.read'] }, 'cob.read'],
  ['those of Pix Automático', { automatic: true }, 'rec.write'],
])('scopes: %s', async (_name, change, scope) => {
  await open(change).fetchCharge(CHARGE);
  const asked = new URLSearchParams(bank.tokenCalls[0]?.form).get('scope')?.split(' ');
  expect(asked).toContain(scope);
  expect(asked?.includes('rec.read')).toBe('automatic' in change);
});

test('each profile is one whose address can be made', () => {
  for (const profile of Object.keys(PROFILES) as (keyof typeof PROFILES)[])
    expect(
      addressOf({ profile, baseUrl: 'https://a.example/api/v2', tokenUrl: 'https://a.example/t' }),
    ).not.toBeNull();
});
