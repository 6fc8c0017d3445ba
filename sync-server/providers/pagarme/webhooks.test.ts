import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/system.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import type { WebhookIntake, WebhookRequest } from '../webhook-intake.ts';
import { createHubSignatures, REFETCH_AFTER_MS } from './hub-signature.ts';
import { createWebhooks } from './webhooks.ts';

const TXID = '7978c0c97ea847e78e8849634473c1f1';
const first = generateKeyPairSync('rsa', { modulusLength: 2048 });
const second = generateKeyPairSync('rsa', { modulusLength: 2048 });
const short = generateKeyPairSync('rsa', { modulusLength: 1024 });

let server: Server;
let keysUrl: string;
let published: unknown;
let asked: number;
let clock: ManualClock;
let intake: WebhookIntake;

beforeAll(async () => {
  server = createServer((_request, response) => {
    asked += 1;
    response.statusCode = published === null ? 500 : 200;
    response.end(JSON.stringify(published));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  keysUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`;
});
beforeEach(() => {
  asked = 0;
  published = { keys: [jwk(first.publicKey, 'first')] };
  clock = new ManualClock();
  const http = { fetch: globalThis.fetch, clock: systemClock, timeoutMs: 5_000 };
  intake = createWebhooks(
    { secretKey: 'sk_test', webhooks: { authentication: 'hub_signature', keysUrl } },
    createHubSignatures(keysUrl, http, clock),
  );
});
afterAll(() => {
  server.close();
});

function jwk(key: KeyObject, kid: string): unknown {
  return { ...key.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
}
const body = Buffer.from(
  JSON.stringify({ id: 'hook_6nEbWxUgUqCvXM5B', type: 'order.paid', data: { id: 'or_1' } }),
);
function sign(key: KeyObject, bytes: Uint8Array = body): string {
  return createSign('RSA-SHA256').update(bytes).sign(key, 'base64url');
}
function header(kid: string, signature: string, alg = 'RS256'): string {
  return `alg=${alg}; kid=${kid}; signature=${signature}`;
}
function request(signature: string | undefined, bytes: Uint8Array = body): WebhookRequest {
  return {
    path: '',
    headers: { 'x-webhook-asymmetric-signature': signature },
    body: bytes,
    hasClientCertificate: false,
    receivedAtMs: 0,
  };
}
const REFUSED = { kind: 'refused', reason: 'signature' };

describe('the hub’s signature', () => {
  test('holds over the raw bytes, and the keys are asked for once', async () => {
    const signed = header('first', sign(first.privateKey));
    for (let times = 0; times < 3; times += 1)
      expect(await intake.authenticate(request(signed))).toEqual({
        kind: 'authentic',
        dedupeKey: 'hook_6nEbWxUgUqCvXM5B',
      });
    expect(asked).toBe(1);
  });

  test('of other bytes, of another key, or of none is refused', async () => {
    const signed = header('first', sign(first.privateKey));
    const reordered = Buffer.from(body.toString().replace('{', '{ '));
    expect(await intake.authenticate(request(signed, reordered))).toEqual(REFUSED);
    expect(await intake.authenticate(request(header('first', sign(second.privateKey))))).toEqual(REFUSED);
    expect(await intake.authenticate(request(undefined))).toEqual(REFUSED);
    expect(await intake.authenticate(request(''))).toEqual(REFUSED);
  });

  test('by another algorithm than RS256 is refused: the public key is no secret to sign with', async () => {
    const pem = first.publicKey.export({ type: 'spki', format: 'pem' });
    const forged = createHmac('sha256', pem).update(body).digest('base64url');
    for (const alg of ['HS256', 'none', 'rs256', 'RS512', 'PS256']) {
      expect(await intake.authenticate(request(header('first', forged, alg)))).toEqual(REFUSED);
      expect(await intake.authenticate(request(header('first', sign(first.privateKey), alg)))).toEqual(
        REFUSED,
      );
    }
    expect(await intake.authenticate(request(header('first', forged)))).toEqual(REFUSED);
    expect(await intake.authenticate(request('alg=RS256; alg=RS256; kid=first; signature=x'))).toEqual(
      REFUSED,
    );
    expect(await intake.authenticate(request('alg=none; kid=first; signature='))).toEqual(REFUSED);
  });

  test('a new key is learned, and made-up ones ask for the set no more than once a minute', async () => {
    await intake.authenticate(request(header('first', sign(first.privateKey))));
    published = { keys: [jwk(second.publicKey, 'second')] };
    const signed = header('second', sign(second.privateKey));
    expect(await intake.authenticate(request(signed))).toEqual(REFUSED);
    for (let kid = 0; kid < 20; kid += 1)
      await intake.authenticate(request(header(`made-up-${kid}`, sign(second.privateKey))));
    expect(asked).toBe(1);
    clock.advance(REFETCH_AFTER_MS);
    const all = await Promise.all(Array.from({ length: 20 }, () => intake.authenticate(request(signed))));
    expect(all.every(({ kind }) => kind === 'authentic')).toBe(true);
    expect(asked).toBe(2);
  });

  test('an outage of the set forgets no key, and refuses what cannot be checked', async () => {
    await intake.authenticate(request(header('first', sign(first.privateKey))));
    published = null;
    clock.advance(REFETCH_AFTER_MS);
    expect(await intake.authenticate(request(header('x', sign(second.privateKey))))).toEqual(REFUSED);
    expect(await intake.authenticate(request(header('first', sign(first.privateKey))))).toMatchObject({
      kind: 'authentic',
    });
  });

  test('keys that are too short, of another kind, or broken are none', async () => {
    const symmetric = {
      kty: 'oct',
      k: Buffer.from('secret').toString('base64url'),
      kid: 'oct',
      alg: 'HS256',
    };
    published = {
      keys: [jwk(short.publicKey, 'short'), symmetric, { kty: 'RSA', kid: 'bad', n: '', e: '' }, 7],
    };
    for (const kid of ['short', 'oct', 'bad'])
      expect(await intake.authenticate(request(header(kid, sign(short.privateKey))))).toEqual(REFUSED);
  });

  test('nothing in a header or a body makes it throw', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.uint8Array(), async (text, bytes) => {
        expect(await intake.authenticate(request(text, bytes))).toEqual(REFUSED);
      }),
    );
  });
});

describe('reading', () => {
  const read = (value: unknown) => intake.read({ path: '', body: Buffer.from(JSON.stringify(value)) });
  const order = { id: 'or_1', code: TXID };

  test.each([
    ['order.paid', order],
    ['order.some_day_new', { ...order, extra: { deep: [1] } }],
    ['charge.paid', { id: 'ch_1', code: 'other', order }],
    ['charge.refunded', { id: 'ch_1', status: 'canceled', canceled_amount: 3700, order }],
    ['charge.antifraud_manual', { id: 'ch_1', order }],
  ])('%s names its order', (type, data) => {
    expect(read({ id: 'hook_1', type, data })).toMatchObject({
      kind: 'event',
      type,
      charges: [{ txid: TXID, providerChargeId: 'or_1' }],
      recurrences: [],
    });
  });

  test('a charge of a subscription names its receipt, and its invoice where it is told', () => {
    const data = { id: 'ch_1', status: 'canceled', canceled_amount: 990, invoice: { id: 'in_1' } };
    expect(read({ id: 'hook_1', type: 'charge.refunded', data })).toMatchObject({
      charges: [],
      recurrences: [{ kind: 'request', id: 'in_1' }],
      receiptIds: ['pagarme:ch_1'],
    });
    expect(read({ id: 'hook_1', type: 'charge.chargedback', data: { id: 'ch_1' } })).toMatchObject({
      recurrences: [],
      receiptIds: ['pagarme:ch_1'],
    });
  });

  test('what is missing, or of another kind, is left out', () => {
    const charges = (type: string, data: unknown) => {
      const reading = read({ id: 'hook_1', type, data });
      return reading.kind === 'event' ? reading.charges : reading;
    };
    expect(charges('charge.paid', { id: 'ch_1', code: TXID })).toEqual([
      { txid: TXID, providerChargeId: null },
    ]);
    expect(charges('charge.paid', { order: { id: 12, code: 34 } })).toEqual([
      { txid: null, providerChargeId: '12' },
    ]);
    expect(charges('order.paid', { ...order, code: 'a code of another system!' })).toEqual([
      { txid: null, providerChargeId: 'or_1' },
    ]);
    for (const data of [undefined, null, [], 'text', 7, {}]) expect(charges('order.paid', data)).toEqual([]);
    expect(charges('customer.created', { id: 'cus_1' })).toEqual([]);
  });

  test('the shape of a hook in the dashboard’s list is not that of the wire', () => {
    expect(read({ id: 'hook_1', event: 'order.paid', status: 'failed', attempts: '1/10' }).kind).toBe(
      'unreadable',
    );
  });

  test('no JSON, and no bytes, make it throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(['event', 'unreadable']).toContain(read(value).kind);
      }),
    );
    const type = fc.constantFrom('order.paid', 'charge.paid', 'invoice.paid', 'subscription.created');
    fc.assert(
      fc.property(type, fc.jsonValue(), (name, data) => {
        expect(read({ type: name, data }).kind).toBe('event');
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(['event', 'unreadable']).toContain(intake.read({ path: '', body: bytes }).kind);
      }),
    );
  });
});
