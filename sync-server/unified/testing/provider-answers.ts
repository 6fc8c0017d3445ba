import { createHash } from 'node:crypto';
import { centsToPixAmount } from '../../../domain/money.ts';
import { factsOfOrder as appmaxFacts } from '../../providers/appmax/facts.ts';
import { toProviderCharge as fromAppmax } from '../../providers/appmax/to-provider-charge.ts';
import { factsOfCharge } from '../../providers/bacen-pix/facts.ts';
import { toProviderCharge as fromBacenPix } from '../../providers/bacen-pix/to-provider-charge.ts';
import { WireCharge as BacenPixCharge } from '../../providers/bacen-pix/wire.ts';
import { chargeOfConsent, chargeOfPayment } from '../../providers/open-finance/to-provider-charge.ts';
import { WireConsent, WirePayment } from '../../providers/open-finance/wire.ts';
import { factsOfOrder as pagarmeFacts } from '../../providers/pagarme/facts.ts';
import { toProviderCharge as fromPagarme } from '../../providers/pagarme/to-provider-charge.ts';
import { WireOrder } from '../../providers/pagarme/wire.ts';
import type { ProviderCharge, ProviderDispute, ProviderRefund } from '../../providers/provider.ts';
import type { ProviderName } from '../../providers/registry.ts';
import { toProviderCharge as fromStripe, METADATA } from '../../providers/stripe/to-provider-charge.ts';
import { WireDispute, WireIntent, WireRefund } from '../../providers/stripe/wire.ts';

/** All that has happened to a charge at its provider, in our words. */
export interface Situation {
  readonly txid: string;
  readonly pixKey: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** `unknown`: a word that nobody knows. */
  readonly status: NonNullable<ProviderCharge['status']> | 'unknown';
  readonly money: readonly { readonly cents: number; readonly atMs: number }[];
  /** Of the first money. */
  readonly refunds: readonly { readonly cents: number; readonly status: ProviderRefund['status'] }[];
  /** Of the first money, all of it. */
  readonly dispute: ProviderDispute['status'] | null;
}

export const STAND_IN_CPF = '11144477735';
const PAYER = { name: 'Maria Souza', cpf: '52998224725', email: 'maria@example.com' };

/**
 * The answer of each provider to a situation, in its own words and through its own adapter. Null where the provider has
 * no words for it.
 */
export const PROVIDER_ANSWERS: Readonly<Record<ProviderName, (told: Situation) => ProviderCharge | null>> = {
  'bacen-pix': ofBacenPix,
  pagarme: ofPagarme,
  appmax: ofAppmax,
  'open-finance': ofOpenFinance,
  stripe: ofStripe,
};

/** Whether the provider's answer says what happened: all of it, and nothing else. */
export function isSaidBy(charge: ProviderCharge, told: Situation): boolean {
  const sentBack = told.refunds.filter(({ status }) => status === 'settled');
  const totalCents = sentBack.reduce((sum, { cents }) => sum + cents, 0);
  const sameRefunds = charge.refunds.some(({ isTotal }) => isTotal === true)
    ? told.refunds.length === sentBack.length && charge.refunds[0]?.amountCents === totalCents
    : charge.refunds.length === told.refunds.length &&
      told.refunds.every(
        ({ cents, status }, at) =>
          charge.refunds[at]?.amountCents === cents && charge.refunds[at]?.status === status,
      );
  const disputes = charge.disputes.map(({ status }) => status);
  return (
    charge.status === (told.status === 'unknown' ? null : told.status) &&
    charge.currency === told.currency &&
    charge.receipts.length === told.money.length &&
    told.money.every(({ cents }, at) => charge.receipts[at]?.amountCents === cents) &&
    sameRefunds &&
    JSON.stringify(disputes) === JSON.stringify(told.dispute === null ? [] : [told.dispute])
  );
}

