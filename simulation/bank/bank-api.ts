import { centsToPixAmount, pixAmountToCents } from '../../domain/money.ts';
import { DEMO_PIX_KEY } from '../../sync-server/catalog/demo-shop.ts';
import type { WireAnswer, WireRequest } from '../world/network.ts';
import type { World } from '../world/world.ts';
import type { Bank, BankCharge, BankFaults, BankPix, BankRefund } from './bank.ts';

const CHARGES = '/api/v2/cob/';

/** API Pix 2.9.0 over the books, as far as the server uses it. */
export class BankApi {
  readonly #world: World;
  readonly #bank: Bank;
  readonly #tokens = new Set<string>();
  #issued = 0;

  constructor(world: World, bank: Bank) {
    this.#world = world;
    this.#bank = bank;
  }

  get #faults(): BankFaults {
    return this.#bank.faults;
  }

  async answer(request: WireRequest): Promise<WireAnswer> {
    this.#world.activity.note();
    if (request.path === '/oauth/token') {
      if (this.#happens(this.#faults.unavailable)) return problem(503, 'ServicoIndisponivel');
      this.#issued += 1;
      this.#tokens.add(`token-${this.#issued}`);
      return json(200, { access_token: `token-${this.#issued}`, token_type: 'Bearer', expires_in: 300 });
    }
    const token = request.headers['authorization']?.replace('Bearer ', '') ?? '';
    if (this.#happens(this.#faults.forgetsToken)) this.#tokens.delete(token);
    if (!this.#tokens.has(token)) return problem(401, 'NaoAutorizado');
    if (this.#happens(this.#faults.unavailable)) return problem(503, 'ServicoIndisponivel');
    const answer = this.#route(request);
    if (request.isCopy === true && answer.status === 201 && isCharge(request)) this.#disown(request);
    if (answer.status === 201 && isCharge(request) && this.#happens(this.#faults.deniesDeed)) {
      this.#disown(request);
      return problem(503, 'ServicoIndisponivel');
    }
    return this.#happens(this.#faults.failsAfter) ? problem(500, 'ErroInterno') : answer;
  }

  /** A copy of a request is answered to nobody; who sent the first may have been told that nothing was done. */
  #disown({ path }: WireRequest): void {
    const charge = this.#bank.charges.get(path.slice(CHARGES.length));
    if (charge !== undefined) this.#bank.disown(charge);
  }

  #route({ method, path, body }: WireRequest): WireAnswer {
    const { pathname, searchParams } = new URL(path, 'http://bank');
    const [kind, id, sub, subId] = pathname.replace('/api/v2/', '').split('/');
    const text = Buffer.from(body).toString();
    const input = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    if (kind === 'cob' && id !== undefined) return this.#charge(method, id, input);
    if (kind === 'webhook') {
      this.#bank.webhookUrl = String(input['webhookUrl']);
      return json(200, {});
    }
    if (kind === 'pix' && id === undefined) return this.#list(searchParams);
    if (kind === 'pix' && id !== undefined && sub === 'devolucao' && subId !== undefined)
      return this.#refund(method, id, subId, input);
    return problem(404, 'NaoEncontrado');
  }

  #charge(method: string, txid: string, input: Record<string, unknown>): WireAnswer {
    const charge = this.#bank.charges.get(txid);
    if (method === 'PUT') {
      if (charge !== undefined) return problem(400, 'CobOperacaoInvalida');
      const terms = input as {
        calendario: { expiracao: number };
        valor: { original: string };
        chave: string;
      };
      if (terms.chave !== DEMO_PIX_KEY) return problem(400, 'CobOperacaoInvalida');
      const opened = this.#bank.open(
        txid,
        terms.chave,
        cents(terms.valor.original),
        terms.calendario.expiracao,
      );
      return opened === null ? problem(400, 'CobOperacaoInvalida') : json(201, this.#chargeDocument(opened));
    }
    if (charge === undefined) return problem(404, 'CobNaoEncontrado');
    if (method === 'PATCH' && !this.#bank.withdraw(charge, 'payee'))
      return problem(400, 'CobOperacaoInvalida');
    return json(200, this.#chargeDocument(charge));
  }

  #chargeDocument(charge: BankCharge): Record<string, unknown> {
    const told = charge.pix.filter(
      ({ listedOnlyUntilMs }) => listedOnlyUntilMs <= this.#world.agenda.nowMs(),
    );
    return {
      calendario: { criacao: new Date(charge.createdAtMs).toISOString(), expiracao: charge.expiresSeconds },
      txid: charge.txid,
      revisao: 0,
      status: charge.status === 'CONCLUIDA' && told.length === 0 ? 'ATIVA' : charge.status,
      location: charge.location,
      valor: { original: centsToPixAmount(charge.amountCents) },
      chave: charge.key,
      pixCopiaECola: charge.brCode,
      ...(told.length === 0 ? {} : { pix: told.map(pixDocument) }),
    };
  }

  /** Of a simulated hall one page holds them all. */
  #list(query: URLSearchParams): WireAnswer {
    const span = { inicio: query.get('inicio'), fim: query.get('fim') };
    const [fromMs, toMs] = [Date.parse(span.inicio ?? ''), Date.parse(span.fim ?? '')];
    const found = this.#bank.pix.filter((pix) => {
      const atMs = settledEpochMs(pix);
      return atMs >= fromMs && atMs <= toMs;
    });
    const paginacao = {
      paginaAtual: 0,
      itensPorPagina: 1000,
      quantidadeDePaginas: 1,
      quantidadeTotalDeItens: found.length,
    };
    return json(200, { parametros: { ...span, paginacao }, pix: found.map(pixDocument) });
  }

  #refund(method: string, endToEndId: string, id: string, input: Record<string, unknown>): WireAnswer {
    const pix = this.#bank.pix.find((one) => one.endToEndId === endToEndId);
    if (pix === undefined) return problem(404, 'PixNaoEncontrado');
    if (method === 'PUT') {
      const made = this.#bank.refund(pix, id, cents(String(input['valor'])));
      return made === null ? problem(400, 'PixDevolucaoInvalida') : json(201, refundDocument(made));
    }
    const refund = pix.refunds.find((one) => one.id === id);
    return refund === undefined
      ? problem(404, 'PixDevolucaoNaoEncontrada')
      : json(200, refundDocument(refund));
  }

  #happens(probability: number): boolean {
    return this.#world.faulty && this.#world.random.chance(probability);
  }
}

