import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseBrCode } from '../../../domain/br-code.ts';
import { silentLog } from '../../../platform/log.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { eventually } from '../../../platform/testing/eventually.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../../simulators/provider/provider.ts';
import { loadOpenApiContract } from '../../../simulators/provider/testing/openapi-contract.ts';
import { newTxid } from '../../../simulators/provider/testing/test-provider.ts';
import { createPixAutomatic } from './automatic.ts';
import type { Agreement, AgreementOrder, PixAutomatic, RecurringChargeOrder } from './automatic-types.ts';
import { createBacenPixProvider } from './bacen-pix.ts';
import { startCallbackReceiver } from './testing/callback-receiver.ts';

const CLIENT = { clientId: 'totem', clientSecret: 'secret', automatic: true, timeoutMs: 5_000 };
const KEY = '7d9f0335-8dcc-4054-9bf9-0dbd61d36906';
const contract = loadOpenApiContract();

let folder: string;
let simulator: ProviderSimulator;
let automatic: PixAutomatic;
let contracts = 0;
/** What breaks the specification, of all calls. */
const broken: string[] = [];
const posted: string[] = [];

const address = () => ({ ...CLIENT, baseUrl: simulator.apiBaseUrl, tokenUrl: simulator.tokenUrl });

/** The judge in the middle: each call and its answer, against the published document. */
const judged: typeof globalThis.fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { pathname } = new URL(String(input));
  const route = pathname
    .replace('/api/v2', '')
    .replace(/^\/rec\/.+/, '/rec/{idRec}')
    .replace(/^\/solicrec\/.+/, '/solicrec/{idSolicRec}')
    .replace(/^\/cobr\/[^/]+$/, '/cobr/{txid}')
    .replace(/^\/cobr\/[^/]+\/retentativa\/.+/, '/cobr/{txid}/retentativa/{data}');
  if (pathname === '/oauth/token') return response;
  const method = init?.method ?? 'GET';
  posted.push(`${method} ${route}`);
  const text = await response.clone().text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  broken.push(
    ...contract.checkAnswer(method, route, response.status, body).map((each) => `${method} ${route} ${each}`),
  );
  if (typeof init?.body === 'string' && response.ok)
    broken.push(
      ...contract
        .checkRequest(method, route, JSON.parse(init.body))
        .map((each) => `to ${method} ${route} ${each}`),
    );
  return response;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totem-automatic-'));
  simulator = await startProviderSimulator({
    host: '127.0.0.1',
    port: 0,
    dataDir: folder,
    ...CLIENT,
    clock: systemClock,
    randomBytes: systemRandom,
    log: silentLog,
  });
});
beforeEach(async () => {
  await bank('PUT', '/faults', { timeoutAfterSuccess: false });
  automatic = createPixAutomatic({ ...address(), fetch: judged }, systemClock);
  broken.length = 0;
  posted.length = 0;
});
afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});