function ofBacenPix(told: Situation): ProviderCharge | null {
  const words = {
    PENDING: 'ATIVA',
    SUCCEEDED: 'CONCLUIDA',
    CANCELED: 'REMOVIDA_PELO_PSP',
    unknown: 'PALAVRA_NOVA',
  } as const;
  if (!(told.status in words) || told.currency !== 'BRL') return null;
  const refundWords = {
    processing: 'EM_PROCESSAMENTO',
    settled: 'DEVOLVIDO',
    refused: 'NAO_REALIZADO',
  } as const;
  const disputeWords = { open: 'EM_PROCESSAMENTO', lost: 'DEVOLVIDO', won: 'NAO_REALIZADO' } as const;
  const body = {
    txid: told.txid,
    chave: told.pixKey,
    status: words[told.status as keyof typeof words],
    calendario: {
      criacao: new Date(told.createdAtMs).toISOString(),
      expiracao: Math.round((told.expiresAtMs - told.createdAtMs) / 1000),
    },
    valor: { original: centsToPixAmount(told.amountCents) },
    devedor: { cpf: PAYER.cpf, nome: PAYER.name },
    location: 'pix.example.com/v2/cobv/1',
    pix: told.money.map(({ cents, atMs }, at) => ({
      endToEndId: `E${idOf(told.txid, `pix${at}`, 31)}`,
      txid: told.txid,
      chave: told.pixKey,
      valor: centsToPixAmount(cents),
      horario: new Date(atMs).toISOString(),
      devolucoes:
        at > 0
          ? []
          : [
              ...told.refunds.map((refund, index) => ({
                id: `hand${index}`,
                valor: centsToPixAmount(refund.cents),
                status: refundWords[refund.status],
                natureza: 'ORIGINAL',
              })),
              ...(told.dispute === null
                ? []
                : [
                    {
                      id: 'med',
                      valor: centsToPixAmount(cents),
                      status: disputeWords[told.dispute],
                      natureza: 'MED_FRAUDE',
                    },
                  ]),
            ],
    })),
  };
  return { ...fromBacenPix(BacenPixCharge.parse(body), null), facts: factsOfCharge(body) };
}

function ofPagarme(told: Situation): ProviderCharge | null {
  const [first] = told.money;
  const refundedCents = told.refunds.reduce((sum, { cents }) => sum + cents, 0);
  const words = {
    PENDING: 'pending',
    PROCESSING: 'processing',
    AUTHORIZED: 'waiting_capture',
    FAILED: 'failed',
    EXPIRED: 'expired',
    CANCELED: 'canceled',
    SUCCEEDED: 'paid',
    unknown: 'palavra_nova',
  } as const;
  // Of a part that is on its way, or was refused, its total knows nothing.
  if (told.refunds.some(({ status }) => status !== 'settled') || told.money.length > 1) return null;
  const paidWord =
    told.dispute !== null
      ? 'chargedback'
      : first !== undefined && refundedCents >= first.cents
        ? 'canceled'
        : first !== undefined && first.cents < told.amountCents
          ? 'underpaid'
          : first !== undefined && first.cents > told.amountCents
            ? 'overpaid'
            : words[told.status];
  const at = (atMs: number): string => new Date(atMs).toISOString();
  const body = {
    id: `or_${idOf(told.txid, 'order', 16)}`,
    code: told.txid,
    amount: told.amountCents,
    currency: told.currency,
    status: first === undefined ? words[told.status] : paidWord,
    created_at: at(told.createdAtMs),
    customer: { id: `cus_${idOf(PAYER.email, 'customer', 16)}`, ...PAYER, document: PAYER.cpf },
    charges: [
      {
        id: `ch_${idOf(told.txid, 'charge', 16)}`,
        amount: told.amountCents,
        status: first === undefined ? words[told.status] : paidWord,
        payment_method: 'pix',
        ...(first === undefined ? {} : { paid_amount: first.cents, paid_at: at(first.atMs) }),
        ...(refundedCents === 0 ? {} : { canceled_amount: refundedCents }),
        created_at: at(told.createdAtMs),
        last_transaction: { status: 'waiting_payment', expires_at: at(told.expiresAtMs) },
      },
    ],
  };
  return { ...fromPagarme(WireOrder.parse(body)), facts: pagarmeFacts(body, STAND_IN_CPF) };
}