function isCharge({ path }: WireRequest): boolean {
  return path.startsWith(CHARGES);
}

/** The same document is sent by callbacks, item by item. */
export function pixDocument(pix: BankPix): Record<string, unknown> {
  return {
    endToEndId: pix.endToEndId,
    txid: pix.txid,
    valor: centsToPixAmount(pix.amountCents),
    chave: DEMO_PIX_KEY,
    horario: new Date(settledEpochMs(pix)).toISOString(),
    ...(pix.refunds.length === 0 ? {} : { devolucoes: pix.refunds.map(refundDocument) }),
  };
}

/** The time in the endToEndId is of the minute only. */
function settledEpochMs(pix: BankPix): number {
  const text = pix.endToEndId.slice(9, 21);
  const minute = Date.UTC(
    Number(text.slice(0, 4)),
    Number(text.slice(4, 6)) - 1,
    Number(text.slice(6, 8)),
    Number(text.slice(8, 10)),
    Number(text.slice(10, 12)),
  );
  return minute + Math.floor(pix.settledAtMs % 60_000);
}

function refundDocument(refund: BankRefund): Record<string, unknown> {
  return {
    id: refund.id,
    valor: centsToPixAmount(refund.amountCents),
    status: refund.status,
    horario: { solicitacao: new Date(refund.requestedAtMs).toISOString() },
  };
}

function cents(text: string): number {
  const amount = pixAmountToCents(text);
  if (!amount.ok) throw new Error(`not an amount: ${text}`);
  return amount.cents;
}

function json(status: number, body: unknown): WireAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function problem(status: number, type: string): WireAnswer {
  return json(status, {
    type: `https://pix.bcb.gov.br/api/v2/error/${type}`,
    title: type,
    status,
    detail: type,
  });
}
