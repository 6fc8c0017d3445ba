import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeRecurrenceBrCode, encodeStaticBrCode } from '../../../domain/br-code.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import {
  chargeBody,
  first,
  newTxid,
  PIX_KEY,
  startTestProvider,
  type TestProvider,
} from '../testing/test-provider.ts';

let clock: ManualClock;
let provider: TestProvider;

beforeEach(async () => {
  clock = new ManualClock();
  provider = await startTestProvider(clock);
});
afterEach(() => provider.close());

const pay = (request: Record<string, unknown>) => provider.bank('POST', '/payments', request);
const stateOf = async (txid: string) => {
  const { charges } = (await provider.bank('GET', '/charges')).body;
  return first(charges.filter((charge) => charge.txid === txid));
};

describe('paying', () => {
  it('exactly, by code or by txid', async () => {
    for (const by of ['brCode', 'txid'] as const) {
      const charge = await provider.charge();
      const value = by === 'brCode' ? ` ${charge.pixCopiaECola}\n` : charge.txid;
      const paid = await pay({ [by]: value, mode: 'exact' });
      expect(paid.body.payments).toMatchObject([{ amountCents: 1234, paidAt: clock.nowMs() }]);
      expect(await stateOf(charge.txid)).toMatchObject({ state: 'paid', payments: paid.body.payments });
    }
  });

  it('twice: two Pix, two ids, one charge', async () => {
    const { txid } = await provider.charge();
    const { payments } = (await pay({ txid, mode: 'twice' })).body;
    expect(new Set(payments.map(({ endToEndId }) => endToEndId)).size).toBe(2);
    expect((await provider.api('GET', `/cob/${txid}`)).body.pix).toHaveLength(2);
  });

  it('another amount', async () => {
    const { txid } = await provider.charge();
    await pay({ txid, mode: 'other_amount', amountCents: 100 });
    expect((await provider.api('GET', `/cob/${txid}`)).body.pix).toMatchObject([{ valor: '1.00' }]);
  });

  it('never', async () => {
    const { txid } = await provider.charge();
    expect((await pay({ txid, mode: 'never' })).body).toEqual({ payments: [] });
    expect(await stateOf(txid)).toMatchObject({ state: 'open', payments: [] });
  });

  it('late: not before the charge has expired, and then all the same', async () => {
    const { txid } = await provider.charge();
    const { payments } = (await pay({ txid, mode: 'late' })).body;
    const expiresAt = clock.nowMs() + 300_000;
    expect(first(payments).scheduledFor).toBeGreaterThan(expiresAt);
    clock.advance(300_000);
    expect((await provider.api('GET', `/cob/${txid}`)).body.pix).toBeUndefined();
    expect(await stateOf(txid)).toMatchObject({
      state: 'expired',
      payments: [{ scheduledFor: expect.any(Number) }],
    });
    clock.advance((first(payments).scheduledFor ?? 0) - clock.nowMs());
    await expect.poll(async () => (await stateOf(txid)).state).toBe('paid');
    const { pix } = (await provider.api('GET', `/cob/${txid}`)).body;
    expect(first(pix).endToEndId).toBe(first(payments).endToEndId);
  });

  it('late, on a charge that has expired: at once', async () => {
    const { txid } = await provider.charge({ calendario: { expiracao: 1 } });
    clock.advance(60_000);
    expect((await pay({ txid, mode: 'exact' })).body.error.code).toBe('charge_expired');
    expect((await pay({ txid, mode: 'late' })).body.payments).toMatchObject([{ paidAt: clock.nowMs() }]);
  });

  it('late, though the payee has removed the charge meanwhile: the money comes, the charge stays removed', async () => {
    const { txid } = await provider.charge();
    await pay({ txid, mode: 'late' });
    await provider.api('PATCH', `/cob/${txid}`, { status: 'REMOVIDA_PELO_USUARIO_RECEBEDOR' });
    clock.advance(400_000);
    await expect.poll(async () => first((await stateOf(txid)).payments).paidAt).toBeDefined();
    const { body } = await provider.api('GET', `/cob/${txid}`);
    expect(body).toMatchObject({ status: 'REMOVIDA_PELO_USUARIO_RECEBEDOR', pix: [{ txid }] });
  });

  it('a Pix that was scheduled is not forgotten by a restart', async () => {
    const { txid } = await provider.charge();
    await pay({ txid, mode: 'late' });
    await provider.restart();
    clock.advance(400_000);
    await expect.poll(async () => (await stateOf(txid)).state).toBe('paid');
  });

  it('a static code, with its amount or with the payer’s', async () => {
    const payee = { merchantName: 'Loja', merchantCity: 'Recife', key: PIX_KEY };
    const priced = encodeStaticBrCode({ ...payee, amountCents: 500, txid: 'mesa1' });
    const open = encodeStaticBrCode(payee);
    if (!priced.ok || !open.ok) throw new Error('not encoded');
    const { payments } = (await pay({ brCode: priced.brCode, mode: 'exact' })).body;
    const received = await provider.api('GET', `/pix/${first(payments).endToEndId}`);
    expect(received.body).toMatchObject({ txid: 'mesa1', valor: '5.00', chave: PIX_KEY });
    expect((await pay({ brCode: open.brCode, mode: 'exact' })).body.error.code).toBe('amount_required');
    expect((await pay({ brCode: open.brCode, mode: 'exact', amountCents: 7 })).status).toBe(200);
    expect((await pay({ brCode: open.brCode, mode: 'late', amountCents: 7 })).body.error.code).toBe(
      'never_expires',
    );
  });

  it('is refused with a reason', async () => {
    const { txid, pixCopiaECola } = await provider.charge();
    const codeOf = async (request: Record<string, unknown>) => {
      const { status, body } = await pay(request);
      return [status, body.error.code];
    };
    const recurrence = encodeRecurrenceBrCode({
      merchantName: 'A',
      merchantCity: 'B',
      recurrenceUrl: 'a.example/rec/1',
    });
    if (!recurrence.ok) throw new Error('not encoded');
    expect(await codeOf({ mode: 'exact' })).toEqual([400, 'invalid_request']);
    expect(await codeOf({ txid, brCode: pixCopiaECola, mode: 'exact' })).toEqual([400, 'invalid_request']);
    expect(await codeOf({ txid, mode: 'thrice' })).toEqual([400, 'invalid_request']);
    expect(await codeOf({ txid, mode: 'other_amount' })).toEqual([400, 'amount_required']);
    expect(await codeOf({ txid, mode: 'other_amount', amountCents: 0 })).toEqual([400, 'invalid_request']);
    expect(await codeOf({ brCode: pixCopiaECola.slice(0, -1), mode: 'exact' })).toEqual([
      400,
      'invalid_br_code',
    ]);
    expect(await codeOf({ brCode: recurrence.brCode, mode: 'exact' })).toEqual([409, 'recurrence_only']);
    expect(await codeOf({ txid: newTxid(), mode: 'exact' })).toEqual([404, 'unknown_charge']);
    await provider.payExactly(txid);
    expect(await codeOf({ txid, mode: 'exact' })).toEqual([409, 'charge_already_paid']);
    const removed = await provider.charge();
    await provider.api('PATCH', `/cob/${removed.txid}`, { status: 'REMOVIDA_PELO_USUARIO_RECEBEDOR' });
    expect(await codeOf({ txid: removed.txid, mode: 'late' })).toEqual([409, 'charge_removed']);
  });
});

