import type { z } from 'zod';
import type { Clock } from '../../../domain/clock.ts';
import { centsToPixAmount } from '../../../domain/money.ts';
import type { Rejected, Unavailable, Unknown } from '../provider.ts';
import type {
  AgreementOrder,
  AgreementOutcome,
  ConfirmationOrder,
  PixAutomatic,
  RecurringCharge,
  RecurringChargeOrder,
  RecurringChargeOutcome,
} from './automatic-types.ts';
import {
  toAgreement,
  toConfirmation,
  toRecurringCharge,
  WireAgreement,
  WireAgreements,
  WireConfirmation,
  WireLocation,
  WireRecurringCharge,
  wordOf,
} from './automatic-wire.ts';
import { type EndpointSettings, openEndpoint } from './endpoint.ts';
import { type Endpoint, type SendOutcome, send } from './send.ts';

/** Clocks differ, and a bank may write the time of an agreement a moment before we ordered it by ours. */
const CLOCKS_DIFFER_MS = 60 * 60_000;
const PER_PAGE = 100;
/** Of one customer within a few hours: more is not one who waits at a totem. */
const MAX_PAGES = 10;
const CANCELED = { status: 'CANCELADA' };

/** Pix Automático of a bank that speaks API Pix 2.9.0; the settings need `automatic: true` for its scopes. */
export function createPixAutomatic(settings: EndpointSettings, clock: Clock): PixAutomatic {
  const endpoint = openEndpoint(settings, clock);
  const call = (...request: CallOf) => send(endpoint, ...request);
  return {
    createAgreement: (order) => createAgreement(endpoint, clock, order),
    fetchAgreement: async (id, txid) => agreementOf(await call('GET', agreementPath(id, txid)), id),
    cancelAgreement: async (id) => agreementOf(await call('PATCH', agreementPath(id), CANCELED), id),
    requestConfirmation: async (order) =>
      confirmationOf(await call('POST', '/solicrec', confirmationBody(order)), null),
    fetchConfirmation: async (id) => confirmationOf(await call('GET', `/solicrec/${id}`), id),
    cancelConfirmation: async (id) => confirmationOf(await call('PATCH', `/solicrec/${id}`, CANCELED), id),
    createCharge: (order) => createCharge(endpoint, order),
    fetchCharge: async (txid) => chargeOf(await call('GET', `/cobr/${txid}`), txid),
    cancelCharge: async (txid) => chargeOf(await call('PATCH', `/cobr/${txid}`, CANCELED), txid),
    retryCharge: async (txid, day) => chargeOf(await call('POST', `/cobr/${txid}/retentativa/${day}`), txid),
    async registerWebhooks(url) {
      for (const path of ['/webhookrec', '/webhookcobr']) {
        const outcome = await call('PUT', path, { webhookUrl: url });
        if (outcome.kind === 'problem') return rejected(outcome);
        if (outcome.kind !== 'answer') return outcome;
      }
      return { kind: 'registered' };
    },
  };
}

type CallOf = readonly [method: 'GET' | 'PUT' | 'PATCH' | 'POST', path: string, body?: unknown];

/** The bank makes the id, so that a second POST is a second agreement: what may be there is looked for first. */
async function createAgreement(
  endpoint: Endpoint,
  clock: Clock,
  order: AgreementOrder,
): Promise<AgreementOutcome> {
  if (order.mayExist) {
    const earlier = await findByContract(endpoint, clock, order);
    if (earlier.kind !== 'not_found') return withCode(endpoint, earlier, order);
  }
  const location = order.journey.kind === 1 ? null : await newLocation(endpoint);
  if (location !== null && location.kind !== 'location') return location;
  const written = await send(endpoint, 'POST', '/rec', agreementBody(order, location?.id ?? null));
  const made = agreementOf(written, null);
  if (made.kind !== 'unknown') return withCode(endpoint, made, order);
  const found = await findByContract(endpoint, clock, order);
  // Not there yet says nothing: the request may still be under way.
  return found.kind === 'found' ? withCode(endpoint, found, order) : made;
}

