import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/system.ts';
import { refundIdOf } from '../../payments/record-receipts.ts';
import { createPixAutomatic } from './automatic.ts';
import {
  toAgreement,
  toConfirmation,
  toRecurringCharge,
  WireAgreement,
  WireConfirmation,
  WireRecurringCharge,
} from './automatic-wire.ts';
import { createBacenPixProvider } from './bacen-pix.ts';
import { sentBackOf } from './sent-back.ts';
import { problem, type ScriptedBank, startScriptedBank } from './testing/scripted-bank.ts';
import { toProviderCharge, toReceipt } from './to-provider-charge.ts';
import { toProviderRefund } from './to-provider-refund.ts';
import { createWebhooks } from './webhooks.ts';
import { WireCharge, WirePix, WireProblem, WireRefund } from './wire.ts';

/** The 28 examples of bacen/pix-api 2.9.0 (Apache-2.0), as published. */
const EXAMPLES = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testing', 'pix-api-examples.json'), 'utf8'),
) as Record<string, unknown>;

const read = (callback: unknown) =>
  createWebhooks({ clientId: 'id', clientSecret: 's' }).read({
    path: '',
    body: Buffer.from(JSON.stringify(callback)),
  });
const charge = (example: unknown) =>
  toProviderCharge(WireCharge.parse(example), { merchantName: 'X', city: 'Y' });
const event = (type: string, txids: readonly string[], recurrences: readonly unknown[] = []) => ({
  kind: 'event',
  type,
  charges: txids.map((txid) => ({ txid, providerChargeId: null })),
  recurrences,
});

/** What each example means to us. */
const READINGS: Record<string, [(example: unknown) => unknown, unknown]> = {
  cobResponse1: [
    charge,
    {
      txid: '7978c0c97ea847e78e8849634473c1f1',
      pixKey: '7d9f0335-8dcc-4054-9bf9-0dbd61d36906',
      amountCents: 3_700,
      currency: 'BRL',
      status: 'PENDING',
      providerStatus: 'ATIVA',
      createdAtMs: Date.UTC(2020, 8, 9, 20, 15, 0, 358),
      expiresAtMs: Date.UTC(2020, 8, 9, 21, 15, 0, 358),
      brCode: expect.stringContaining('pix.example.com/qr/9d36b84fc70b478fb95c12729b90ca25'),
      receipts: [],
      refunds: [],
      disputes: [],
    },
  ],
  cobResponse2: [
    charge,
    {
      status: 'SUCCEEDED',
      amountCents: 10_000,
      receipts: [
        {
          receiptId: 'E1234567820200909122120200808008',
          txid: '655dfdb1a4514b8fbb58254b958913fb',
          amountCents: 11_000,
          paidAtMs: Date.UTC(2020, 8, 9, 20, 15, 0, 358),
        },
      ],
      refunds: [
        {
          receiptId: 'E1234567820200909122120200808008',
          refundId: 'E1234567820200909122120200808008:123ABC',
          amountCents: 1_000,
          status: 'processing',
          initiatedBy: 'provider',
        },
      ],
    },
  ],
  // Its two locations differ, in the published file too: the charge's own is believed.
  cobResponse3: [
    charge,
    {
      status: 'PENDING',
      amountCents: 12_345,
      brCode: expect.stringContaining('pix.example.com/qr/v1/9d36b84fc70b478fb95c12729b90ca25'),
    },
  ],
  cobPayload1: [charge, { txid: 'fc9a4366ff3d4964b5dbc6c91a8722d3', amountCents: 50_000, brCode: null }],
  pixWebhook1: [
    (example) => [
      read(example),
      read({ pix: example }),
      read({ pix: [example] }),
      sentBackOf([WirePix.parse(example)]).refunds,
    ],
    [
      event('pix', ['c3e0e7a4e7f1469a9f782d3d4999343c']),
      event('pix', ['c3e0e7a4e7f1469a9f782d3d4999343c']),
      event('pix', ['c3e0e7a4e7f1469a9f782d3d4999343c']),
      [{ refundId: 'E12345678202009091221kkkkkkkkkkk:123ABC', amountCents: 1_000 }],
    ],
  ],
  pixWebhook2: [
    (example) => [read({ pix: [example] }), toReceipt(WirePix.parse(example))],
    [
      event('pix', ['971122d8f37211eaadc10242ac120002']),
      { endToEndId: 'E87654321202009091221dfghi123456', amountCents: 11_000, pixKey: null },
    ],
  ],
  pixResponse1: [
    (example) => [toReceipt(WirePix.parse(example)), sentBackOf([WirePix.parse(example)]).refunds],
    [
      { endToEndId: 'E12345678202009091221abcdef12345', amountCents: 10_000 },
      [{ refundId: 'E12345678202009091221abcdef12345:000AAA111', amountCents: 1_100, status: 'processing' }],
    ],
  ],
  devolucaoResponse1: [
    (example) => toProviderRefund(WireRefund.parse(example)),
    { refundId: '123456', amountCents: 789, status: 'processing', reason: null },
  ],
  devolucaoResponse2: [
    (example) => toProviderRefund(WireRefund.parse(example)),
    {
      refundId: '502',
      amountCents: 2_000,
      status: 'refused',
      providerStatus: 'NAO_REALIZADO',
      reason: 'Negado por timeout',
    },
  ],
  recWebhookNotification1: [
    read,
    event('rec', [], [{ kind: 'agreement', id: 'RR1026652320240821lab77511abf' }]),
  ],
  cobRWebhookNotification1: [
    read,
    event('cobr', [], [{ kind: 'charge', id: '3136957d93134f2184b369e8f1c0729d' }]),
  ],
  recResponse1: [
    (example) => toAgreement(WireAgreement.parse(example)),
    {
      agreementId: 'RN1234567820240115abcdefghijk',
      contract: '63100862',
      status: 'created',
      journey: 3,
      amount: { kind: 'fixed', amountCents: 3_500 },
      period: 'monthly',
      firstDay: '2024-04-01',
      lastDay: '2025-04-01',
      brCode: null,
      endedFor: null,
    },
  ],
  solicRecResponse1: [
    (example) => toConfirmation(WireConfirmation.parse(example)),
    {
      confirmationId: 'SC876456782024021577825445312',
      agreementId: 'RN123456782024011577825445612',
      status: 'created',
      providerStatus: 'CRIADA',
    },
  ],
  cobRResponse1: [
    (example) => toRecurringCharge(WireRecurringCharge.parse(example)),
    {
      txid: '3136957d93134f2184b369e8f1c0729d',
      agreementId: 'RR1234567820240115abcdefghijk',
      status: 'created',
      amountCents: 10_607,
      dueDay: '2024-04-15',
      attempts: [],
      receipts: [],
    },
  ],
  ...Object.fromEntries(
    [
      ['RequisicaoInvalidaCobExample1', 'CobOperacaoInvalida'],
      ['OperacaoInvalidaCobExample1', 'CobOperacaoInvalida'],
      ['RequisicaoInvalidaDevolucaoExample1', 'PixDevolucaoInvalida'],
      ['NaoEncontradoExample1', 'NaoEncontrado'],
      ['AcessoNegadoExample1', 'AcessoNegado'],
      ['ServicoIndisponivelExample1', 'ServicoIndisponivel'],
    ].map(([name, type]) => [
      name,
      [
        (example: unknown) => WireProblem.parse(example),
        { type: `https://pix.bcb.gov.br/api/v2/error/${type}`, detail: expect.any(String) },
      ],
    ]),
  ),
};