it('lists charges, newest first, as many as asked for', async () => {
  const older = await provider.charge();
  clock.advance(10);
  const newer = await provider.charge();
  const { charges } = (await provider.bank('GET', '/charges?limit=1')).body;
  expect(charges).toMatchObject([{ txid: newer.txid, brCode: newer.pixCopiaECola, amountCents: 1234 }]);
  const all = (await provider.bank('GET', '/charges')).body.charges;
  expect(all.map(({ txid }) => txid)).toEqual([newer.txid, older.txid]);
  expect((await provider.bank('GET', '/charges?limit=0')).status).toBe(400);
});

describe('the page', () => {
  it('comes with a policy that lets nothing foreign run', async () => {
    const page = await fetch(provider.bankUrl);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(await page.text()).not.toMatch(/https?:\/\/|<script>|style=| on\w+=/);
    for (const file of ['bank-app.js', 'bank-app.css']) {
      expect((await fetch(`${provider.bankUrl}/${file}`)).status).toBe(200);
    }
  });

  it('is told whom and what a code pays', async () => {
    const { pixCopiaECola, txid } = await provider.charge();
    const answer = await provider.bank('GET', `/payable?code=${encodeURIComponent(pixCopiaECola)}`);
    expect(answer.body).toMatchObject({
      payee: { name: 'TOTEM DEMONSTRACAO', city: 'SAO PAULO' },
      amountCents: 1234,
      charge: { txid, state: 'open', expiresAt: clock.nowMs() + 300_000, messageToPayer: 'Consulta geral' },
    });
    expect((await provider.bank('GET', '/payable?code=nonsense')).body.error.code).toBe('invalid_br_code');
  });
});