async function bank(method: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${simulator.bankUrl}/bank${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

function order(change: Partial<AgreementOrder> = {}): AgreementOrder {
  contracts += 1;
  return {
    contract: `contract-${contracts}`,
    subject: 'Plano mensal',
    debtor: { cpf: '52998224725', name: 'Fulano de Tal' },
    firstDay: '2026-04-01',
    lastDay: null,
    period: 'monthly',
    amount: { kind: 'fixed', amountCents: 3_500 },
    retries: true,
    journey: { kind: 2 },
    orderedAtMs: systemClock.nowMs(),
    mayExist: false,
    ...change,
  };
}

async function agree(change: Partial<AgreementOrder> = {}): Promise<Agreement> {
  const outcome = await automatic.createAgreement(order(change));
  if (outcome.kind !== 'found') throw new Error(JSON.stringify(outcome));
  return outcome.agreement;
}

async function approved(): Promise<Agreement> {
  const agreement = await agree();
  await bank('POST', `/agreements/${agreement.agreementId}`, { act: 'approve', journey: 2 });
  return agreement;
}

const chargeOrder = (
  agreementId: string,
  change: Partial<RecurringChargeOrder> = {},
): RecurringChargeOrder => ({
  txid: newTxid(),
  agreementId,
  dueDay: '2026-04-15',
  amountCents: 3_500,
  movesToWorkday: true,
  receiver: { branch: '9708', account: '012682', accountType: 'CORRENTE' },
  description: 'Plano mensal',
  mayExist: false,
  ...change,
});

test('agreement, approval, charge, payment, and a callback for each', async () => {
  const provider = createBacenPixProvider(address(), systemClock);
  const receiver = await startCallbackReceiver();
  try {
    expect(await automatic.registerWebhooks(`${receiver.url}/secret`)).toEqual({ kind: 'registered' });
    const agreement = await agree();
    expect(agreement).toMatchObject({
      status: 'created',
      journey: null,
      amount: { kind: 'fixed', amountCents: 3_500 },
      period: 'monthly',
      firstDay: '2026-04-01',
      lastDay: null,
      endedFor: null,
    });
    expect(agreement.agreementId).toMatch(/^RR\d{16}[a-zA-Z0-9]{11}$/);

    const tooEarly = chargeOrder(agreement.agreementId);
    expect(await automatic.createCharge(tooEarly)).toMatchObject({
      kind: 'rejected',
      code: 'CobROperacaoInvalida',
    });

    await bank('POST', `/agreements/${agreement.agreementId}`, { act: 'approve', journey: 2 });
    expect(await automatic.fetchAgreement(agreement.agreementId)).toMatchObject({
      agreement: { status: 'approved', journey: 2 },
    });

    const wanted = chargeOrder(agreement.agreementId);
    expect(await automatic.createCharge(wanted)).toMatchObject({
      charge: { status: 'created', dueDay: '2026-04-15', attempts: [], receipts: [] },
    });
    await bank('POST', `/recurring-charges/${wanted.txid}`, { act: 'schedule' });
    expect(await automatic.fetchCharge(wanted.txid)).toMatchObject({
      charge: { status: 'active', attempts: [{ status: 'scheduled', day: '2026-04-15' }], receipts: [] },
    });
    await bank('POST', `/recurring-charges/${wanted.txid}`, { act: 'pay' });
    const paid = await automatic.fetchCharge(wanted.txid);
    expect(paid).toMatchObject({
      charge: {
        status: 'paid',
        attempts: [{ status: 'paid' }],
        receipts: [{ txid: wanted.txid, amountCents: 3_500 }],
      },
    });

    await eventually(() => expect(receiver.calls).toHaveLength(3));
    expect(
      receiver.calls.map(({ path, body }) => [path, provider.webhooks.read({ path, body })]),
    ).toMatchObject([
      ['/secret/rec', { type: 'rec', recurrences: [{ kind: 'agreement', id: agreement.agreementId }] }],
      ['/secret/cobr', { type: 'cobr', recurrences: [{ kind: 'charge', id: wanted.txid }] }],
      ['/secret/cobr', { type: 'cobr', charges: [], recurrences: [{ kind: 'charge', id: wanted.txid }] }],
    ]);
    expect(broken).toEqual([]);
  } finally {
    await receiver.close();
  }
});

describe('journeys', () => {
  test('1: the bank’s app asks, no code is shown', async () => {
    const agreement = await agree({ journey: { kind: 1 } });
    expect(agreement.brCode).toBeNull();
    const asked = await automatic.requestConfirmation({
      agreementId: agreement.agreementId,
      expiresAtMs: systemClock.nowMs() + 3_600_000,
      payer: { cpf: '52998224725', ispb: '91193552', branch: '2569', account: '550689' },
    });
    if (asked.kind !== 'found') throw new Error(JSON.stringify(asked));
    expect(asked.confirmation).toMatchObject({ agreementId: agreement.agreementId, status: 'created' });
    await bank('POST', `/agreements/${agreement.agreementId}`, { act: 'approve', journey: 1 });
    expect(await automatic.fetchConfirmation(asked.confirmation.confirmationId)).toMatchObject({
      confirmation: { status: 'accepted' },
    });
    expect(broken).toEqual([]);
  });

  test('1: a request is withdrawn', async () => {
    const { agreementId } = await agree({ journey: { kind: 1 } });
    const payer = { cpf: '52998224725', ispb: '91193552', account: '550689' };
    const asked = await automatic.requestConfirmation({
      agreementId,
      expiresAtMs: systemClock.nowMs() + 60_000,
      payer,
    });
    if (asked.kind !== 'found') throw new Error(JSON.stringify(asked));
    expect(await automatic.cancelConfirmation(asked.confirmation.confirmationId)).toMatchObject({
      confirmation: { status: 'canceled' },
    });
  });

  test('2: a code of the agreement alone', async () => {
    const { brCode } = await agree();
    expect(parseBrCode(brCode ?? '')).toMatchObject({ ok: true, value: { kind: 'rec-only' } });
    expect(broken).toEqual([]);
  });

  test('3: one code that pays a charge and agrees', async () => {
    const provider = createBacenPixProvider(address(), systemClock);
    const txid = newTxid();
    const made = await provider.createCharge({
      txid,
      pixKey: KEY,
      amountCents: 3_500,
      expiresSeconds: 300,
      description: 'x',
      merchantName: 'x',
      city: 'x',
      customer: null,
      split: [],
      mayExist: false,
    });
    expect(made.kind).toBe('created');
    const { brCode } = await agree({ journey: { kind: 3, txid } });
    const parsed = parseBrCode(brCode ?? '');
    expect(parsed).toMatchObject({
      ok: true,
      value: { kind: 'dynamic', recurrenceUrl: expect.stringContaining('/rec/') },
    });
    expect(broken).toEqual([]);
  });
});

describe('what is asked for twice', () => {
  test('an agreement whose answer was lost is found by its contract, and not made again', async () => {
    await bank('PUT', '/faults', { timeoutAfterSuccess: true });
    const hasty = createPixAutomatic({ ...address(), timeoutMs: 150, fetch: judged }, systemClock);
    const wanted = order({ journey: { kind: 1 } });
    const outcome = await hasty.createAgreement(wanted);
    expect(outcome).toMatchObject({ kind: 'found', agreement: { contract: wanted.contract } });
    await bank('PUT', '/faults', { timeoutAfterSuccess: false });
    posted.length = 0;
    expect(await automatic.createAgreement({ ...wanted, mayExist: true })).toEqual(outcome);
    expect(posted).toEqual(['GET /rec']);
  });

  test('a charge whose answer was lost is read back, one that exists is not charged again', async () => {
    const { agreementId } = await approved();
    await bank('PUT', '/faults', { timeoutAfterSuccess: true });
    const hasty = createPixAutomatic({ ...address(), timeoutMs: 150, fetch: judged }, systemClock);
    const wanted = chargeOrder(agreementId);
    expect(await hasty.createCharge(wanted)).toMatchObject({ kind: 'found' });
    await bank('PUT', '/faults', { timeoutAfterSuccess: false });
    expect(await automatic.createCharge(wanted)).toMatchObject({ kind: 'found' });
    posted.length = 0;
    expect(await automatic.createCharge({ ...wanted, mayExist: true })).toMatchObject({ kind: 'found' });
    expect(posted).toEqual(['GET /cobr/{txid}']);
    expect(await automatic.createCharge({ ...wanted, amountCents: 3_501 })).toMatchObject({
      kind: 'rejected',
      code: 'charge_mismatch',
    });
  });

  test('while the bank is away nothing is known, and nothing has failed', async () => {
    await bank('PUT', '/faults', { online: false });
    try {
      expect(await automatic.createAgreement(order())).toMatchObject({ kind: 'unavailable' });
      expect(await automatic.fetchCharge(newTxid())).toMatchObject({ kind: 'unavailable' });
    } finally {
      await bank('PUT', '/faults', { online: true });
    }
  });
});

describe('endings', () => {
  test('an agreement that the customer refuses, or ends, or that we end', async () => {
    const refused = await agree();
    await bank('POST', `/agreements/${refused.agreementId}`, { act: 'reject' });
    expect(await automatic.fetchAgreement(refused.agreementId)).toMatchObject({
      agreement: { status: 'rejected', endedFor: 'AP13' },
    });
    const ended = await approved();
    await bank('POST', `/agreements/${ended.agreementId}`, { act: 'cancel' });
    expect(await automatic.fetchAgreement(ended.agreementId)).toMatchObject({
      agreement: { status: 'canceled', endedFor: 'ACCL' },
    });
    const ours = await approved();
    expect(await automatic.cancelAgreement(ours.agreementId)).toMatchObject({
      agreement: { status: 'canceled', endedFor: 'SLCR' },
    });
    expect(await automatic.cancelAgreement(ours.agreementId)).toMatchObject({ kind: 'rejected' });
    expect(broken).toEqual([]);
  });

  test('a charge that failed is tried again where the agreement allows it', async () => {
    const { agreementId } = await approved();
    const wanted = chargeOrder(agreementId);
    await automatic.createCharge(wanted);
    expect(await automatic.retryCharge(wanted.txid, '2026-04-16')).toMatchObject({ kind: 'rejected' });
    await bank('POST', `/recurring-charges/${wanted.txid}`, { act: 'reject' });
    expect(await automatic.fetchCharge(wanted.txid)).toMatchObject({
      charge: { attempts: [{ status: 'rejected', rejectedFor: 'AM02' }] },
    });
    expect(await automatic.retryCharge(wanted.txid, '2026-04-16')).toMatchObject({
      charge: { attempts: [{ status: 'rejected' }, { status: 'requested', day: '2026-04-16' }] },
    });
    expect(await automatic.cancelCharge(wanted.txid)).toMatchObject({ charge: { status: 'canceled' } });
    expect(broken).toEqual([]);
  });

  test('what does not exist is not found', async () => {
    expect(await automatic.fetchAgreement('R'.repeat(29))).toEqual({ kind: 'not_found' });
    expect(await automatic.fetchConfirmation('SC1')).toEqual({ kind: 'not_found' });
    expect(await automatic.fetchCharge(newTxid())).toEqual({ kind: 'not_found' });
  });
});

test('twin: the judge refuses a period that there is not, and a charge without its agreement', () => {
  const rec = {
    vinculo: { contrato: '1', devedor: { cpf: '52998224725', nome: 'x' } },
    politicaRetentativa: 'NAO_PERMITE',
  };
  const calendario = { dataInicial: '2026-04-01', periodicidade: 'MENSAL' };
  expect(contract.checkRequest('POST', '/rec', { ...rec, calendario })).toEqual([]);
  expect(
    contract.checkRequest('POST', '/rec', { ...rec, calendario: { ...calendario, periodicidade: 'DIARIA' } }),
  ).not.toEqual([]);
  expect(contract.checkRequest('PUT', '/cobr/{txid}', { calendario: {} })).not.toEqual([]);
});
