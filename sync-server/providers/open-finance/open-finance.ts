import { isValidCpf } from '../../../domain/cpf.ts';
import { createAccessTokens } from '../http/access-token.ts';
import { createMtlsFetch } from '../http/mtls-fetch.ts';
import type {
  CancelChargeOutcome,
  CaptureChargeOutcome,
  ChargeOrder,
  ChargeRef,
  CreateChargeOutcome,
  FetchChargeOutcome,
  NationalProvider,
  Rejected,
  Unavailable,
} from '../provider.ts';
import { type NationalFactory, type ProviderEnvironment, readSettings } from '../provider-factory.ts';
import { EVENT_KINDS } from './event-kinds.ts';
import { createPaymentIds, type PaymentIds } from './payment-ids.ts';
import { consentOrder, paymentOrder, withdrawalOrder } from './payment-order.ts';
import { type Endpoint, type SendOutcome, send } from './send.ts';
import { OpenFinanceSettings } from './settings.ts';
import { createSignedMessages } from './signed-message.ts';
import { chargeOfConsent, chargeOfPayment } from './to-provider-charge.ts';
import { createWebhooks } from './webhooks.ts';
import { WireConsent, WirePayment, WirePayments } from './wire.ts';

export const OPEN_FINANCE = 'open-finance';

/** What the customer's bank says of the payment itself: it will not be made, and another attempt would hear the same. */
const PAYMENT_REFUSED = new Set([
  'SALDO_INSUFICIENTE',
  'VALOR_ACIMA_LIMITE',
  'VALOR_INVALIDO',
  'COBRANCA_INVALIDA',
  'PAGAMENTO_DIVERGENTE_CONSENTIMENTO',
  'DETALHE_PAGAMENTO_INVALIDO',
  'PAGAMENTO_RECUSADO_DETENTORA',
  'PAGAMENTO_RECUSADO_SPI',
]);

/** API and initiator offer none: money goes back by the receiver's own bank. */
const NO_REFUNDS: Rejected = {
  kind: 'rejected',
  code: 'refund_not_offered',
  detail: 'payment initiation has no refund: send the money back from the receiving account',
};

interface Initiator {
  readonly endpoint: Endpoint;
  readonly settings: OpenFinanceSettings;
  readonly paymentIds: PaymentIds;
}

/** Pix by payment initiation (Open Finance Brasil 4.0.0), through an authorised initiator. */
export const openFinanceFactory = {
  name: OPEN_FINANCE,
  eventKinds: EVENT_KINDS,
  open: (settings, environment) =>
    openInitiator(readSettings(OPEN_FINANCE, OpenFinanceSettings, settings), environment),
} as const satisfies NationalFactory;

function openInitiator(settings: OpenFinanceSettings, environment: ProviderEnvironment): NationalProvider {
  const fetch = settings.tls === undefined ? environment.fetch : createMtlsFetch(settings.tls);
  const http = { fetch, clock: environment.clock, timeoutMs: settings.timeoutMs };
  const paymentIds = createPaymentIds();
  const initiator: Initiator = {
    settings,
    paymentIds,
    endpoint: {
      baseUrl: settings.baseUrl.replace(/\/$/, ''),
      http,
      tokens: createAccessTokens(
        {
          tokenUrl: settings.tokenUrl,
          clientId: settings.clientId,
          clientSecret: settings.clientSecret ?? null,
          scope: 'payments',
          parametersIn: 'form',
          http,
        },
        environment.clock,
      ),
      messages: createSignedMessages(settings, { ...environment, fetch }),
      environment,
    },
  };
  return {
    name: OPEN_FINANCE,
    flow: 'national',
    needsAuthorisationPage: true,
    needsCustomerCpf: true,
    createCharge: (order) => createConsent(initiator, order),
    fetchCharge: async (charge) => asRead(await readCharge(initiator, charge)),
    captureCharge: (charge) => captureCharge(initiator, charge),
    cancelCharge: (charge) => cancelCharge(initiator, charge),
    requestRefund: () => Promise.resolve(NO_REFUNDS),
    fetchRefund: () => Promise.resolve(NO_REFUNDS),
    webhooks: createWebhooks(settings, paymentIds),
  };
}