describe('faults', () => {
  it('are all off at first, changed one by one, kept over a restart, and checked', async () => {
    const off = {
      online: true,
      apiDelayMs: 0,
      timeoutAfterSuccess: false,
      webhook: 'normal',
      webhookDelayMs: 5000,
    };
    expect((await provider.bank('GET', '/faults')).body).toEqual(off);
    await provider.bank('PUT', '/faults', { apiDelayMs: 5 });
    await provider.restart();
    expect((await provider.bank('GET', '/faults')).body).toEqual({ ...off, apiDelayMs: 5 });
    for (const wrong of [{ online: 'no' }, { webhook: 'slow' }, { apiDelayMs: -1 }, { unknown: 1 }]) {
      expect((await provider.bank('PUT', '/faults', wrong)).status).toBe(400);
    }
  });

  it('offline: API and token answer 503, the payer’s bank goes on', async () => {
    const { txid } = await provider.charge();
    await provider.bank('PUT', '/faults', { online: false });
    const answer = await provider.api('GET', `/cob/${txid}`);
    expect(answer).toMatchObject({
      status: 503,
      body: { type: expect.stringMatching(/ServicoIndisponivel$/) },
    });
    expect((await provider.token({ grant_type: 'client_credentials' })).status).toBe(503);
    await provider.payExactly(txid);
    await provider.bank('PUT', '/faults', { online: true });
    expect((await provider.api('GET', `/cob/${txid}`)).body.status).toBe('CONCLUIDA');
  });

  it('timeoutAfterSuccess: the charge is there, its answer never comes; reads are answered', async () => {
    const txid = newTxid();
    await provider.charge();
    await provider.bank('PUT', '/faults', { timeoutAfterSuccess: true });
    const { access_token } = (await provider.token({ grant_type: 'client_credentials' })).body;
    const abort = new AbortController();
    const put = fetch(`${provider.apiBaseUrl}/cob/${txid}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify(chargeBody()),
      signal: abort.signal,
    });
    put.catch(() => undefined);
    await expect.poll(async () => (await provider.api('GET', `/cob/${txid}`)).status).toBe(200);
    abort.abort();
    await expect(put).rejects.toThrow('abort');
  });

  it('apiDelayMs: nothing is done before', async () => {
    await provider.charge();
    await provider.bank('PUT', '/faults', { apiDelayMs: 10_000 });
    const txid = newTxid();
    const put = provider.api('PUT', `/cob/${txid}`, chargeBody());
    await expect.poll(() => clock.pendingTasks).toBe(1);
    expect((await provider.bank('GET', '/charges')).body.charges).toHaveLength(1);
    clock.advance(10_000);
    expect((await put).status).toBe(201);
  });
});