function ofAppmax(told: Situation): ProviderCharge | null {
  const [first] = told.money;
  const refundedCents = told.refunds.reduce((sum, { cents }) => sum + cents, 0);
  const words = {
    PENDING: 'pendente',
    PROCESSING: null,
    AUTHORIZED: 'autorizado',
    FAILED: 'recusado_por_risco',
    EXPIRED: null,
    CANCELED: 'cancelado',
    SUCCEEDED: 'aprovado',
    unknown: 'palavra_nova',
  } as const;
  const disputeWords = {
    open: 'chargeback_em_disputa',
    won: 'chargeback_vencido',
    lost: 'chargeback_perdido',
  } as const;
  const word =
    told.dispute !== null ? disputeWords[told.dispute] : refundedCents > 0 ? 'estornado' : words[told.status];
  if (word === null || told.currency !== 'BRL') return null;
  const orderId = String(Number.parseInt(idOf(told.txid, 'order', 12, 'hex'), 16));
  const order = {
    orderId,
    status: word,
    amountCents: told.amountCents,
    paidCents: first?.cents ?? null,
    createdAtMs: told.createdAtMs,
    updatedAtMs: first?.atMs ?? null,
    paidAtMs: first?.atMs ?? null,
    answer: {
      order: { id: orderId, status: word },
      customer: { id: 7, name: PAYER.name, email: PAYER.email, document_number: PAYER.cpf },
    },
  };
  const charge = fromAppmax(
    order,
    { txid: told.txid, providerChargeId: orderId },
    {
      brCode: null,
      createdAtMs: told.createdAtMs,
      expiresSeconds: (told.expiresAtMs - told.createdAtMs) / 1000,
    },
  );
  return { ...charge, facts: appmaxFacts(orderId, order.answer, STAND_IN_CPF) };
}

function ofOpenFinance(told: Situation): ProviderCharge | null {
  const [first] = told.money;
  if (told.refunds.length > 0 || told.dispute !== null || told.money.length > 1) return null;
  const consentWords = { PENDING: 'AWAITING_AUTHORISATION', AUTHORIZED: 'AUTHORISED' } as const;
  const paymentWords = {
    PROCESSING: 'ACPD',
    FAILED: 'RJCT',
    CANCELED: 'CANC',
    SUCCEEDED: 'ACSC',
    unknown: 'NEWW',
  } as const;
  const iso = (atMs: number): string => new Date(atMs).toISOString();
  const consentBody = {
    consentId: `urn:bank:${idOf(told.txid, 'consent', 20)}`,
    creationDateTime: iso(told.createdAtMs),
    statusUpdateDateTime: iso(told.createdAtMs),
    expirationDateTime: iso(told.expiresAtMs),
    status: 'CONSUMED',
    loggedUser: { document: { identification: PAYER.cpf, rel: 'CPF' } },
    payment: {
      currency: told.currency,
      amount: centsToPixAmount(told.amountCents),
      details: { proxy: told.pixKey },
    },
  };
  const url = 'https://example.com/authorise';
  if (told.status === 'PENDING' || told.status === 'AUTHORIZED')
    return chargeOfConsent(
      told.txid,
      WireConsent.parse({ ...consentBody, status: consentWords[told.status] }),
      url,
    );
  if (told.status === 'EXPIRED')
    return chargeOfConsent(
      told.txid,
      WireConsent.parse({
        ...consentBody,
        status: 'REJECTED',
        rejectionReason: { code: 'TEMPO_EXPIRADO_AUTORIZACAO' },
      }),
      url,
    );
  const atMs = first?.atMs ?? told.createdAtMs;
  const payment = WirePayment.parse({
    paymentId: idOf(told.txid, 'payment', 20),
    endToEndId: `E12345678202603101500${idOf(told.txid, 'pix', 11)}`,
    creationDateTime: iso(told.createdAtMs),
    statusUpdateDateTime: iso(atMs),
    proxy: told.pixKey,
    status: paymentWords[told.status],
    payment: { amount: centsToPixAmount(first?.cents ?? told.amountCents), currency: told.currency },
    transactionIdentification: told.txid.slice(0, 25),
  });
  return chargeOfPayment({ txid: told.txid }, WireConsent.parse(consentBody), payment, url);
}

