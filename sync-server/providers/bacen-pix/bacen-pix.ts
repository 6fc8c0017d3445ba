import type { Clock } from '../../../domain/clock.ts';
import { centsToPixAmount } from '../../../domain/money.ts';
import type {
  CancelChargeOutcome,
  ChargeOrder,
  CreateChargeOutcome,
  FetchChargeOutcome,
  NationalProvider,
  ProviderCharge,
  RefundOrder,
  RefundOutcome,
  Rejected,
  Unavailable,
} from '../provider.ts';
import { createPixAutomatic } from './automatic.ts';
import type { Receiver } from './charge-br-code.ts';
import { type EndpointSettings, openEndpoint } from './endpoint.ts';
import { factsOfCharge } from './facts.ts';
import { listReceipts } from './list-receipts.ts';
import { recurringOrders } from './order-recurrence.ts';
import { readRecurrence } from './read-recurrence.ts';
import { type Endpoint, type SendOutcome, send } from './send.ts';
import { toProviderCharge } from './to-provider-charge.ts';
import { toProviderRefund } from './to-provider-refund.ts';
import { createWebhooks } from './webhooks.ts';
import { WireCharge, WireRefund } from './wire.ts';

export interface BacenPixOptions extends EndpointSettings {
  readonly webhookNeedsCertificate?: boolean | undefined;
}

/** A bank that speaks BACEN's API Pix 2.9.0. */
export function createBacenPixProvider(settings: BacenPixOptions, clock: Clock): NationalProvider {
  const endpoint = openEndpoint(settings, clock);
  const automatic = settings.automatic === true ? createPixAutomatic(settings, clock) : null;
  return {
    name: 'bacen-pix',
    flow: 'national',
    createCharge: (order) => createCharge(endpoint, order),
    fetchCharge: async ({ txid }) => chargeRead(await send(endpoint, 'GET', `/cob/${txid}`), txid),
    cancelCharge: ({ txid }) => cancelCharge(endpoint, txid),
    requestRefund: (order) => requestRefund(endpoint, order),
    fetchRefund: async (refund) =>
      refundRead(await send(endpoint, 'GET', refundPath(refund)), refund.refundId),
    registerWebhook: async (pixKey, url) => {
      const outcome = await send(endpoint, 'PUT', `/webhook/${encodeURIComponent(pixKey)}`, {
        webhookUrl: url,
      });
      if (outcome.kind === 'problem') return rejected(outcome);
      if (outcome.kind !== 'answer') return outcome;
      return automatic === null ? { kind: 'registered' } : automatic.registerWebhooks(url);
    },
    ...(automatic === null
      ? {}
      : {
          readRecurrence: (hint) => readRecurrence(automatic, hint),
          recurring: recurringOrders(automatic),
        }),
    listReceipts: (span) => listReceipts(endpoint, span),
    webhooks: createWebhooks(settings),
  };
}

/**
 * Never a second charge: the txid is the provider's key, and whenever an earlier attempt may have arrived the charge
 * is read before it is written.
 */
async function createCharge(endpoint: Endpoint, order: ChargeOrder): Promise<CreateChargeOutcome> {
  const path = `/cob/${order.txid}`;
  if (order.mayExist) {
    const existing = chargeRead(await send(endpoint, 'GET', path), order.txid, order);
    if (existing.kind === 'found') return asOrdered(existing.charge, order);
    if (existing.kind !== 'not_found') return existing;
  }
  const written = await send(endpoint, 'PUT', path, {
    calendario: { expiracao: order.expiresSeconds },
    valor: { original: centsToPixAmount(order.amountCents) },
    chave: order.pixKey,
    solicitacaoPagador: order.description.slice(0, 140),
  });
  if (written.kind === 'answer') {
    const charge = chargeRead(written, order.txid, order);
    return charge.kind === 'found' ? asOrdered(charge.charge, order) : badAnswer('PUT /cob');
  }
  if (written.kind === 'unavailable') return written;
  if (written.kind === 'problem' && !saysExists(written)) return rejected(written);
  const found = chargeRead(await send(endpoint, 'GET', path), order.txid, order);
  if (found.kind === 'found') return asOrdered(found.charge, order);
  if (found.kind === 'not_found' && written.kind === 'problem') return rejected(written);
  return { kind: 'unknown', detail: written.detail };
}