async function findByContract(
  endpoint: Endpoint,
  clock: Clock,
  order: AgreementOrder,
): Promise<AgreementOutcome> {
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = new URLSearchParams({
      inicio: new Date(order.orderedAtMs - CLOCKS_DIFFER_MS).toISOString(),
      fim: new Date(clock.nowMs() + CLOCKS_DIFFER_MS).toISOString(),
      cpf: order.debtor.cpf,
      'paginacao.paginaAtual': String(page),
      'paginacao.itensPorPagina': String(PER_PAGE),
    });
    const outcome = await send(endpoint, 'GET', `/rec?${query}`);
    if (outcome.kind === 'problem') return rejected(outcome);
    if (outcome.kind === 'unknown') return { kind: 'unavailable', detail: outcome.detail };
    if (outcome.kind !== 'answer') return outcome;
    const list = WireAgreements.safeParse(outcome.body);
    if (!list.success) return badAnswer('GET /rec');
    const found = list.data.recs.find(({ vinculo }) => vinculo.contrato === order.contract);
    if (found !== undefined) return { kind: 'found', agreement: toAgreement(found) };
    if (page + 1 >= list.data.parametros.paginacao.quantidadeDePaginas) return { kind: 'not_found' };
  }
  return { kind: 'unavailable', detail: `GET /rec: more than ${MAX_PAGES} pages` };
}

/** The QR code is in no answer but that of the agreement itself. Without it the agreement is there all the same. */
async function withCode(
  endpoint: Endpoint,
  outcome: AgreementOutcome,
  { journey }: AgreementOrder,
): Promise<AgreementOutcome> {
  if (outcome.kind !== 'found' || journey.kind === 1) return outcome;
  const { agreementId } = outcome.agreement;
  const txid = journey.kind === 2 ? undefined : journey.txid;
  const read = agreementOf(await send(endpoint, 'GET', agreementPath(agreementId, txid)), agreementId);
  return read.kind === 'found' ? read : outcome;
}

/** A location that is not used costs nothing, so that its answer may be lost. */
async function newLocation(
  endpoint: Endpoint,
): Promise<{ readonly kind: 'location'; readonly id: number } | Unavailable | Rejected> {
  const outcome = await send(endpoint, 'POST', '/locrec');
  if (outcome.kind === 'problem') return rejected(outcome);
  if (outcome.kind !== 'answer') return { kind: 'unavailable', detail: outcome.detail };
  const location = WireLocation.safeParse(outcome.body);
  return location.success ? { kind: 'location', id: location.data.id } : badAnswer('POST /locrec');
}

/** The txid is the bank's key for the charge: one that may have arrived is read, and never charged again. */
async function createCharge(
  endpoint: Endpoint,
  order: RecurringChargeOrder,
): Promise<RecurringChargeOutcome> {
  const path = `/cobr/${order.txid}`;
  if (order.mayExist) {
    const earlier = chargeOf(await send(endpoint, 'GET', path), order.txid);
    if (earlier.kind === 'unknown') return { kind: 'unavailable', detail: earlier.detail };
    if (earlier.kind !== 'not_found') return asOrdered(earlier, order);
  }
  const written = await send(endpoint, 'PUT', path, chargeBody(order));
  const isTaken =
    written.kind === 'problem' && (written.status === 409 || written.type === 'CobROperacaoInvalida');
  const made = chargeOf(written, order.txid);
  if (made.kind !== 'unknown' && !isTaken) return asOrdered(made, order);
  const found = chargeOf(await send(endpoint, 'GET', path), order.txid);
  return found.kind === 'found' ? asOrdered(found, order) : made;
}

function asOrdered(outcome: RecurringChargeOutcome, order: RecurringChargeOrder): RecurringChargeOutcome {
  if (outcome.kind !== 'found') return outcome;
  const { charge } = outcome;
  const isAsOrdered = charge.agreementId === order.agreementId && charge.amountCents === order.amountCents;
  if (isAsOrdered) return outcome;
  return {
    kind: 'rejected',
    code: 'charge_mismatch',
    detail: 'the charge is not the one that was asked for',
  };
}

function agreementPath(agreementId: string, txid?: string): string {
  return `/rec/${agreementId}${txid === undefined ? '' : `?txid=${txid}`}`;
}

