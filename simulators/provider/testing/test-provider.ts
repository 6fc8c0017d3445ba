import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Clock } from '../../../domain/clock.ts';
import { newId, txidOfSession } from '../../../domain/ids.ts';
import { silentLog } from '../../../platform/log.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import type { ChargeView, PaymentView } from '../bank/charge-view.ts';
import { type ProviderSimulator, startProviderSimulator } from '../provider.ts';
import { loadOpenApiContract } from './openapi-contract.ts';

export const PIX_KEY = '7d9f0335-8dcc-4054-9bf9-0dbd61d36906';
const CLIENT_ID = 'totem';
const CLIENT_SECRET = 'a secret: with signs';

const contract = loadOpenApiContract();

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

/** The fields that tests look into; which of them an answer has is for each test to know, and fails it if not. */
export interface AnswerBody {
  // API Pix
  readonly access_token: string;
  readonly type: string;
  readonly violacoes: readonly { readonly propriedade: string }[];
  readonly txid: string;
  readonly revisao: number;
  readonly status: string;
  readonly location: string;
  readonly pixCopiaECola: string;
  readonly solicitacaoPagador: string;
  readonly calendario: { readonly criacao: string; readonly expiracao: number };
  readonly pix: readonly { readonly endToEndId: string; readonly valor: string }[];
  readonly cobs: readonly { readonly txid: string }[];
  readonly parametros: { readonly paginacao: unknown };
  readonly rtrId: string;
  readonly devolucoes: readonly unknown[];
  readonly webhookUrl: string;
  readonly webhooks: readonly unknown[];
  // /bank
  readonly payments: readonly PaymentView[];
  readonly charges: readonly ChargeView[];
  readonly error: { readonly code: string };
}

export interface TestProvider {
  readonly bankUrl: string;
  readonly tokenUrl: string;
  readonly apiBaseUrl: string;
  readonly stripeUrl: string;
  /** A call of API Pix; its answer, and the request where it succeeds, are held against the specification. */
  api(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  bank(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  token(form: Record<string, string>, authorization?: string): Promise<ApiAnswer>;
  /** A new ATIVA charge of R$ 12,34 on PIX_KEY, changed by `change`. */
  charge(
    change?: Record<string, unknown>,
  ): Promise<{ txid: string; pixCopiaECola: string; location: string }>;
  /** Pays the charge exactly and answers the Pix's endToEndId. */
  payExactly(txid: string): Promise<string>;
  /** Ends it and starts it again on the same data, at a new port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The first of a list that must have one. */
export function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('the list is empty');
  return item;
}

export function newTxid(): string {
  return txidOfSession(newId(systemClock, systemRandom));
}

export function chargeBody(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    calendario: { expiracao: 300 },
    valor: { original: '12.34' },
    chave: PIX_KEY,
    solicitacaoPagador: 'Consulta geral',
    ...change,
  };
}

export async function startTestProvider(clock: Clock = systemClock): Promise<TestProvider> {
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-provider-'));
  const start = (): Promise<ProviderSimulator> =>
    startProviderSimulator({
      host: '127.0.0.1',
      port: 0,
      dataDir,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      clock,
      randomBytes: systemRandom,
      log: silentLog,
    });
  let running = await start();
  let accessToken: string | undefined;

  const provider: TestProvider = {
    get bankUrl() {
      return running.bankUrl;
    },
    get tokenUrl() {
      return running.tokenUrl;
    },
    get apiBaseUrl() {
      return running.apiBaseUrl;
    },
    get stripeUrl() {
      return running.stripeUrl;
    },
    async api(method, path, body) {
      accessToken ??= (await provider.token({ grant_type: 'client_credentials' })).body.access_token;
      const answer = await call(`${running.apiBaseUrl}${path}`, method, body, {
        authorization: `Bearer ${accessToken}`,
      });
      const route = routeOf(path);
      expect(contract.checkAnswer(method, route, answer.status, answer.body)).toEqual([]);
      if (answer.status < 300 && body !== undefined) {
        expect(contract.checkRequest(method, route, body)).toEqual([]);
      }
      if (answer.status >= 400) {
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      }
      return answer;
    },
    bank: (method, path, body) => call(`${running.bankUrl}/bank${path}`, method, body),
    token: (form, authorization = basic(CLIENT_ID, CLIENT_SECRET)) =>
      call(running.tokenUrl, 'POST', new URLSearchParams(form), { authorization }),
    async charge(change) {
      const answer = await provider.api('PUT', `/cob/${newTxid()}`, chargeBody(change));
      expect(answer.status).toBe(201);
      return answer.body;
    },
    async payExactly(txid) {
      const answer = await provider.bank('POST', '/payments', { txid, mode: 'exact' });
      expect(answer.status).toBe(200);
      return first(answer.body.payments).endToEndId;
    },
    async restart() {
      await running.close();
      running = await start();
    },
    async close() {
      await running.close();
      rmSync(dataDir, { recursive: true });
    },
  };
  return provider;
}

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** "/cob/abc?x" → "/cob/{txid}": the specification's name of the route. */
function routeOf(path: string): string {
  return path
    .replace(/\?.*/, '')
    .replace(/^\/cob\/[^/]+$/, '/cob/{txid}')
    .replace(/^\/pix\/[^/]+$/, '/pix/{e2eid}')
    .replace(/^\/pix\/[^/]+\/devolucao\/[^/]+$/, '/pix/{e2eid}/devolucao/{id}')
    .replace(/^\/webhook\/[^/]+$/, '/webhook/{chave}');
}

async function call(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<ApiAnswer> {
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
