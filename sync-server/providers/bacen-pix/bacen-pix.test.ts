import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeDynamicBrCode, parseBrCode } from '../../../domain/br-code.ts';
import { systemClock } from '../../../platform/system.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import type { ChargeOrder, NationalProvider } from '../provider.ts';
import { createBacenPixProvider } from './bacen-pix.ts';

interface Seen {
  readonly call: string;
  readonly authorization: string;
  readonly body: unknown;
}
type Answer = { status: number; body?: unknown; raw?: string; location?: string } | 'no answer';

const TXID = '7978c0c97ea847e78e8849634473c1f1';
const CHARGE = { txid: TXID, providerChargeId: null };
const E2EID = 'E12345678202603101500abcdef12345';
const LOCATION = 'pix.example.com/qr/9d36b84fc70b478fb95c12729b90ca25';
const order: ChargeOrder = {
  txid: TXID,
  pixKey: '7d9f0335-8dcc-4054-9bf9-0dbd61d36906',
  amountCents: 3_700,
  expiresSeconds: 3_600,
  description: 'Consulta geral',
  merchantName: 'Clínica Aurora',
  city: 'São Paulo',
  customer: null,
  split: [],
  mayExist: false,
};

let server: Server;
let baseUrl: string;
let seen: Seen[];
let tokens: number;
let script: (call: string) => Answer;
let provider: NationalProvider;
const clock = new ManualClock();
/** The tokens' hours by hand; a call to a socket is cut in real time. */
const wireClock = {
  nowMs: () => clock.nowMs(),
  monotonicMs: () => clock.monotonicMs(),
  schedule: systemClock.schedule,
};