/** Sent again with the same key it is the same consent: the specification's own protection, so nothing is read first. */
async function createConsent(initiator: Initiator, order: ChargeOrder): Promise<CreateChargeOutcome> {
  const { endpoint, settings } = initiator;
  const creditor = settings.creditors.find(({ pixKey }) => pixKey === order.pixKey);
  if (creditor === undefined)
    return rejected('creditor_unknown', 'no creditor is configured for the Pix key');
  const cpf = order.customer?.cpf;
  if (cpf === undefined || !isValidCpf(cpf))
    return rejected('customer_cpf_required', 'a consent names the CPF of who pays');
  const outcome = await send(endpoint, 'POST', '/consents', {
    data: consentOrder(order, creditor, cpf, endpoint.environment.clock.nowMs()),
    idempotencyKey: `c${order.txid}`,
  });
  if (outcome.kind === 'problem') return rejected(outcome.code, `HTTP ${outcome.status}`);
  if (outcome.kind !== 'answer') return outcome;
  const consent = WireConsent.safeParse(outcome.data);
  // It may be there and cannot be read: that is not the same as no consent.
  if (!consent.success) return { kind: 'unknown', detail: badAnswer('POST /consents').detail };
  const { payment } = consent.data;
  const isAsOrdered =
    payment.amount === order.amountCents &&
    payment.currency === 'BRL' &&
    payment.details.proxy === order.pixKey;
  if (!isAsOrdered) return rejected('charge_mismatch', 'the consent is not the one that was asked for');
  return {
    kind: 'created',
    charge: chargeOfConsent(order.txid, consent.data, authorisationUrlOf(initiator, consent.data)),
  };
}

async function readCharge(initiator: Initiator, charge: ChargeRef): Promise<CaptureChargeOutcome> {
  const read = await readConsent(initiator, charge);
  if (read.kind !== 'consent') return read;
  if (read.consent.status !== 'CONSUMED') return found(initiator, charge, read.consent);
  const known = initiator.paymentIds.paymentOf(read.consent.consentId);
  if (known !== undefined) return readPayment(initiator, charge, read.consent, known);
  // A consent that is consumed makes no second payment: the same request answers what became of the first.
  return initiatePayment(initiator, charge, read.consent);
}

async function captureCharge(initiator: Initiator, charge: ChargeRef): Promise<CaptureChargeOutcome> {
  const read = await readConsent(initiator, charge);
  if (read.kind !== 'consent') return read;
  if (read.consent.status !== 'AUTHORISED') return readCharge(initiator, charge);
  return initiatePayment(initiator, charge, read.consent);
}

async function initiatePayment(
  initiator: Initiator,
  charge: ChargeRef,
  consent: WireConsent,
): Promise<CaptureChargeOutcome> {
  const { endpoint, settings, paymentIds } = initiator;
  const creditor = settings.creditors.find(({ pixKey }) => pixKey === consent.payment.details.proxy);
  if (creditor === undefined)
    return rejected('creditor_unknown', 'no creditor is configured for the Pix key');
  const outcome = await send(endpoint, 'POST', '/pix/payments', {
    data: paymentOrder(charge, consent, creditor, settings),
    idempotencyKey: `p${charge.txid}`,
  });
  if (outcome.kind === 'problem') return refusedPayment(initiator, charge, consent, outcome);
  if (outcome.kind !== 'answer') return outcome;
  const list = WirePayments.safeParse(outcome.data);
  if (!list.success) return { kind: 'unknown', detail: badAnswer('POST /pix/payments').detail };
  const { paymentId } = list.data[0];
  paymentIds.keep(consent.consentId, paymentId);
  // A repeated request is answered as the first was, however long ago: the payment itself says how it stands.
  return readPayment(initiator, charge, consent, paymentId);
}

function refusedPayment(
  initiator: Initiator,
  charge: ChargeRef,
  consent: WireConsent,
  problem: Extract<SendOutcome, { kind: 'problem' }>,
): FetchChargeOutcome {
  const stands = chargeOfConsent(charge.txid, consent, authorisationUrlOf(initiator, consent));
  if (problem.code === 'CONSENTIMENTO_PENDENTE_AUTORIZACAO')
    return { kind: 'found', charge: { ...stands, status: 'PENDING' } };
  // Consumed by an earlier attempt that is not remembered any more: it is under way, and not known to have failed.
  if (problem.code === 'CONSENTIMENTO_INVALIDO')
    return { kind: 'found', charge: { ...stands, status: 'PROCESSING' } };
  if (PAYMENT_REFUSED.has(problem.code))
    return { kind: 'found', charge: { ...stands, status: 'FAILED', providerStatus: problem.code } };
  return rejected(problem.code, `POST /pix/payments: HTTP ${problem.status}`);
}