describe('BACEN’s own examples', () => {
  test.each(Object.entries(READINGS))('%s', (name, [reading, expected]) => {
    expect(reading(EXAMPLES[name])).toMatchObject(expected as object);
  });
});

describe('what we send is what the examples of requests say', () => {
  const RECEIPT = 'E12345678202009091221abcdef12345';
  let bank: ScriptedBank;
  beforeAll(async () => {
    bank = await startScriptedBank();
  });
  afterAll(() => bank.close());

  const settings = () => ({
    baseUrl: `${bank.origin}/api/v2`,
    tokenUrl: `${bank.origin}/oauth/token`,
    clientId: 'id',
    clientSecret: 's',
    timeoutMs: 5_000,
  });
  const provider = () => createBacenPixProvider(settings(), systemClock);
  const automatic = () => createPixAutomatic(settings(), systemClock);
  /** All that is in the example but what we have no use for. */
  const example = (name: string, ...without: readonly string[]) =>
    Object.fromEntries(
      Object.entries(EXAMPLES[name] as Record<string, unknown>).filter(([key]) => !without.includes(key)),
    );

  const SENDINGS: Record<string, [() => Promise<unknown> | undefined, () => unknown]> = {
    cobBody2: [
      () =>
        provider().createCharge({
          txid: '7978c0c97ea847e78e8849634473c1f1',
          pixKey: '7d9f0335-8dcc-4054-9bf9-0dbd61d36906',
          amountCents: 3_700,
          expiresSeconds: 3_600,
          description: 'Serviço realizado.',
          merchantName: 'x',
          city: 'y',
          customer: null,
          split: [],
          mayExist: false,
        }),
      // The payer, a changeable amount and further texts are optional, and not sent.
      () => ({ ...example('cobBody2', 'devedor', 'infoAdicionais'), valor: { original: '37.00' } }),
    ],
    devolucaoSolicitada1: [
      () =>
        provider().requestRefund({
          charge: { txid: 'x', providerChargeId: null },
          receiptId: RECEIPT,
          refundId: '123456',
          amountCents: 789,
          receivedCents: 789,
          description: 'x',
          mayExist: false,
        }),
      () => ({ ...example('devolucaoSolicitada1'), descricao: 'x' }),
    ],
    webhookBody1: [
      () => provider().registerWebhook?.('a@b.com.br', 'https://pix.example.com/api/webhook/'),
      () => example('webhookBody1'),
    ],
    recBody1: [
      () =>
        automatic().createAgreement({
          contract: '63100862',
          subject: 'Serviço de Streamming de Música.',
          debtor: { cpf: '45164632481', name: 'Fulano de Tal' },
          firstDay: '2024-04-01',
          lastDay: '2025-04-01',
          period: 'monthly',
          amount: { kind: 'fixed', amountCents: 3_500 },
          retries: false,
          journey: { kind: 3, txid: '33beb661beda44a8928fef47dbeb2dc5' },
          orderedAtMs: 0,
          mayExist: false,
        }),
      () => example('recBody1'),
    ],
    solicRecBody1: [
      () =>
        automatic().requestConfirmation({
          agreementId: 'RN123456782024011577825445612',
          expiresAtMs: Date.UTC(2023, 11, 20, 12, 17, 11, 926),
          payer: { cpf: '15231470190', ispb: '91193552', branch: '2569', account: '550689' },
        }),
      () => example('solicRecBody1'),
    ],
    cobRBody1: [
      () =>
        automatic().createCharge({
          txid: '3136957d93134f2184b369e8f1c0729d',
          agreementId: 'RR1234567820240115abcdefghijk',
          dueDay: '2024-04-15',
          amountCents: 10_607,
          movesToWorkday: true,
          receiver: { branch: '9708', account: '012682', accountType: 'CORRENTE' },
          description: 'Serviços de Streamming de Música e Filmes.',
          mayExist: false,
        }),
      // The payer's postal address: we have none.
      () => example('cobRBody1', 'devedor'),
    ],
  };

  test.each(Object.entries(SENDINGS))('%s', async (_name, [send, expected]) => {
    bank.calls.length = 0;
    bank.answer = ({ path }) =>
      path.endsWith('/locrec')
        ? { status: 201, body: { id: 108 } }
        : { status: 404, body: problem('NaoEncontrado', 404) };
    await send();
    expect(bank.calls.filter(({ body }) => body !== undefined).map(({ body }) => body)).toEqual([expected()]);
  });

  test('each of the 28 has its place', () => {
    // A charge with a due date, which we do not make, and the answer to a question that we do not ask.
    const notOurs = ['cobBody1', 'webhookResponse1'];
    expect([...Object.keys(READINGS), ...Object.keys(SENDINGS), ...notOurs].sort()).toEqual(
      Object.keys(EXAMPLES).sort(),
    );
    expect(WireCharge.safeParse(EXAMPLES['cobBody1']).success).toBe(false);
  });
});