/** A provider that has the txid answers the second PUT with one of these, or simply with the charge. */
function saysExists(problem: Extract<SendOutcome, { kind: 'problem' }>): boolean {
  return problem.status === 409 || problem.type === 'CobOperacaoInvalida';
}

/** The answer has to be the charge that was asked for, or the customer would pay something else. */
function asOrdered(charge: ProviderCharge, order: ChargeOrder): CreateChargeOutcome {
  const differs =
    charge.pixKey !== order.pixKey
      ? 'chave'
      : charge.amountCents !== order.amountCents
        ? 'valor'
        : charge.expiresAtMs - charge.createdAtMs !== order.expiresSeconds * 1000
          ? 'expiracao'
          : null;
  if (differs !== null)
    return {
      kind: 'rejected',
      code: 'charge_mismatch',
      leavesCharge: true,
      detail: `the provider's charge differs in ${differs}`,
    };
  if (charge.brCode === null)
    return {
      kind: 'rejected',
      code: 'no_br_code',
      leavesCharge: true,
      detail: 'the answer holds no BR Code and no location',
    };
  return { kind: 'created', charge };
}

async function cancelCharge(endpoint: Endpoint, txid: string): Promise<CancelChargeOutcome> {
  const outcome = await send(endpoint, 'PATCH', `/cob/${txid}`, {
    status: 'REMOVIDA_PELO_USUARIO_RECEBEDOR',
  });
  if (outcome.kind === 'problem' && outcome.status === 400) return { kind: 'not_open' };
  if (outcome.kind === 'unknown') return outcome;
  const read = chargeRead(outcome, txid);
  return read.kind === 'found' ? { kind: 'canceled', charge: read.charge } : read;
}

/** Reads before it writes again: a second PUT with the same id would be refused, not repeated. */
async function requestRefund(endpoint: Endpoint, order: RefundOrder): Promise<RefundOutcome> {
  const known = refundRead(await send(endpoint, 'GET', refundPath(order)), order.refundId);
  if (known.kind !== 'not_found') return known;
  const outcome = await send(endpoint, 'PUT', refundPath(order), {
    valor: centsToPixAmount(order.amountCents),
    descricao: order.description.slice(0, 140),
  });
  return outcome.kind === 'unknown' ? outcome : refundRead(outcome, order.refundId);
}

function chargeRead(
  outcome: SendOutcome,
  txid: string,
  receiver: Receiver | null = null,
): FetchChargeOutcome {
  if (outcome.kind === 'unavailable') return outcome;
  if (outcome.kind === 'unknown') return { kind: 'unavailable', detail: outcome.detail };
  if (outcome.kind === 'problem') return outcome.status === 404 ? { kind: 'not_found' } : rejected(outcome);
  const wire = WireCharge.safeParse(outcome.body);
  if (!wire.success || wire.data.txid !== txid) return badAnswer('/cob');
  return {
    kind: 'found',
    charge: { ...toProviderCharge(wire.data, receiver), facts: factsOfCharge(outcome.body) },
  };
}

function refundRead(outcome: SendOutcome, refundId: string): RefundOutcome {
  if (outcome.kind === 'unavailable') return outcome;
  if (outcome.kind === 'unknown') return { kind: 'unavailable', detail: outcome.detail };
  if (outcome.kind === 'problem') return outcome.status === 404 ? { kind: 'not_found' } : rejected(outcome);
  const wire = WireRefund.safeParse(outcome.body);
  if (!wire.success || wire.data.id !== refundId) return badAnswer('/devolucao');
  return { kind: 'found', refund: toProviderRefund(wire.data) };
}

function refundPath(refund: Pick<RefundOrder, 'receiptId' | 'refundId'>): string {
  return `/pix/${refund.receiptId}/devolucao/${refund.refundId}`;
}

function rejected(problem: Extract<SendOutcome, { kind: 'problem' }>): Rejected {
  return { kind: 'rejected', code: problem.type, detail: problem.detail };
}

/** An answer that breaks the contract tells nothing; its text is not logged, for it may hold personal data. */
function badAnswer(call: string): Unavailable {
  return { kind: 'unavailable', detail: `${call}: the answer is not what API Pix 2.9 says` };
}
