import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBrCode } from '../../../domain/br-code.ts';
import { ManualClock } from '../../../platform/testing/manual-clock.ts';
import { REFUND_PROCESSING_MS } from '../settlement.ts';
import {
  basic,
  chargeBody,
  first,
  newTxid,
  PIX_KEY,
  startTestProvider,
  type TestProvider,
} from '../testing/test-provider.ts';
import { TOKEN_LIFE_SECONDS } from './access.ts';

let provider: TestProvider;
const clock = new ManualClock();

beforeAll(async () => {
  provider = await startTestProvider(clock);
});
afterAll(() => provider.close());

const typeOf = (answer: { body: { type: string } }) => answer.body.type.split('/').pop();

describe('token', () => {
  it('is granted to the client, by form or by query', async () => {
    const byForm = await provider.token({ grant_type: 'client_credentials', scope: 'cob.read pix.read' });
    expect(byForm).toMatchObject({ status: 200, body: { token_type: 'Bearer', scope: 'cob.read pix.read' } });
    const byQuery = await fetch(`${provider.tokenUrl}?grant_type=client_credentials&scope=cob.read`, {
      method: 'POST',
      headers: {
        authorization: basic('totem', 'a secret: with signs'),
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    expect(byQuery.status).toBe(200);
  });

  it('is refused as RFC 6749 says', async () => {
    const grant = { grant_type: 'client_credentials' };
    expect(await provider.token(grant, basic('totem', 'wrong'))).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    expect(await provider.token({ grant_type: 'password' })).toMatchObject({
      status: 400,
      body: { error: 'unsupported_grant_type' },
    });
    expect(await provider.token({ ...grant, scope: 'cob.read all' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
  });

  it('opens what its scope names, until it expires', async () => {
    const { body } = await provider.token({ grant_type: 'client_credentials', scope: 'cob.read' });
    const get = (authorization: string, path = `/cob/${newTxid()}`) =>
      fetch(`${provider.apiBaseUrl}${path}`, { headers: { authorization } }).then(({ status }) => status);
    const mine = `Bearer ${body.access_token}`;
    expect(await get(mine)).toBe(404);
    expect(await get(mine, '/webhook')).toBe(403);
    expect(await get('')).toBe(401);
    expect(await get(`${mine}x`)).toBe(401);
    expect(await get('Bearer e30.e30')).toBe(401);
    clock.advance(TOKEN_LIFE_SECONDS * 1000 - 1);
    expect(await get(mine)).toBe(404);
    clock.advance(1);
    expect(await get(mine)).toBe(401);
    // The harness asks once and keeps its token: give the other tests a fresh one.
    await provider.close();
    provider = await startTestProvider(clock);
  });
});

describe('cob', () => {
  it('is created with the txid of the client, and its code points to its location', async () => {
    const txid = newTxid();
    const devedor = { cpf: '12345678909', nome: 'Fulano de Tal' };
    const body = chargeBody({ devedor, infoAdicionais: [{ nome: 'Guichê', valor: '1' }], unknown: 1 });
    const created = await provider.api('PUT', `/cob/${txid}`, body);
    expect(created).toMatchObject({ status: 201, body: { txid, status: 'ATIVA', revisao: 0, devedor } });
    expect(parseBrCode(created.body.pixCopiaECola)).toMatchObject({
      ok: true,
      value: { kind: 'dynamic', url: created.body.location },
    });
    expect((await provider.api('GET', `/cob/${txid}`)).body).toEqual(created.body);
  });

  it('lives a day when no expiry is named', async () => {
    const { txid } = await provider.charge({ calendario: {} });
    expect((await provider.api('GET', `/cob/${txid}`)).body.calendario.expiracao).toBe(86_400);
  });

  it('uses a txid once, whatever the state of its charge', async () => {
    const { txid } = await provider.charge();
    const again = await provider.api('PUT', `/cob/${txid}`, chargeBody());
    expect([again.status, typeOf(again)]).toEqual([400, 'CobOperacaoInvalida']);
  });

  it.each([
    ['a float', { valor: { original: 12.34 } }],
    ['no decimals', { valor: { original: '12' } }],
    ['garbage around the amount', { valor: { original: 'x12.34x' } }],
    ['zero', { valor: { original: '0.00' } }],
    ['no key', { chave: undefined }],
    ['no Pix key', { chave: 'nobody' }],
    ['no expiry at all', { calendario: undefined }],
    ['an expiry of zero', { calendario: { expiracao: 0 } }],
    ['a CPF with wrong digits', { devedor: { cpf: '12345678900', nome: 'Fulano' } }],
    ['a payer without a name', { devedor: { cpf: '12345678909' } }],
    ['a long message', { solicitacaoPagador: 'a'.repeat(141) }],
    ['a location', { loc: { id: 1 } }],
  ])('refuses %s', async (_, change) => {
    const answer = await provider.api('PUT', `/cob/${newTxid()}`, chargeBody(change));
    expect([answer.status, typeOf(answer)]).toEqual([400, 'CobOperacaoInvalida']);
    expect(first(answer.body.violacoes).propriedade).toMatch(/^cob\./);
  });

  it.each(['a'.repeat(25), 'a'.repeat(36), `${'a'.repeat(30)}-x`])('refuses the txid %s', async (txid) => {
    const answer = await provider.api('PUT', `/cob/${txid}`, chargeBody());
    expect([answer.status, typeOf(answer)]).toEqual([400, 'CobOperacaoInvalida']);
  });

  it('refuses a body that is no JSON', async () => {
    const { body } = await provider.token({ grant_type: 'client_credentials' });
    const answer = await fetch(`${provider.apiBaseUrl}/cob/${newTxid()}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${body.access_token}`, 'content-type': 'application/json' },
      body: '{',
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      type: 'https://pix.bcb.gov.br/api/v2/error/RequisicaoInvalida',
    });
  });

  it('is revised while it is ATIVA, and its revisions stay readable', async () => {
    const { txid } = await provider.charge();
    const revised = await provider.api('PATCH', `/cob/${txid}`, { valor: { original: '20.00' } });
    expect(revised).toMatchObject({ status: 200, body: { revisao: 1, valor: { original: '20.00' } } });
    expect(revised.body.solicitacaoPagador).toBe('Consulta geral');
    const first = await provider.api('GET', `/cob/${txid}?revisao=0`);
    expect(first.body).toMatchObject({ revisao: 0, valor: { original: '12.34' } });
    expect((await provider.api('GET', `/cob/${txid}?revisao=2`)).status).toBe(404);
  });

  it('is removed by the payee, alone and once', async () => {
    const { txid } = await provider.charge();
    const removal = { status: 'REMOVIDA_PELO_USUARIO_RECEBEDOR' };
    const mixed = await provider.api('PATCH', `/cob/${txid}`, { ...removal, valor: { original: '1.00' } });
    expect(typeOf(mixed)).toBe('CobOperacaoInvalida');
    expect((await provider.api('PATCH', `/cob/${txid}`, removal)).body.status).toBe(removal.status);
    expect(typeOf(await provider.api('PATCH', `/cob/${txid}`, removal))).toBe('CobOperacaoInvalida');
  });

  it('stays ATIVA when it has expired', async () => {
    const { txid } = await provider.charge({ calendario: { expiracao: 1 } });
    clock.advance(5000);
    expect((await provider.api('GET', `/cob/${txid}`)).body.status).toBe('ATIVA');
  });

  it('unknown is CobNaoEncontrado', async () => {
    expect(typeOf(await provider.api('GET', `/cob/${newTxid()}`))).toBe('CobNaoEncontrado');
    expect(typeOf(await provider.api('PATCH', `/cob/${newTxid()}`, {}))).toBe('CobNaoEncontrado');
  });

  it('is listed by period, status, payer and page', async () => {
    clock.advance(60_000);
    const from = new Date(clock.nowMs()).toISOString();
    const charges = [await provider.charge(), await provider.charge(), await provider.charge()];
    await provider.payExactly(charges[0]?.txid ?? '');
    const until = new Date(clock.nowMs()).toISOString();
    clock.advance(1000);
    const list = (rest = '') => provider.api('GET', `/cob?inicio=${from}&fim=${until}${rest}`);
    expect((await list()).body.cobs).toHaveLength(3);
    expect((await list('&status=ATIVA')).body.cobs).toHaveLength(2);
    expect((await list('&cpf=12345678909')).body.cobs).toHaveLength(0);
    const second = await list('&paginacao.itensPorPagina=2&paginacao.paginaAtual=1');
    expect(second.body.cobs).toHaveLength(1);
    expect(second.body.parametros.paginacao).toEqual({
      paginaAtual: 1,
      itensPorPagina: 2,
      quantidadeDePaginas: 2,
      quantidadeTotalDeItens: 3,
    });
    expect((await list('&paginacao.itensPorPagina=1001')).status).toBe(400);
  });

  it.each(['', '?inicio=2026-01-01&fim=2026-01-02', '?inicio=2026-01-02T00:00:00Z&fim=2026-01-01T00:00:00Z'])(
    'refuses the query "%s"',
    async (query) => {
      expect(typeOf(await provider.api('GET', `/cob${query}`))).toBe('CobConsultaInvalida');
    },
  );
});

describe('pix and devolucao', () => {
  it('a Pix is found by itself, in its charge and in its period', async () => {
    const { txid } = await provider.charge();
    const from = new Date(clock.nowMs()).toISOString();
    const endToEndId = await provider.payExactly(txid);
    expect(endToEndId).toMatch(/^E\d{8}20\d{10}[A-Za-z0-9]{11}$/);
    const pix = { endToEndId, txid, valor: '12.34', chave: PIX_KEY };
    expect((await provider.api('GET', `/pix/${endToEndId}`)).body).toMatchObject(pix);
    const charge = await provider.api('GET', `/cob/${txid}`);
    expect(charge.body).toMatchObject({ status: 'CONCLUIDA', pix: [pix] });
    const list = await provider.api('GET', `/pix?inicio=${from}&fim=${from}&txid=${txid}`);
    expect(list.body.pix).toMatchObject([pix]);
    const refunded = await provider.api(
      'GET',
      `/pix?inicio=${from}&fim=${from}&devolucaoPresente=true&txid=${txid}`,
    );
    expect(refunded.body.pix).toEqual([]);
    expect(typeOf(await provider.api('GET', `/pix/${'E'.repeat(32)}`))).toBe('PixNaoEncontrado');
  });

  it('is sent back in processing first, then for good', async () => {
    const endToEndId = await provider.payExactly((await provider.charge()).txid);
    const url = `/pix/${endToEndId}/devolucao/refund1`;
    const asked = await provider.api('PUT', url, { valor: '12.34', descricao: 'Valor errado' });
    expect(asked).toMatchObject({ status: 201, body: { id: 'refund1', status: 'EM_PROCESSAMENTO' } });
    expect(asked.body.rtrId).toMatch(/^D[A-Za-z0-9]{31}$/);
    clock.advance(REFUND_PROCESSING_MS);
    await expect.poll(async () => (await provider.api('GET', url)).body.status).toBe('DEVOLVIDO');
    const pix = await provider.api('GET', `/pix/${endToEndId}`);
    expect(pix.body.devolucoes).toMatchObject([{ id: 'refund1', valor: '12.34', status: 'DEVOLVIDO' }]);
  });

  it('is never sent back beyond its amount, twice under one id, or after 90 days', async () => {
    const endToEndId = await provider.payExactly((await provider.charge()).txid);
    const refund = (id: string, valor: string) =>
      provider.api('PUT', `/pix/${endToEndId}/devolucao/${id}`, { valor });
    expect((await refund('a', '10.00')).status).toBe(201);
    expect(typeOf(await refund('a', '1.00'))).toBe('PixDevolucaoInvalida');
    expect(typeOf(await refund('b', '2.35'))).toBe('PixDevolucaoInvalida');
    expect(typeOf(await refund('no-good', '1.00'))).toBe('PixDevolucaoInvalida');
    expect(typeOf(await refund('c', '0.00'))).toBe('PixDevolucaoInvalida');
    expect((await refund('d', '2.34')).status).toBe(201);
    const other = await provider.payExactly((await provider.charge()).txid);
    expect(typeOf(await provider.api('GET', `/pix/${other}/devolucao/a`))).toBe('PixDevolucaoNaoEncontrada');
    clock.advance(90 * 86_400_000 + 1);
    // Ninety days on the harness's token is stale.
    await provider.close();
    provider = await startTestProvider(clock);
  });
});

describe('webhook', () => {
  const url = `/webhook/${PIX_KEY}`;

  it('is put, read, listed and removed', async () => {
    expect(typeOf(await provider.api('GET', url))).toBe('WebhookNaoEncontrado');
    expect((await provider.api('PUT', url, { webhookUrl: 'http://127.0.0.1:9/a' })).status).toBe(200);
    expect((await provider.api('PUT', url, { webhookUrl: 'http://127.0.0.1:9/b' })).status).toBe(200);
    expect((await provider.api('GET', url)).body.webhookUrl).toBe('http://127.0.0.1:9/b');
    expect((await provider.api('GET', '/webhook')).body.webhooks).toHaveLength(1);
    expect((await provider.api('DELETE', url)).status).toBe(204);
    expect(typeOf(await provider.api('DELETE', url))).toBe('WebhookNaoEncontrado');
  });

  it('refuses what is no URL, and a key that is none', async () => {
    expect(typeOf(await provider.api('PUT', url, { webhookUrl: 'ftp://x/y' }))).toBe(
      'WebhookOperacaoInvalida',
    );
    expect(typeOf(await provider.api('PUT', url, {}))).toBe('WebhookOperacaoInvalida');
    const badKey = await provider.api('PUT', '/webhook/nobody', { webhookUrl: 'https://a.example/b' });
    expect(typeOf(badKey)).toBe('WebhookOperacaoInvalida');
  });
});
