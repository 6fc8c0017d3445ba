import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import type { WebhookRequest } from '../webhook-intake.ts';
import { createPaymentIds } from './payment-ids.ts';
import { PIX_KEY, SECRET, startTestInitiator, type TestInitiator } from './testing/test-initiator.ts';

const BODY = Buffer.from('{"data":{"timestamp":"2021-05-21T08:30:00Z"}}');
const CONSENT = 'urn:bancoex:C1DD33123';
const PREFIX = `${SECRET}/open-banking/webhook/v1`;

let bank: TestInitiator;
beforeEach(async () => {
  bank = await startTestInitiator(new ManualClock());
});
afterEach(() => bank.close());

function request(path: string, change: Partial<WebhookRequest> = {}): WebhookRequest {
  return { path, headers: {}, body: BODY, hasClientCertificate: false, receivedAtMs: 0, ...change };
}

describe('whose it is', () => {
  test.each([
    ['the secret', `${PREFIX}/payments/v4/consents/${CONSENT}`, 'authentic'],
    ['a slash before it', `/${PREFIX}/payments/v4/consents/${CONSENT}`, 'authentic'],
    ['another secret', `${SECRET}x/open-banking`, 'refused'],
    ['none', '', 'refused'],
  ])('by %s', (_name, path, kind) => {
    expect(bank.open().webhooks.authenticate(request(path))).toMatchObject({ kind });
  });

  test('by a client certificate, which a stranger who knows the address has not', () => {
    const { webhooks } = bank.open({ webhookNeedsCertificate: true });
    expect(webhooks.authenticate(request(PREFIX))).toEqual({ kind: 'refused', reason: 'certificate' });
    expect(webhooks.authenticate(request(PREFIX, { hasClientCertificate: true }))).toMatchObject({
      kind: 'authentic',
    });
    const byCertificateAlone = bank.open({
      webhookNeedsCertificate: true,
      webhookSecret: undefined,
    }).webhooks;
    expect(byCertificateAlone.addressPath).toBe('');
    expect(byCertificateAlone.authenticate(request('x', { hasClientCertificate: true }))).toMatchObject({
      kind: 'authentic',
    });
  });

  test('two changes within one second are two, one that is sent again by the same attempt is one', async () => {
    const { webhooks } = bank.open();
    const keyOf = async (id: string) =>
      webhooks.authenticate(request(PREFIX, { headers: { 'x-webhook-interaction-id': id } }));
    expect(await keyOf('a')).not.toEqual(await keyOf('b'));
    expect(await keyOf('a')).toEqual(await keyOf('a'));
  });

  test('the address and the answer', () => {
    expect(bank.open().webhooks).toMatchObject({ addressPath: `/${SECRET}`, acknowledgeWith: 202 });
  });
});

describe('what it speaks of', () => {
  const read = (path: string, body: Uint8Array = BODY) => bank.open().webhooks.read({ path, body });
  const event = (type: string, providerChargeId: string) => ({
    kind: 'event',
    type,
    charges: [{ txid: null, providerChargeId }],
    recurrences: [],
  });

  test.each([
    ['a consent', `/payments/v4/consents/${CONSENT}`, event('consent', CONSENT)],
    [
      'one that is escaped',
      `/payments/v4/consents/${encodeURIComponent(CONSENT)}`,
      event('consent', CONSENT),
    ],
    ['an id with a slash', '/payments/v4/consents/urn:b:a/b', event('consent', 'urn:b:a/b')],
    ['a payment', '/payments/v4/pix/payments/TXpRMU9U', event('payment', 'TXpRMU9U')],
    [
      'an agreement',
      `/automatic-payments/v2/recurring-consents/${CONSENT}`,
      {
        kind: 'event',
        type: 'recurring_consent',
        charges: [],
        recurrences: [{ kind: 'agreement', id: CONSENT }],
      },
    ],
    [
      'a charge of one',
      '/automatic-payments/v2/pix/recurring-payments/abc',
      { kind: 'event', type: 'recurring_payment', charges: [], recurrences: [{ kind: 'charge', id: 'abc' }] },
    ],
    [
      'an enrolment, which is kept and nothing else',
      '/enrollments/v2/enrollments/abc',
      { kind: 'event', type: 'enrollment', charges: [], recurrences: [] },
    ],
  ])('%s', (_name, path, reading) => {
    expect(read(`${PREFIX}${path}`)).toEqual(reading);
  });

  test.each([
    ['a path that names nothing', '/payments/v4', BODY],
    ['broken escapes', '/payments/v4/consents/%E0%A4%A', BODY],
    ['an id that is none', '/payments/v4/consents/nonsense', BODY],
    ['a payment’s id with a dot', '/payments/v4/pix/payments/a.b', BODY],
    ['no JSON', `/payments/v4/consents/${CONSENT}`, Buffer.from('x')],
    ['no time', `/payments/v4/consents/${CONSENT}`, Buffer.from('{"data":{}}')],
  ])('%s is unreadable', (_name, path, body) => {
    expect(read(`${PREFIX}${path}`, body)).toMatchObject({ kind: 'unreadable' });
  });
});

test('what the simulated initiator sends is read, and a payment’s webhook finds the charge', async () => {
  const paths: string[] = [];
  const bodies: string[] = [];
  const receiver: Server = createServer(async (incoming, response) => {
    bodies.push(await text(incoming));
    paths.push(incoming.url ?? '');
    response.writeHead(202).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  try {
    const provider = bank.open();
    const { addressPath } = provider.webhooks;
    bank.initiator.webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${addressPath}`;
    const created = await provider.createCharge({
      txid: '7978c0c97ea847e78e8849634473c1f1',
      pixKey: PIX_KEY,
      amountCents: 100,
      expiresSeconds: 300,
      description: '',
      merchantName: '',
      city: '',
      customer: { cpf: '52998224725' },
      split: [],
      mayExist: false,
    });
    if (created.kind !== 'created') throw new Error(created.kind);
    const consentId = created.charge.providerChargeId ?? '';
    await bank.initiator.customer(consentId, 'authorises');
    await provider.captureCharge?.(created.charge);
    await bank.initiator.bank(consentId, 'ACSC');
    const readings = paths.map((path, index) =>
      provider.webhooks.read({ path, body: Buffer.from(bodies[index] ?? '') }),
    );
    expect(readings).toMatchObject([
      { type: 'consent', charges: [{ providerChargeId: consentId }] },
      { type: 'payment', charges: [{ providerChargeId: consentId }] },
    ]);
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
});

test('of the payments that are remembered the oldest go first', () => {
  const ids = createPaymentIds();
  for (let index = 0; index <= 10_000; index += 1) ids.keep(`c${index}`, `p${index}`);
  expect([ids.consentOf('p0'), ids.paymentOf('c0')]).toEqual([undefined, undefined]);
  expect([ids.consentOf('p1'), ids.paymentOf('c10000')]).toEqual(['c1', 'p10000']);
});
