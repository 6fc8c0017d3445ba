import type { CanonicalStatus } from '../../domain/payment-status.ts';
import { STATUS as APPMAX } from '../providers/appmax/to-provider-charge.ts';
import { STATUS as BACEN_PIX } from '../providers/bacen-pix/to-provider-charge.ts';
import { CONSENT_STATUS, PAYMENT_STATUS } from '../providers/open-finance/to-provider-charge.ts';
import { UNPAID_STATUS as PAGARME } from '../providers/pagarme/to-provider-charge.ts';
import { fold } from './fold.ts';

/** A provider's canonical name, and how else it is written, folded. A bare "pix" is a way to pay and no provider. */
const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  pagarme: [
    'pagarme',
    'pagarmev4',
    'pagarmev5',
    'pagarmecore',
    // Its platform's older name, and a reseller's own name for it.
    'mundipagg',
    'krx',
    'krxpay',
    'krxlabs',
    'krxpaypagarme',
    'krxpaypagarmev5',
  ],
  appmax: ['appmax', 'appmaxv1', 'appmaxv3'],
  stripe: ['stripe', 'stripebr', 'stripeconnect', 'stripecheckout', 'stripepaymentintent'],
  'open-finance': ['openfinance', 'openbanking', 'openfinancepix', 'openbankingpix', 'pixopenfinance'],
  'bacen-pix': ['bacenpix', 'apipix', 'pixbacen'],
};

/**
 * Gateways that this server has no adapter for: their money of the past is adopted, under a receivable of their own. Cash
 * and "manual" are none of them, because nobody owes what was paid at the counter; a mapping may still name them.
 */
const PAST_PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  'mercado-pago': ['mercadopago', 'mp', 'mercadopagov1', 'mercadopagov2', 'mercadopagov3'],
  asaas: ['asaas', 'asaasv3'],
  efi: ['efi', 'efipay', 'efipix', 'efibank', 'gerencianet'],
  pagbank: ['pagbank', 'pagseguro', 'pagseguropagbank'],
  iugu: ['iugu'],
  cielo: ['cielo', 'cieloecommerce', 'cielolio'],
  rede: ['rede', 'erede', 'userede'],
  getnet: ['getnet'],
  stone: ['stone', 'stonepagamentos'],
  vindi: ['vindi', 'yapay'],
  moip: ['moip', 'wirecard'],
  paypal: ['paypal'],
  picpay: ['picpay'],
  sumup: ['sumup'],
  infinitepay: ['infinitepay'],
  pagsmile: ['pagsmile'],
  ebanx: ['ebanx'],
  adyen: ['adyen'],
};

/** Words of old systems and their screens; the adapters' own tables lie below. */
const STATUSES: Readonly<Partial<Record<CanonicalStatus, readonly string[]>>> = {
  CREATED: ['created', 'criado', 'criada', 'novo', 'nova', 'new', 'draft', 'started', 'iniciado', 'iniciada'],
  PENDING: [
    'pending',
    'pendente',
    'waiting',
    'waiting_payment',
    'aguardando',
    'aguardando_pagamento',
    'open',
    'aberto',
    'aberta',
    'unpaid',
    'requires_payment_method',
    'requires_confirmation',
    'requires_action',
    'requires_source',
    'requires_source_action',
    'em_aberto',
    'a_receber',
    'nao_pago',
    'nao_paga',
    'not_paid',
    'generated',
    'viewed',
    'boleto_printed',
    'pix_generated',
    'pix_gerado',
    'boleto_gerado',
    'dunning_requested',
  ],
  PROCESSING: [
    'processing',
    'processando',
    'em_processamento',
    'in_process',
    'em_analise',
    'under_review',
    'awaiting_risk_analysis',
    'pending_review',
    'pending_risk_analysis',
    'analyzing',
    'in_analysis',
    'in_review',
  ],
  AUTHORIZED: [
    'authorized',
    'authorised',
    'autorizado',
    'autorizada',
    'requires_capture',
    'pre_authorized',
    'pre_autorizado',
    'pre_autorizada',
  ],
  FAILED: [
    'failed',
    'failure',
    'falha',
    'falhou',
    'refused',
    'recusado',
    'recusada',
    'declined',
    'rejected',
    'rejeitado',
    'rejeitada',
    'denied',
    'negado',
    'negada',
    'nao_autorizado',
    'nao_autorizada',
    'error',
    'erro',
    'payment_failed',
    'reprovado',
    'reprovada',
    'not_approved',
    'nao_aprovado',
    'nao_aprovada',
    'com_erro',
    'sem_sucesso',
    'order.payment_failed',
  ],
  EXPIRED: [
    'expired',
    'expirado',
    'expirada',
    'vencido',
    'vencida',
    'abandoned',
    'abandonado',
    'abandonada',
    'overdue',
  ],
  CANCELED: [
    'canceled',
    'cancelled',
    'cancelado',
    'cancelada',
    'void',
    'voided',
    'desistencia',
    'order.canceled',
    'pedido_cancelado',
  ],
  SUCCEEDED: [
    'succeeded',
    'success',
    'sucesso',
    'paid',
    'pago',
    'paga',
    'approved',
    'aprovado',
    'aprovada',
    'captured',
    'capturado',
    'capturada',
    'completed',
    'complete',
    'concluido',
    'concluida',
    'confirmed',
    'confirmado',
    'confirmada',
    'settled',
    'liquidado',
    'liquidada',
    'quitado',
    'recebido',
    'received',
    'dispute_won',
    // Appmax: the dispute ran out, and the money stayed.
    'chargeback_vencido',
    'received_in_cash',
    'dunning_received',
    'accredited',
    'efetivado',
    'efetivada',
    'compensado',
    'compensada',
    'pagamento_realizado',
    'pagamento_efetuado',
    'order.paid',
    'pedido_pago',
  ],
  PARTIALLY_REFUNDED: [
    'partially_refunded',
    'partial_refund',
    'partial_refunded',
    'estornado_parcial',
    'estornado_parcialmente',
    'parcialmente_estornado',
    'reembolsado_parcialmente',
    'estorno_parcial',
    'reembolso_parcial',
    'parcialmente_reembolsado',
    'parcialmente_reembolsada',
    'reembolsado_parcial',
    'parcialmente_estornada',
    'devolucao_parcial',
    'parcialmente_devolvido',
    'devolvido_parcialmente',
    'partially_refund', // The event of each refund, of a part as of all: how much it was stands elsewhere, or nowhere.
    'charge.refunded',
  ],
  REFUNDED: [
    'refunded',
    'refund',
    'estornado',
    'estornada',
    'estorno',
    'reembolsado',
    'reembolsada',
    'devolvido',
    'devolvida',
    'reembolso',
    'devolucao',
    'order.refunded',
  ],
  CHARGEBACK: [
    'chargeback',
    'chargedback',
    'charged_back',
    'disputed',
    'dispute',
    'dispute_lost',
    'contestado',
    'contestada',
    'contestacao',
    // Appmax: nobody has the money back yet.
    'chargeback_em_tratativa',
    'chargeback_em_disputa',
    'chargeback_perdido',
    'charge_back',
    'em_disputa',
    'in_dispute',
    'in_mediation',
    'em_mediacao',
    'chargeback_requested',
    'chargeback_dispute',
    'awaiting_chargeback_reversal',
    'charge.dispute.created',
    'charge.chargedback',
  ],
};

