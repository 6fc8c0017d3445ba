import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import type { NationalProvider } from '../provider.ts';
import { loadSpecification } from './testing/specification.ts';
import { PIX_KEY, startTestInitiator, type TestInitiator } from './testing/test-initiator.ts';
import { chargeOfConsent, chargeOfPayment } from './to-provider-charge.ts';
import { WireConsent, WirePayment, WirePayments } from './wire.ts';

const TXID = '7978c0c97ea847e78e8849634473c1f1';
const URL_OF_PAGE = 'https://initiator.example/authorise';
const specification = loadSpecification();
const withStatus = (schema: string, status: string): Record<string, unknown> => ({
  ...(specification.example(schema)['data'] as Record<string, unknown>),
  status,
});

describe('the specification’s own examples are read', () => {
  test.each([
    ['AWAITING_AUTHORISATION', 'PENDING'],
    ['PARTIALLY_ACCEPTED', 'PENDING'],
    ['AUTHORISED', 'AUTHORIZED'],
    ['CONSUMED', 'PROCESSING'],
    ['REJECTED', 'FAILED'],
  ])('a consent that is %s', (status, expected) => {
    for (const schema of ['ResponseCreatePaymentConsent', 'ResponsePaymentConsent']) {
      const example = withStatus(schema, status);
      expect(specification.check(schema, { ...specification.example(schema), data: example })).toEqual([]);
      const charge = chargeOfConsent(TXID, WireConsent.parse(example), URL_OF_PAGE);
      expect(charge).toMatchObject({
        status: expected,
        providerChargeId: 'urn:bancoex:C1DD33123',
        amountCents: 10_000_012,
        currency: 'BRL',
        createdAtMs: Date.UTC(2021, 4, 21, 8, 30),
      });
    }
  });

  test.each([
    ['RCVD', 'PROCESSING'],
    ['PDNG', 'PROCESSING'],
    ['SCHD', 'PROCESSING'],
    ['ACCP', 'PROCESSING'],
    ['ACPD', 'PROCESSING'],
    ['ACSC', 'SUCCEEDED'],
    ['RJCT', 'FAILED'],
    ['CANC', 'CANCELED'],
  ])('a payment that is %s', (status, expected) => {
    const consent = WireConsent.parse(withStatus('ResponsePaymentConsent', 'CONSUMED'));
    const example = withStatus('ResponsePixPayment', status);
    expect(
      specification.check('ResponsePixPayment', {
        ...specification.example('ResponsePixPayment'),
        data: example,
      }),
    ).toEqual([]);
    const charge = chargeOfPayment({ txid: TXID }, consent, WirePayment.parse(example), URL_OF_PAGE);
    expect(charge.status).toBe(expected);
    expect(charge.receipts).toHaveLength(status === 'ACSC' ? 1 : 0);
    // The example's identification is another sale's: its money is not counted as this one's.
    for (const receipt of charge.receipts) expect(receipt.txid).toBe('E00038166201907261559y6j6');
  });

  test('every status of the document is among them', () => {
    expect(specification.enumOf('EnumAuthorisationStatusType')).toHaveLength(5);
    expect(specification.enumOf('EnumPaymentStatusType')).toHaveLength(8);
  });

  test('a word that is in no document leaves the status open', () => {
    const consent = WireConsent.parse(withStatus('ResponsePaymentConsent', 'NOVO'));
    expect(chargeOfConsent(TXID, consent, URL_OF_PAGE)).toMatchObject({
      status: null,
      providerStatus: 'NOVO SALDO_INSUFICIENTE',
    });
  });

  test('the answer to the making of payments is a list', () => {
    expect(WirePayments.safeParse(specification.example('ResponseCreatePixPayment')['data']).success).toBe(
      true,
    );
  });
});

describe('what travels, in both directions, is what the document says', () => {
  const clock = new ManualClock();
  const messages: { call: string; key: string | null; sent: unknown; got: unknown }[] = [];
  let bank: TestInitiator;
  let provider: NationalProvider;

  beforeAll(async () => {
    bank = await startTestInitiator(clock);
    provider = bank.open({}, async (input, init) => {
      const response = await fetch(input, init);
      const path = new URL(String(input)).pathname;
      if (response.headers.get('content-type')?.includes('application/jwt') === true)
        messages.push({
          call: `${init?.method} ${path.replace('/open-banking/payments/v4', '')}`,
          key: new Headers(init?.headers).get('x-idempotency-key'),
          sent: init?.body == null ? null : decodeJwt(String(init.body)),
          got: decodeJwt(await response.clone().text()),
        });
      return response;
    });
  });
  afterAll(() => bank.close());

  test('in a sale that is withdrawn', async () => {
    const created = await provider.createCharge({
      txid: TXID,
      pixKey: PIX_KEY,
      amountCents: 3_700,
      expiresSeconds: 300,
      description: 'Consulta',
      merchantName: 'Clínica Aurora',
      city: 'São Paulo',
      customer: { cpf: '52998224725' },
      split: [],
      mayExist: false,
    });
    if (created.kind !== 'created') throw new Error(JSON.stringify(created));
    const { charge } = created;
    const consentId = charge.providerChargeId ?? '';
    await bank.initiator.customer(consentId, 'authorises');
    await provider.captureCharge?.(charge);
    await provider.cancelCharge(charge);
    await bank.initiator.bank(consentId, 'PDNG');
    await provider.cancelCharge(charge);
    await provider.fetchCharge(charge);

    const schemas = [
      ['POST /consents', 'CreatePaymentConsent', 'ResponseCreatePaymentConsent'],
      ['POST /pix/payments', 'CreatePixPayment', 'ResponseCreatePixPayment'],
      ['GET /consents/', null, 'ResponsePaymentConsent'],
      ['PATCH /pix/payments/consents/', 'PatchPixPayment', 'ResponsePatchPixConsent'],
      ['GET /pix/payments/', null, 'ResponsePixPayment'],
    ] as const;
    for (const [call, request, response] of schemas) {
      const seen = messages.filter((message) => message.call.startsWith(call));
      expect(seen, call).not.toEqual([]);
      for (const { sent, got } of seen) {
        if (request !== null) expect(specification.check(request, sent), call).toEqual([]);
        const refused = 'errors' in (got as object);
        const schema = refused ? '422ResponseErrorCreatePixPayment' : response;
        expect(specification.check(schema, withPublicHost(got)), call).toEqual([]);
      }
    }
    const keys = messages.flatMap(({ key }) => (key === null ? [] : [key]));
    expect(new Set(keys)).toEqual(new Set([`c${TXID}`, `p${TXID}`, `w${TXID}`]));
    for (const key of keys) expect(key.length).toBeLessThanOrEqual(40);
    const ids = messages.flatMap(({ sent }) => (sent === null ? [] : [(sent as { jti: string }).jti]));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('twin: the judge refuses an amount as a number and an identification that is too long', () => {
    const example = specification.example('CreatePixPayment') as { data: Record<string, unknown>[] };
    const [payment] = example.data;
    expect(specification.check('CreatePixPayment', example)).toEqual([]);
    for (const change of [
      { payment: { amount: 37, currency: 'BRL' } },
      { transactionIdentification: 'x'.repeat(36) },
    ])
      expect(specification.check('CreatePixPayment', { data: [{ ...payment, ...change }] })).not.toEqual([]);
  });
});

/** The document's pattern of a link knows no port and no address. */
function withPublicHost(message: unknown): unknown {
  return JSON.parse(
    JSON.stringify(message).replace(/http:\/\/127\.0\.0\.1:\d+/g, 'https://initiator.example.com'),
  );
}
