import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChargeResponse } from '../../domain/protocol/charges.ts';
import { webhookUrl } from '../webhooks/webhook-url.ts';
import { requestChargeCancellation } from './cancel-charge.ts';
import { type BankAnswer, type Lie, type LyingBank, startLyingBank } from './testing/lying-bank.ts';
import { type PaymentHouse, startPaymentHouse } from './testing/payment-house.ts';
import { chargeRequest, expectMoneyAddsUp, KIOSK, readPayment, SERVICE } from './testing/payment-steps.ts';

/** As long as a lie is told: the poll asks several times. */
const A_WHILE_MS = 40_000;

let house: PaymentHouse;
let bank: LyingBank;

beforeAll(async () => {
  house = await startPaymentHouse(async (bankUrl) => {
    bank = await startLyingBank(bankUrl);
    return bank;
  });
});
beforeEach(() => house.faults({ webhook: 'normal' }));
afterEach(async () => {
  bank.lie(null);
  await expectMoneyAddsUp(house.context);
});
afterAll(() => house.close());

async function charge(): Promise<ChargeResponse> {
  const request = chargeRequest(house.context);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const answer = await house.post('/v1/charges', request);
    if (answer.status === 200) return answer.body as ChargeResponse;
    house.clock.advance(2_000);
  }
  throw new Error('no charge');
}
const payment = (made: ChargeResponse) => readPayment(house.context, made.sessionId);
const isPaid = (made: ChargeResponse) => async () => (await payment(made)).confirmations > 0;
const hasRefund = (made: ChargeResponse, status: string) => async () =>
  (await payment(made)).refunds.some((refund) => refund.status === status);

interface CobAnswer extends Record<string, unknown> {
  readonly pix?: readonly Record<string, unknown>[];
}

/** Another word of the bank's for one charge, wherever it is told of. */
function lieAbout({ txid }: ChargeResponse, change: (told: CobAnswer) => unknown): Lie {
  return ({ path, status, body }) =>
    path.endsWith(`/cob/${txid}`) && status < 300 ? { body: change(body as CobAnswer) } : null;
}
const ofPix = (made: ChargeResponse, change: (pix: Record<string, unknown>) => unknown): Lie =>
  lieAbout(made, (told) => ({ ...told, pix: (told.pix ?? []).map(change) }));

async function passTime(ms: number): Promise<void> {
  const until = house.clock.nowMs() + ms;
  await house.until(async () => house.clock.nowMs() >= until, ms + 1_000);
}

/** One charge for each lie, all told at once: a bank lies about each as it likes. */
async function chargesWithLies(lies: Readonly<Record<string, (made: ChargeResponse) => Lie>>) {
  const charges: { name: string; made: ChargeResponse }[] = [];
  for (const name of Object.keys(lies)) charges.push({ name, made: await charge() });
  const told = charges.flatMap(({ name, made }) => lies[name]?.(made) ?? []);
  bank.lie((answer) => {
    for (const lie of told) {
      const another = lie(answer);
      if (another !== null) return another;
    }
    return null;
  });
  bank.takeCalls();
  for (const { made } of charges) await house.pay(made.txid, 'exact');
  const states = async () => {
    const all: Record<string, Awaited<ReturnType<typeof payment>>> = {};
    for (const { name, made } of charges) all[name] = await payment(made);
    return all;
  };
  return { charges, states };
}

/** About the reading of one charge: whatever is answered to it. */
const toReads =
  (told: ReturnType<Lie>) =>
  ({ txid }: ChargeResponse): Lie =>
  ({ path }) =>
    path.endsWith(`/cob/${txid}`) ? told : null;