async function readPayment(
  initiator: Initiator,
  charge: ChargeRef,
  consent: WireConsent,
  paymentId: string,
): Promise<FetchChargeOutcome> {
  const outcome = await send(initiator.endpoint, 'GET', `/pix/payments/${paymentId}`);
  if (outcome.kind !== 'answer') return notRead(outcome);
  const payment = WirePayment.safeParse(outcome.data);
  const isAsked =
    payment.success &&
    payment.data.paymentId === paymentId &&
    (payment.data.consentId ?? consent.consentId) === consent.consentId;
  if (!isAsked) return badAnswer('GET /pix/payments');
  return {
    kind: 'found',
    charge: chargeOfPayment(charge, consent, payment.data, authorisationUrlOf(initiator, consent)),
  };
}

async function readConsent(
  { endpoint }: Initiator,
  charge: ChargeRef,
): Promise<
  { readonly kind: 'consent'; readonly consent: WireConsent } | Exclude<FetchChargeOutcome, { kind: 'found' }>
> {
  // Without an id there is no consent that anybody could authorise; asked all the same, it says whether anybody is there.
  const id = charge.providerChargeId ?? `urn:totem:${charge.txid}`;
  const outcome = await send(endpoint, 'GET', `/consents/${encodeURIComponent(id)}`);
  if (outcome.kind !== 'answer') return notRead(outcome);
  const consent = WireConsent.safeParse(outcome.data);
  if (!consent.success || consent.data.consentId !== id) return badAnswer('GET /consents');
  return { kind: 'consent', consent: consent.data };
}

/**
 * A consent cannot be withdrawn, and need not be: money moves when we initiate the payment, and for a charge that was
 * given up nobody does. A payment can be withdrawn while the bank holds it back.
 */
async function cancelCharge(initiator: Initiator, charge: ChargeRef): Promise<CancelChargeOutcome> {
  const read = await readConsent(initiator, charge);
  if (read.kind !== 'consent') return read;
  const { consent } = read;
  if (consent.status === 'REJECTED') return { kind: 'not_open' };
  if (consent.status === 'CONSUMED') {
    const path = `/pix/payments/consents/${encodeURIComponent(consent.consentId)}`;
    const outcome = await send(initiator.endpoint, 'PATCH', path, {
      data: withdrawalOrder(consent),
      idempotencyKey: `w${charge.txid}`,
    });
    if (outcome.kind === 'problem')
      return outcome.status === 422
        ? { kind: 'not_open' }
        : rejected(outcome.code, `PATCH /pix/payments/consents: HTTP ${outcome.status}`);
    if (outcome.kind !== 'answer') return outcome;
  }
  const stands = chargeOfConsent(charge.txid, consent, authorisationUrlOf(initiator, consent));
  return { kind: 'canceled', charge: { ...stands, status: 'CANCELED', closedBy: 'us' } };
}

function found(initiator: Initiator, { txid }: ChargeRef, consent: WireConsent): FetchChargeOutcome {
  return { kind: 'found', charge: chargeOfConsent(txid, consent, authorisationUrlOf(initiator, consent)) };
}

function authorisationUrlOf({ settings }: Initiator, { consentId }: WireConsent): string {
  return settings.authorisationUrl.replaceAll('{consentId}', encodeURIComponent(consentId));
}

/** Reads are safe to repeat: one without an answer says nothing of the charge. */
function asRead(outcome: CaptureChargeOutcome): FetchChargeOutcome {
  return outcome.kind === 'unknown' ? { kind: 'unavailable', detail: outcome.detail } : outcome;
}

function notRead(
  outcome: Exclude<SendOutcome, { kind: 'answer' }>,
): Exclude<FetchChargeOutcome, { kind: 'found' }> {
  if (outcome.kind === 'problem')
    return outcome.status === 404 ? { kind: 'not_found' } : rejected(outcome.code, `HTTP ${outcome.status}`);
  return { kind: 'unavailable', detail: outcome.detail };
}

function rejected(code: string, detail: string): Rejected {
  return { kind: 'rejected', code, detail };
}

/** An answer that breaks the contract tells nothing; its text is not logged, for it holds personal data. */
function badAnswer(call: string): Unavailable {
  return { kind: 'unavailable', detail: `${call}: the answer is not what payment initiation 4.0.0 says` };
}