describe('what was sent back', () => {
  const pix = (devolucoes: unknown) => WirePix.parse({ ...(EXAMPLES['pixWebhook2'] as object), devolucoes });
  const refund = (change: Record<string, unknown>) => ({
    ...(EXAMPLES['devolucaoResponse1'] as object),
    status: 'DEVOLVIDO',
    ...change,
  });
  const RECEIPT = 'E87654321202009091221dfghi123456';

  test.each([
    ['ours, of the whole Pix', refundIdOf(RECEIPT), 'us', refundIdOf(RECEIPT)],
    ['ours, by a manager', `M${'0198c1a000007000'.repeat(2)}`, 'us', `M${'0198c1a000007000'.repeat(2)}`],
    ['ours, asked for anew', `${refundIdOf(RECEIPT)}2`, 'us', `${refundIdOf(RECEIPT)}2`],
    ['one made in the bank’s app, whose id another Pix may have too', '502', 'provider', `${RECEIPT}:502`],
  ])('%s: a refund and no dispute', (_name, id, initiatedBy, refundId) => {
    expect(sentBackOf([pix([refund({ id, natureza: 'ORIGINAL' })])])).toMatchObject({
      refunds: [{ receiptId: RECEIPT, refundId, amountCents: 789, status: 'settled', initiatedBy }],
      disputes: [],
    });
  });

  test.each([
    ['MED_FRAUDE', 'DEVOLVIDO', 'lost'],
    ['MED_OPERACIONAL', 'EM_PROCESSAMENTO', 'open'],
    ['MED_PIX_AUTOMATICO', 'NAO_REALIZADO', 'won'],
    ['MED_DE_AMANHA', 'ALGO_NOVO', 'open'],
  ])('%s, %s: a dispute that is %s, and no refund', (natureza, status, expected) => {
    // A lone object, as some banks send it.
    expect(sentBackOf([pix(refund({ natureza, status }))])).toEqual({
      refunds: [],
      disputes: [
        {
          disputeId: `${RECEIPT}:123456`,
          receiptId: RECEIPT,
          kind: 'med',
          status: expected,
          amountCents: 789,
          reason: natureza,
          openedAtMs: Date.UTC(2020, 8, 11, 15, 25, 59, 411),
        },
      ],
    });
  });
});
