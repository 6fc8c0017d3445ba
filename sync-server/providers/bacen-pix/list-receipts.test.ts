import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../platform/system.ts';
import type { NationalProvider } from '../provider.ts';
import { createBacenPixProvider } from './bacen-pix.ts';
import { problem, type ScriptedBank, startScriptedBank } from './testing/scripted-bank.ts';

const FROM = Date.UTC(2026, 2, 10);
const TO = Date.UTC(2026, 2, 11);
const KEY = '7d9f0335-8dcc-4054-9bf9-0dbd61d36906';
let bank: ScriptedBank;
let provider: NationalProvider;

beforeEach(async () => {
  bank = await startScriptedBank();
  provider = createBacenPixProvider(
    {
      baseUrl: `${bank.origin}/api/v2`,
      tokenUrl: `${bank.origin}/oauth/token`,
      clientId: 'id',
      clientSecret: 's',
      timeoutMs: 5_000,
    },
    systemClock,
  );
});
afterEach(() => bank.close());

const pix = (number: number, atMs: number, change: Record<string, unknown> = {}) => ({
  endToEndId: `E12345678202603101500${String(number).padStart(11, '0')}`,
  txid: `tx${number}`,
  valor: '1.00',
  chave: KEY,
  horario: new Date(atMs).toISOString(),
  ...change,
});
const list = () => provider.listReceipts?.({ pixKey: KEY, fromMs: FROM, toMs: TO });
const answerPages = (pages: readonly (readonly unknown[])[]) => {
  bank.answer = ({ path }) => {
    const page = Number(new URL(path, bank.origin).searchParams.get('paginacao.paginaAtual'));
    const paginacao = {
      paginaAtual: page,
      itensPorPagina: 1000,
      quantidadeDePaginas: pages.length,
      quantidadeTotalDeItens: pages.flat().length,
    };
    return { status: 200, body: { parametros: { paginacao }, pix: pages[page] } };
  };
};

test('reads every page from 0 on, half-open, the key’s own and those without one, each once', async () => {
  answerPages([
    [pix(1, FROM - 1), pix(2, FROM), pix(3, FROM + 1, { chave: 'another@key.com.br' })],
    [pix(2, FROM), pix(4, FROM + 2, { chave: undefined, txid: undefined })],
    [pix(5, TO - 1), pix(6, TO)],
  ]);
  const outcome = await list();
  if (outcome?.kind !== 'found') throw new Error(JSON.stringify(outcome));
  expect(outcome.receipts.map(({ endToEndId }) => Number(endToEndId?.slice(-11)))).toEqual([2, 4, 5]);
  expect(outcome.receipts[1]).toMatchObject({ txid: null, pixKey: null, paidAtMs: FROM + 2 });
  expect(bank.calls.map(({ path }) => path)).toEqual(
    [0, 1, 2].map(
      (page) =>
        `/api/v2/pix?inicio=2026-03-10T00%3A00%3A00.000Z&fim=2026-03-11T00%3A00%3A00.000Z&paginacao.paginaAtual=${page}&paginacao.itensPorPagina=1000`,
    ),
  );
});

test('none is an answer', async () => {
  answerPages([[]]);
  expect(await list()).toEqual({ kind: 'found', receipts: [] });
});

test.each([
  ['a page that is not there', 'unavailable', { status: 503, body: problem('ServicoIndisponivel', 503) }],
  ['no right to read', 'rejected', { status: 403, body: problem('AcessoNegado', 403) }],
  ['a list without its number of pages', 'unavailable', { status: 200, body: { pix: [] } }],
] as const)('a list that is not whole is none: %s', async (_name, kind, second) => {
  answerPages([[pix(1, FROM)], []]);
  const whole = bank.answer;
  bank.answer = (call) => (call.path.includes('paginaAtual=1') ? second : whole(call));
  expect(await list()).toMatchObject({ kind });
});