const AMOUNTS = ['-50.00', '0.00', '50', '50,00', '5e1', ' 50.00', '99999999999.00', 50, 5000, null, '٥٠.٠٠'];
const OTHER_KEY = '00000000-8dcc-4054-9bf9-0dbd61d36900';
const OTHER_TXID = 'a'.repeat(32);
const NOTHING_IS_PAID: Record<string, (made: ChargeResponse) => Lie> = {
  'another charge': (made) => lieAbout(made, (told) => ({ ...told, txid: OTHER_TXID })),
  'another receiver': (made) => lieAbout(made, (told) => ({ ...told, chave: OTHER_KEY })),
  'a Pix of another charge': (made) => ofPix(made, (pix) => ({ ...pix, txid: OTHER_TXID })),
  'a Pix to another receiver': (made) => ofPix(made, (pix) => ({ ...pix, chave: OTHER_KEY })),
  'a Pix without an id': (made) => ofPix(made, ({ endToEndId: _, ...pix }) => pix),
  'paid, without the money': (made) => lieAbout(made, (told) => ({ ...told, pix: [] })),
  'a time that is none': (made) => ofPix(made, (pix) => ({ ...pix, horario: '2026-13-45T99:00:00Z' })),
  'a charge that lasts for ever': (made) =>
    lieAbout(made, (told) => ({
      ...told,
      calendario: { criacao: '2026-03-10T12:00:00Z', expiracao: 9e15 },
    })),
  'a list': (made) => lieAbout(made, (told) => [told]),
  nothing: (made) => lieAbout(made, () => null),
  'HTTP 404': toReads({ status: 404, body: {} }),
  'HTTP 403': toReads({ status: 403, body: {} }),
  ...Object.fromEntries(
    AMOUNTS.map((valor) => [
      `a Pix of ${JSON.stringify(valor)}`,
      (made: ChargeResponse) => ofPix(made, (pix) => ({ ...pix, valor })),
    ]),
  ),
};

test('nothing is paid while the bank’s answer is no answer to what was asked; it is once it tells the truth', async () => {
  const { charges, states } = await chargesWithLies(NOTHING_IS_PAID);
  await passTime(A_WHILE_MS);
  const asked = bank.takeCalls().map(({ path }) => path.split('/').at(-1));
  for (const { name, made } of charges) expect(asked, name).toContain(made.txid);
  for (const [name, state] of Object.entries(await states()))
    expect(state, name).toMatchObject({ confirmations: 0, ticketNumber: null, refunds: [] });
  bank.lie(null);
  for (const { made } of charges) await house.until(isPaid(made), 600_000);
  for (const [name, state] of Object.entries(await states()))
    expect(state, name).toMatchObject({ status: 'SUCCEEDED', confirmations: 1, refunds: [] });
});

test.each<[string, ReturnType<Lie>]>([
  ['silence', 'silence'],
  ['bytes that never end', 'drip'],
  ['HTTP 500', { status: 500, body: 'boom' }],
])('nothing is paid by %s; it is once the bank tells the truth', async (_name, told) => {
  const made = await charge();
  bank.lie(toReads(told)(made));
  await house.pay(made.txid, 'exact');
  await passTime(15_000);
  expect(await payment(made)).toMatchObject({ confirmations: 0 });
  bank.lie(null);
  await house.until(isPaid(made), 600_000);
});