const PROVIDER_OF = new Map(
  Object.entries({ ...PROVIDERS, ...PAST_PROVIDERS }).flatMap(([name, words]) =>
    words.map((word) => [word, name] as const),
  ),
);
/**
 * An adapter says of money that went back "succeeded", because it tells the refund beside it; an old row has one word
 * for all, so the words above come last and win.
 */
const STATUS_OF: ReadonlyMap<string, CanonicalStatus> = new Map([
  ...adapterWords([...PAGARME]),
  ...adapterWords([...APPMAX]),
  ...adapterWords(Object.entries(BACEN_PIX).map(([word, { status }]) => [word, status])),
  ...adapterWords(Object.entries(CONSENT_STATUS).map(([word, { status }]) => [word, status])),
  ...adapterWords(Object.entries(PAYMENT_STATUS).map(([word, { status }]) => [word, status])),
  ...Object.entries(STATUSES).flatMap(([status, words]) =>
    words.map((word) => [fold(word), status as CanonicalStatus] as const),
  ),
]);

export const PROVIDER_NAMES = Object.keys(PROVIDERS);
export const PAST_PROVIDER_NAMES = Object.keys(PAST_PROVIDERS);

/** What a company called providers and statuses in ways of its own, from its mapping file; folded words. */
export interface OwnWords {
  readonly providers: ReadonlyMap<string, string>;
  readonly statuses: ReadonlyMap<string, CanonicalStatus>;
}

/** @returns the canonical name; null for a word that nobody knows */
export function normaliseProvider(word: string, own?: OwnWords): string | null {
  const folded = fold(word);
  // Letters of no alphabet that is known here; an empty word is what `*` of a mapping stands for.
  if (folded === '') return null;
  return own?.providers.get(folded) ?? PROVIDER_OF.get(folded) ?? null;
}

/** An order that is "received" is not paid: of orders only the words above. What stands before a status in an event's name (`payment_intent.succeeded`) or in a sentence (`Pagamento aprovado`). */
const SUBJECT = /^(?:paymentintent|payment|pagamento|charge|transaction|cobranca|transacao)/;

/**
 * @returns null for a word that nobody knows, that does not say how much came ("underpaid", "partial_capture"), or that
 * says that money is about to go back ("pending_refund"): a person has to say what became of it
 */
export function normaliseStatus(word: string, own?: OwnWords): CanonicalStatus | null {
  const folded = fold(word);
  const known = (one: string): CanonicalStatus | undefined => own?.statuses.get(one) ?? STATUS_OF.get(one);
  return known(folded) ?? known(folded.replace(SUBJECT, '')) ?? null;
}

function adapterWords(
  words: Iterable<readonly [string, CanonicalStatus | null]>,
): (readonly [string, CanonicalStatus])[] {
  return [...words].flatMap(([word, status]) => (status === null ? [] : [[fold(word), status] as const]));
}