function ofStripe(told: Situation): ProviderCharge | null {
  const [first] = told.money;
  if (told.money.length > 1) return null;
  const words = {
    PENDING: 'requires_payment_method',
    PROCESSING: 'processing',
    AUTHORIZED: 'requires_capture',
    FAILED: null,
    EXPIRED: 'canceled',
    CANCELED: 'canceled',
    SUCCEEDED: 'succeeded',
    unknown: 'new_word',
  } as const;
  const word = words[told.status];
  if (word === null) return null;
  const seconds = (atMs: number): number => Math.floor(atMs / 1000);
  const chargeId = `ch_${idOf(told.txid, 'charge', 16)}`;
  const currency = told.currency.toLowerCase();
  const intent = WireIntent.parse({
    id: `pi_${idOf(told.txid, 'intent', 16)}`,
    object: 'payment_intent',
    amount: told.amountCents,
    amount_received: first?.cents ?? 0,
    cancellation_reason: told.status === 'EXPIRED' ? 'expired' : null,
    client_secret: 'pi_secret_of_nobody',
    created: seconds(told.createdAtMs),
    currency,
    customer: `cus_${idOf(PAYER.email, 'customer', 16)}`,
    latest_charge:
      first === undefined
        ? null
        : {
            id: chargeId,
            object: 'charge',
            amount_captured: first.cents,
            created: seconds(first.atMs),
            currency,
            disputed: told.dispute !== null,
            paid: true,
            status: 'succeeded',
            billing_details: { name: PAYER.name, email: PAYER.email, phone: null },
            payment_method: `pm_${idOf(told.txid, 'method', 16)}`,
            payment_method_details: {
              type: 'card',
              card: {
                brand: 'visa',
                last4: '4242',
                exp_month: 12,
                exp_year: 2030,
                fingerprint: 'Xt5EWLLDS7FJjR1c',
              },
            },
          },
    metadata: {
      [METADATA.txid]: told.txid,
      [METADATA.expiresSeconds]: String(Math.round((told.expiresAtMs - told.createdAtMs) / 1000)),
    },
    status: word,
  });
  const refundWords = { processing: 'pending', settled: 'succeeded', refused: 'failed' } as const;
  const disputeWords = { open: 'needs_response', won: 'won', lost: 'lost' } as const;
  const refunds = told.refunds.map(({ cents, status }, at) =>
    WireRefund.parse({
      id: `re_${idOf(told.txid, `refund${at}`, 16)}`,
      object: 'refund',
      amount: cents,
      charge: chargeId,
      created: seconds(told.createdAtMs),
      status: refundWords[status],
    }),
  );
  const disputes =
    told.dispute === null
      ? []
      : [
          WireDispute.parse({
            id: `dp_${idOf(told.txid, 'dispute', 16)}`,
            object: 'dispute',
            amount: first?.cents ?? 0,
            charge: chargeId,
            created: seconds(told.createdAtMs),
            reason: 'fraudulent',
            status: disputeWords[told.dispute],
          }),
        ];
  return fromStripe(intent, refunds, disputes);
}

/** The same letters and digits for the same name, and others for another. */
function idOf(of: string, name: string, length: number, alphabet: 'base36' | 'hex' = 'base36'): string {
  const digest = createHash('sha256').update(`${of} ${name}`).digest('hex');
  return alphabet === 'hex' ? digest.slice(0, length) : BigInt(`0x${digest}`).toString(36).slice(0, length);
}