describe('money is money, whatever stands beside it in the answer', () => {
  const devolucao = { id: 'D1', rtrId: 'D1', valor: '50.00', status: 'DEVOLVIDO', horario: {} };
  const sentBack = (told: Record<string, unknown>) => (made: ChargeResponse) =>
    ofPix(made, (pix) => ({ ...pix, devolucoes: [{ ...devolucao, ...told }] }));
  const BESIDE_IT: Record<string, (made: ChargeResponse) => Lie> = {
    'a status nobody knows': (made) => lieAbout(made, (told) => ({ ...told, status: 'PAGA_TALVEZ' })),
    'a NUL in a word': (made) => lieAbout(made, (told) => ({ ...told, status: 'CONCLUIDA\u0000' })),
    'half a letter in a word': (made) => lieAbout(made, (told) => ({ ...told, status: 'CONCLUIDA\ud800' })),
    'a megabyte in a word': (made) => lieAbout(made, (told) => ({ ...told, status: 'x'.repeat(1_000_000) })),
    'another amount of the charge': (made) =>
      lieAbout(made, (told) => ({ ...told, valor: { original: '1.00' } })),
    'the same Pix, a hundred times': (made) =>
      lieAbout(made, (told) => ({ ...told, pix: (told.pix ?? []).flatMap((pix) => Array(100).fill(pix)) })),
    'a refund of nothing': sentBack({ valor: '0.00' }),
    'a dispute of nothing': sentBack({ natureza: 'MED_FRAUDE', valor: '0.00' }),
    'a refund of more than came': sentBack({ valor: '5000.00' }),
    'a NUL in the name of a refund': sentBack({ id: 'D\u0000', status: 'EM_PROCESSAMENTO' }),
  };

  test('it is paid, and stays so', async () => {
    const { charges, states } = await chargesWithLies(BESIDE_IT);
    for (const { made } of charges) await house.until(isPaid(made), A_WHILE_MS);
    bank.lie(null);
    await passTime(65_000);
    for (const [name, state] of Object.entries(await states()))
      expect(state, name).toMatchObject({ status: 'SUCCEEDED', confirmations: 1 });
  });

  test('a dispute of more than came is one of what came', async () => {
    const { charges, states } = await chargesWithLies({
      dispute: sentBack({ natureza: 'MED_FRAUDE', valor: '5000.00', status: 'EM_PROCESSAMENTO' }),
    });
    for (const { made } of charges) await house.until(isPaid(made), A_WHILE_MS);
    expect((await states())['dispute']).toMatchObject({ status: 'CHARGEBACK', confirmations: 1 });
    const disputed = await house.context.db.query('SELECT amount_cents AS cents FROM disputes');
    expect(disputed).toEqual([{ cents: SERVICE.amountCents }]);
  });

  test('two refunds of one name, of two Pix: both went back', async () => {
    const both = [await charge(), await charge()];
    for (const made of both) await house.pay(made.txid, 'exact');
    for (const made of both) await house.until(isPaid(made));
    bank.lie((answer) => {
      for (const made of both) {
        const told = ofPix(made, (pix) => ({ ...pix, devolucoes: [devolucao] }))(answer);
        if (told !== null) return told;
      }
      return null;
    });
    for (const made of both)
      await house.until(async () => (await payment(made)).status === 'REFUNDED', 120_000);
    for (const made of both)
      expect((await payment(made)).refunds).toEqual([
        { reason: 'by_provider', status: 'settled', cents: SERVICE.amountCents },
      ]);
    // Told again, nothing is written again.
    bank.takeCalls();
    house.clock.advance(600_000);
    const askedAgain = new Set<string>();
    await house.until(async () => {
      for (const { path } of bank.takeCalls()) askedAgain.add(path);
      return both.every(({ txid }) => [...askedAgain].some((path) => path.endsWith(txid)));
    });
    await passTime(2_000);
    for (const made of both) expect((await payment(made)).refunds).toHaveLength(1);
  });
});

test('one Pix, told of two charges, buys one ticket', async () => {
  const [first, second] = [await charge(), await charge()];
  await house.pay(first.txid, 'exact');
  await house.until(isPaid(first));
  const paid = bank
    .takeCalls()
    .flatMap(({ path, body }) =>
      path.endsWith(`/cob/${first.txid}`) ? ((body as CobAnswer).pix ?? []) : [],
    )[0];
  expect(paid).toBeDefined();
  bank.lie(
    lieAbout(second, (told) => ({ ...told, status: 'CONCLUIDA', pix: [{ ...paid, txid: second.txid }] })),
  );
  await passTime(A_WHILE_MS);
  expect(await payment(second)).toMatchObject({ status: 'PENDING', confirmations: 0, refunds: [] });
  bank.lie(null);
  await house.pay(second.txid, 'exact');
  await house.until(isPaid(second));
});

test.each([
  ['49.99', 4_999],
  ['50.01', 5_001],
  ['9999999999.99', 999_999_999_999],
])(
  'a Pix that the bank says is of %s buys nothing, and goes back as the bank has it',
  async (valor, cents) => {
    const made = await charge();
    bank.lie(ofPix(made, (pix) => ({ ...pix, valor })));
    await house.pay(made.txid, 'exact');
    await house.until(async () => (await payment(made)).refunds.length === 1, A_WHILE_MS);
    expect(await payment(made)).toMatchObject({
      status: 'FAILED',
      confirmations: 0,
      refunds: [{ reason: 'wrong_amount', cents }],
    });
  },
);