function agreementBody(order: AgreementOrder, locationId: number | null): unknown {
  const { amount, journey, debtor } = order;
  return {
    vinculo: {
      contrato: order.contract,
      devedor: { cpf: debtor.cpf, nome: debtor.name.slice(0, 140) },
      objeto: order.subject.slice(0, 35),
    },
    calendario: {
      dataInicial: order.firstDay,
      ...(order.lastDay === null ? {} : { dataFinal: order.lastDay }),
      periodicidade: wordOf(order.period),
    },
    ...(amount.kind === 'fixed' ? { valor: { valorRec: centsToPixAmount(amount.amountCents) } } : {}),
    ...(amount.kind === 'variable' && amount.minimumCents !== null
      ? { valor: { valorMinimoRecebedor: centsToPixAmount(amount.minimumCents) } }
      : {}),
    politicaRetentativa: order.retries ? 'PERMITE_3R_7D' : 'NAO_PERMITE',
    ...(locationId === null ? {} : { loc: locationId }),
    ...('txid' in journey ? { ativacao: { dadosJornada: { txid: journey.txid } } } : {}),
  };
}

function confirmationBody({ agreementId, expiresAtMs, payer }: ConfirmationOrder): unknown {
  return {
    idRec: agreementId,
    calendario: { dataExpiracaoSolicitacao: new Date(expiresAtMs).toISOString() },
    destinatario: {
      cpf: payer.cpf,
      ispbParticipante: payer.ispb,
      conta: payer.account,
      ...(payer.branch === undefined ? {} : { agencia: payer.branch }),
    },
  };
}

function chargeBody(order: RecurringChargeOrder): unknown {
  const { branch, account, accountType } = order.receiver;
  return {
    idRec: order.agreementId,
    infoAdicional: order.description.slice(0, 140),
    calendario: { dataDeVencimento: order.dueDay },
    valor: { original: centsToPixAmount(order.amountCents) },
    ajusteDiaUtil: order.movesToWorkday,
    recebedor: {
      ...(branch === undefined ? {} : { agencia: branch }),
      conta: account,
      tipoConta: accountType,
    },
  };
}

function agreementOf(outcome: SendOutcome, id: string | null): AgreementOutcome {
  const read = readAs(outcome, WireAgreement, 'rec');
  if (read.kind !== 'body') return read;
  if (id !== null && read.body.idRec !== id) return badAnswer('rec');
  return { kind: 'found', agreement: toAgreement(read.body) };
}

function confirmationOf(outcome: SendOutcome, id: string | null) {
  const read = readAs(outcome, WireConfirmation, 'solicrec');
  if (read.kind !== 'body') return read;
  if (id !== null && read.body.idSolicRec !== id) return badAnswer('solicrec');
  return { kind: 'found' as const, confirmation: toConfirmation(read.body) };
}

function chargeOf(outcome: SendOutcome, txid: string): RecurringChargeOutcome {
  const read = readAs(outcome, WireRecurringCharge, 'cobr');
  if (read.kind !== 'body') return read;
  const charge: RecurringCharge = toRecurringCharge(read.body);
  return charge.txid === txid ? { kind: 'found', charge } : badAnswer('cobr');
}

/** A success that cannot be read is `unknown`: the deed may be done, and only its answer is bad. */
function readAs<S extends z.ZodType>(
  outcome: SendOutcome,
  schema: S,
  call: string,
):
  | { readonly kind: 'body'; readonly body: z.output<S> }
  | { readonly kind: 'not_found' }
  | Unavailable
  | Unknown
  | Rejected {
  if (outcome.kind === 'problem') return outcome.status === 404 ? { kind: 'not_found' } : rejected(outcome);
  if (outcome.kind !== 'answer') return outcome;
  const parsed = schema.safeParse(outcome.body);
  if (parsed.success) return { kind: 'body', body: parsed.data };
  return { kind: 'unknown', detail: badAnswer(call).detail };
}

function rejected(problem: Extract<SendOutcome, { kind: 'problem' }>): Rejected {
  return { kind: 'rejected', code: problem.type, detail: problem.detail };
}

/** The answer's text is not told: it holds personal data. */
function badAnswer(call: string): Unavailable {
  return { kind: 'unavailable', detail: `${call}: the answer is not what API Pix 2.9 says` };
}