beforeAll(async () => {
  server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen = [];
  tokens = 0;
  script = () => ({ status: 404, body: problem('CobNaoEncontrado', 404) });
  provider = createBacenPixProvider(
    {
      baseUrl: `${baseUrl}/api/v2`,
      tokenUrl: `${baseUrl}/oauth/token`,
      clientId: 'id',
      clientSecret: 'secret',
      timeoutMs: 150,
    },
    wireClock,
  );
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (request.url === '/oauth/token') {
    tokens += 1;
    response.end(JSON.stringify({ access_token: `token-${tokens}`, token_type: 'Bearer', expires_in: 600 }));
    return;
  }
  const call = `${request.method} ${request.url?.replace('/api/v2', '')}`;
  const authorization = request.headers.authorization ?? '';
  seen.push({ call, authorization, body: text === '' ? undefined : JSON.parse(text) });
  const answer = script(call);
  if (answer === 'no answer') return;
  response.statusCode = answer.status;
  if (answer.location !== undefined) response.setHeader('location', answer.location);
  response.end(answer.raw ?? JSON.stringify(answer.body));
}

function problem(type: string, status: number) {
  return { type: `https://pix.bcb.gov.br/api/v2/error/${type}`, title: type, status, detail: 'detalhe' };
}
function cob(overrides: Record<string, unknown> = {}) {
  return {
    calendario: { criacao: '2026-03-10T15:00:00.358Z', expiracao: 3600 },
    txid: TXID,
    revisao: 0,
    location: LOCATION,
    status: 'ATIVA',
    devedor: { cpf: '52998224725', nome: 'Maria' },
    valor: { original: '37.00' },
    chave: order.pixKey,
    ...overrides,
  };
}
const pix = (overrides: Record<string, unknown> = {}) => ({
  endToEndId: E2EID,
  txid: TXID,
  valor: '37.00',
  horario: '2026-03-10T15:01:00.000-03:00',
  ...overrides,
});
const calls = () => seen.map((one) => one.call);

describe('making a charge', () => {
  test('asks for what was ordered, amounts as text, and no personal data', async () => {
    script = () => ({ status: 201, body: cob() });
    const outcome = await provider.createCharge(order);
    expect(seen).toEqual([
      {
        call: `PUT /cob/${TXID}`,
        authorization: 'Bearer token-1',
        body: {
          calendario: { expiracao: 3600 },
          valor: { original: '37.00' },
          chave: order.pixKey,
          solicitacaoPagador: 'Consulta geral',
        },
      },
    ]);
    expect(outcome).toMatchObject({
      kind: 'created',
      charge: { txid: TXID, amountCents: 3_700, status: 'PENDING', receipts: [] },
    });
  });

  test('builds the BR Code from the location where the bank sends none', async () => {
    script = () => ({ status: 201, body: cob() });
    const outcome = await provider.createCharge(order);
    if (outcome.kind !== 'created') throw new Error(outcome.kind);
    const parsed = parseBrCode(outcome.charge.brCode ?? '');
    expect(parsed).toMatchObject({ ok: true, value: { kind: 'dynamic', url: LOCATION } });
  });

  test('takes the bank’s own BR Code when it holds, and not when its CRC is wrong', async () => {
    const own = encodeDynamicBrCode({ url: LOCATION, merchantName: 'BANK SAYS', merchantCity: 'RECIFE' });
    if (!own.ok) throw new Error(own.error.detail);
    script = () => ({ status: 201, body: cob({ pixCopiaECola: own.brCode }) });
    expect(await provider.createCharge(order)).toMatchObject({ charge: { brCode: own.brCode } });
    script = () => ({ status: 201, body: cob({ pixCopiaECola: `${own.brCode.slice(0, -4)}0000` }) });
    const outcome = await provider.createCharge(order);
    expect(outcome).toMatchObject({ kind: 'created' });
    expect(outcome).not.toMatchObject({ charge: { brCode: expect.stringContaining('BANK SAYS') } });
  });

  test.each([
    ['chave', { chave: 'somebody-else' }],
    ['valor', { valor: { original: '37.01' } }],
    ['expiracao', { calendario: { criacao: '2026-03-10T15:00:00Z', expiracao: 60 } }],
  ])('refuses an answer that differs in %s', async (field, overrides) => {
    script = () => ({ status: 201, body: cob(overrides) });
    expect(await provider.createCharge(order)).toMatchObject({
      kind: 'rejected',
      code: 'charge_mismatch',
      detail: `the provider's charge differs in ${field}`,
    });
  });

  test('reads the charge when the answer to its making is lost', async () => {
    script = (call) => (call.startsWith('PUT') ? 'no answer' : { status: 200, body: cob() });
    expect(await provider.createCharge(order)).toMatchObject({ kind: 'created' });
    expect(calls()).toEqual([`PUT /cob/${TXID}`, `GET /cob/${TXID}`]);
  });

  test('says unknown, not rejected, when it was sent and cannot be read either', async () => {
    script = () => 'no answer';
    expect(await provider.createCharge(order)).toMatchObject({ kind: 'unknown' });
  });

  test('reads before it writes when an earlier attempt may have arrived', async () => {
    script = () => ({ status: 200, body: cob() });
    expect(await provider.createCharge({ ...order, mayExist: true })).toMatchObject({ kind: 'created' });
    expect(calls()).toEqual([`GET /cob/${TXID}`]);
  });

  test('a txid that is taken is read, never charged again', async () => {
    script = (call) =>
      call.startsWith('PUT')
        ? { status: 400, body: problem('CobOperacaoInvalida', 400) }
        : { status: 200, body: cob() };
    expect(await provider.createCharge(order)).toMatchObject({ kind: 'created' });
  });

  test.each([
    ['rejected', { status: 403, body: problem('AcessoNegado', 403) }],
    ['unavailable', { status: 503, body: problem('ServicoIndisponivel', 503) }],
  ] as const)('%s', async (kind, answer) => {
    script = () => answer;
    expect(await provider.createCharge(order)).toMatchObject({ kind });
  });

  test('nobody at the address: unavailable', async () => {
    const nobody = createBacenPixProvider(
      { baseUrl: 'http://127.0.0.1:9/', tokenUrl: 'http://127.0.0.1:9/', clientId: '', clientSecret: '' },
      wireClock,
    );
    expect(await nobody.createCharge(order)).toMatchObject({ kind: 'unavailable' });
  });
});

describe('reading a charge', () => {
  test.each([
    ['an array', [pix()]],
    ['a lone object', pix()],
  ])('takes pix as %s', async (_name, field) => {
    script = () => ({ status: 200, body: cob({ status: 'CONCLUIDA', pix: field }) });
    expect(await provider.fetchCharge(CHARGE)).toMatchObject({
      kind: 'found',
      charge: {
        status: 'SUCCEEDED',
        receipts: [{ endToEndId: E2EID, amountCents: 3_700, paidAtMs: Date.UTC(2026, 2, 10, 18, 1) }],
      },
    });
  });

  test.each([
    ['REMOVIDA_PELO_PSP', { status: 'CANCELED', closedBy: 'provider' }],
    ['REMOVIDA_PELO_USUARIO_RECEBEDOR', { status: 'CANCELED', closedBy: 'us' }],
    ['ALGO_NOVO', { status: null, providerStatus: 'ALGO_NOVO' }],
  ])('understands %s', async (status, charge) => {
    script = () => ({ status: 200, body: cob({ status }) });
    expect(await provider.fetchCharge(CHARGE)).toMatchObject({ kind: 'found', charge });
  });

  test.each([
    ['another charge', { status: 200, body: cob({ txid: 'x'.repeat(32) }) }],
    ['an amount with a comma', { status: 200, body: cob({ valor: { original: '37,00' } }) }],
    ['an amount as a number', { status: 200, body: cob({ valor: { original: 37 } }) }],
    ['HTML', { status: 200, raw: '<html>' }],
    ['too much', { status: 200, raw: 'x'.repeat(1024 * 1024 + 1) }],
    ['a gateway error', { status: 502, raw: 'bad gateway' }],
  ])('%s is no answer', async (_name, answer) => {
    script = () => answer;
    expect(await provider.fetchCharge(CHARGE)).toMatchObject({ kind: 'unavailable' });
  });

  test('a redirect is not followed: the bank does not choose whom this server speaks to', async () => {
    script = (call) =>
      call === `GET /cob/${TXID}`
        ? { status: 307, location: `${baseUrl}/elsewhere` }
        : { status: 200, body: cob({ status: 'CONCLUIDA', pix: [pix()] }) };
    expect(await provider.fetchCharge(CHARGE)).toMatchObject({ kind: 'unavailable' });
    expect(calls()).toEqual([`GET /cob/${TXID}`]);
  });

  test('what breaks the contract is told without the personal data in it', async () => {
    script = () => ({ status: 200, body: cob({ valor: null }) });
    expect(JSON.stringify(await provider.fetchCharge(CHARGE))).not.toMatch(/52998224725|Maria/);
  });
});

describe('the token', () => {
  test('is asked for once by many callers, and used until shortly before its end', async () => {
    await Promise.all([1, 2, 3].map(() => provider.fetchCharge(CHARGE)));
    clock.advance(569_000);
    await provider.fetchCharge(CHARGE);
    expect(tokens).toBe(1);
    clock.advance(2_000);
    await provider.fetchCharge(CHARGE);
    expect(tokens).toBe(2);
  });

  test('that the bank refuses is renewed once, and the call repeated', async () => {
    script = () =>
      seen.at(-1)?.authorization === 'Bearer token-1'
        ? { status: 401, body: problem('AcessoNegado', 401) }
        : { status: 200, body: cob() };
    expect(await provider.fetchCharge(CHARGE)).toMatchObject({ kind: 'found' });
    expect(seen.map((one) => one.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
    script = () => ({ status: 401, body: problem('AcessoNegado', 401) });
    expect(await provider.fetchCharge(CHARGE)).toMatchObject({ kind: 'rejected', code: 'AcessoNegado' });
  });
});

describe('withdrawing and refunding', () => {
  const refundId = `R${E2EID}`;
  const refundOrder = {
    charge: CHARGE,
    receiptId: E2EID,
    refundId,
    amountCents: 789,
    receivedCents: 3_700,
    description: 'x',
    mayExist: false,
  };
  const path = `/pix/${E2EID}/devolucao/${refundId}`;

  test('a charge that is no longer open cannot be withdrawn', async () => {
    script = () => ({ status: 400, body: problem('CobOperacaoInvalida', 400) });
    expect(await provider.cancelCharge(CHARGE)).toEqual({ kind: 'not_open' });
    expect(seen[0]?.body).toEqual({ status: 'REMOVIDA_PELO_USUARIO_RECEBEDOR' });
  });

  test('a refund is read before it is asked for', async () => {
    const refund = { id: refundId, valor: '7.89', status: 'EM_PROCESSAMENTO' };
    script = (call) =>
      call.startsWith('GET')
        ? { status: 404, body: problem('PixDevolucaoNaoEncontrada', 404) }
        : { status: 201, body: refund };
    expect(await provider.requestRefund(refundOrder)).toMatchObject({
      kind: 'found',
      refund: { refundId, amountCents: 789, status: 'processing' },
    });
    expect(calls()).toEqual([`GET ${path}`, `PUT ${path}`]);
    script = () => ({ status: 200, body: { ...refund, status: 'NAO_REALIZADO', motivo: 'sem saldo' } });
    expect(await provider.requestRefund(refundOrder)).toMatchObject({
      refund: { status: 'refused', reason: 'sem saldo' },
    });
    expect(calls()).toHaveLength(3);
  });

  test('a refund whose answer is lost is unknown', async () => {
    script = (call) => (call.startsWith('GET') ? { status: 404, body: {} } : 'no answer');
    expect(await provider.requestRefund(refundOrder)).toMatchObject({ kind: 'unknown' });
  });

  test('the webhook is registered for the key', async () => {
    script = () => ({ status: 200, body: {} });
    expect(await provider.registerWebhook?.('maria@example.com', 'https://x/y')).toEqual({
      kind: 'registered',
    });
    expect(seen[0]).toMatchObject({
      call: 'PUT /webhook/maria%40example.com',
      body: { webhookUrl: 'https://x/y' },
    });
  });
});

describe('a webhook', () => {
  const readText = (text: string) => provider.webhooks.read({ path: '', body: Buffer.from(text) });
  const read = (body: unknown) => readText(JSON.stringify(body));
  const naming = (...txids: string[]) => ({
    kind: 'event',
    type: 'pix',
    charges: txids.map((txid) => ({ txid, providerChargeId: null })),
    recurrences: [],
  });
  test('names its charges once each, as array or object, and passes over a Pix without txid', () => {
    expect(read({ pix: [pix(), pix(), { endToEndId: E2EID }] })).toEqual(naming(TXID));
    expect(read({ pix: pix() })).toEqual(naming(TXID));
  });
  test('has to show a certificate where that is asked for, even with the right address', () => {
    const settings = { baseUrl, tokenUrl: baseUrl, clientId: 'id', clientSecret: 'secret' };
    const strict = createBacenPixProvider({ ...settings, webhookNeedsCertificate: true }, wireClock).webhooks;
    const request = {
      path: `${strict.addressPath.slice(1)}/pix`,
      headers: {},
      body: Buffer.from('{}'),
      receivedAtMs: 0,
    };
    expect(strict.authenticate({ ...request, hasClientCertificate: false })).toEqual({
      kind: 'refused',
      reason: 'certificate',
    });
    expect(strict.authenticate({ ...request, hasClientCertificate: true })).toMatchObject({
      kind: 'authentic',
    });
    expect(provider.webhooks.authenticate({ ...request, hasClientCertificate: false })).toMatchObject({
      kind: 'authentic',
    });
  });
  test('passes over a txid that none can be', () => {
    expect(read({ pix: [pix({ txid: 'a b' }), pix({ txid: '../x' })] })).toEqual(naming());
  });
  test.each([['not JSON'], ['{}'], ['[]'], ['null'], ['{"pix":[{"txid":7}]}']])(
    '%s is unreadable',
    (body) => {
      expect(readText(body)).toMatchObject({ kind: 'unreadable' });
    },
  );
});