describe('done, and not answered', () => {
  const silentOn =
    (method: string, part: string): Lie =>
    (answer: BankAnswer) =>
      answer.method === method && answer.path.includes(part) ? 'silence' : null;

  test('a charge: there is one, and its QR code is shown', async () => {
    bank.lie(silentOn('PUT', '/cob/'));
    const made = await charge();
    expect((await house.bankCharges()).filter(({ txid }) => txid === made.txid)).toHaveLength(1);
  });

  test('a charge whose reading fails too: 503, read and not written when it is asked for again', async () => {
    const request = chargeRequest(house.context);
    bank.lie(({ path }) => (path.includes('/cob/') ? 'silence' : null));
    const answer = await house.post('/v1/charges', request);
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'provider_unavailable' } } });
    bank.lie(null);
    bank.takeCalls();
    expect((await house.post('/v1/charges', request)).status).toBe(200);
    const calls = bank.takeCalls().filter(({ path }) => path.endsWith(`/cob/${request.txid}`));
    expect(calls.map(({ method }) => method)).toEqual(['GET']);
  });

  test('a refund: the money goes back once', async () => {
    const made = await charge();
    bank.lie(silentOn('PUT', '/devolucao/'));
    await house.pay(made.txid, 'other_amount', 777);
    await house.until(hasRefund(made, 'settled'), 120_000);
    const [receipt] = await house.context.db.query<{ id: string }>(
      'SELECT receipt_id AS id FROM receipts WHERE amount_cents = 777',
    );
    const asked = bank
      .takeCalls()
      .filter(({ method, path }) => method === 'PUT' && path.includes(`${receipt?.id}/devolucao/`));
    expect(asked).toHaveLength(1);
    expect((await payment(made)).refunds).toEqual([
      { reason: 'wrong_amount', status: 'settled', cents: 777 },
    ]);
  });

  test('a cancellation: the charge is closed, and takes no money', async () => {
    const made = await charge();
    bank.lie(silentOn('PATCH', '/cob/'));
    await house.context.db.transaction((transaction) =>
      requestChargeCancellation(
        house.context,
        transaction,
        KIOSK.merchantId,
        [made.sessionId],
        house.clock.nowMs(),
      ),
    );
    await house.until(async () => (await payment(made)).status === 'CANCELED', 120_000);
    await expect(house.pay(made.txid, 'exact')).rejects.toThrow('charge_removed');
  });
});

test.each([
  ['of another amount', (told: Record<string, unknown>) => ({ ...told, valor: '0.01' }), 'failed'],
  ['of another name', (told: Record<string, unknown>) => ({ ...told, id: 'another' }), 'requested'],
  [
    'with a NUL in its reason',
    (told: Record<string, unknown>) => ({ ...told, motivo: 'a\u0000b' }),
    'settled',
  ],
])('a refund that is answered %s', async (_name, change, status) => {
  const made = await charge();
  bank.lie(({ path, status: code, body }) =>
    path.includes('/devolucao/') && code < 300 ? { body: change(body as Record<string, unknown>) } : null,
  );
  await house.pay(made.txid, 'other_amount', 777);
  await house.until(async () => (await payment(made)).refunds.length === 1);
  await passTime(A_WHILE_MS);
  expect((await payment(made)).refunds).toMatchObject([{ status }]);
});

test('a webhook whose address ends in what cannot be stored is taken like any other', async () => {
  const { txid } = chargeRequest(house.context);
  const body = JSON.stringify({ pix: [{ endToEndId: 'E'.padEnd(32, '0'), txid }] });
  const answer = await fetch(`${webhookUrl(house.serverUrl, house.provider)}/%00pix`, {
    method: 'POST',
    body,
  });
  expect(answer.status).toBe(200);
});

test('a storm of errors on every call ends, and nothing is lost', async () => {
  const all = [await charge(), await charge(), await charge()];
  let turn = 0;
  bank.lie(() => {
    turn += 1;
    const status = [500, 502, 504, 429, 503][turn % 5] ?? 500;
    return { status, body: { type: 'about:blank', title: 'storm', status } };
  });
  for (const made of all) await house.pay(made.txid, 'exact');
  await passTime(60_000);
  bank.lie(null);
  for (const made of all) await house.until(isPaid(made), 600_000);
  for (const made of all) expect((await payment(made)).confirmations).toBe(1);
});
