import type { CanonicalStatus } from '../../domain/payment-status.ts';
import { STATUS as APPMAX } from '../providers/appmax/to-provider-charge.ts';
import { STATUS as BACEN_PIX } from '../providers/bacen-pix/to-provider-charge.ts';
import { CONSENT_STATUS, PAYMENT_STATUS } from '../providers/open-finance/to-provider-charge.ts';
import { UNPAID_STATUS as PAGARME } from '../providers/pagarme/to-provider-charge.ts';
import { fold } from './fold.ts';

/** A provider's canonical name, and how else it is written, folded. A bare "pix" is a way to pay and no provider. */
const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  pagarme: ['pagarme', 'pagarmev4', 'pagarmev5', 'pagarmecore'],
  appmax: ['appmax', 'appmaxv1', 'appmaxv3'],
  stripe: ['stripe', 'stripeconnect', 'stripecheckout', 'stripepaymentintent'],
  'open-finance': ['openfinance', 'openbanking', 'openfinancepix', 'openbankingpix', 'pixopenfinance'],
  'bacen-pix': ['bacenpix', 'apipix', 'pixbacen'],
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
  ],
  PROCESSING: ['processing', 'processando', 'em_processamento', 'in_process', 'em_analise', 'under_review'],
  AUTHORIZED: ['authorized', 'authorised', 'autorizado', 'autorizada', 'requires_capture'],
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
  ],
  EXPIRED: ['expired', 'expirado', 'expirada', 'vencido', 'vencida', 'abandoned', 'abandonado', 'abandonada'],
  CANCELED: ['canceled', 'cancelled', 'cancelado', 'cancelada', 'void', 'voided'],
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
  ],
};

const PROVIDER_OF = new Map(
  Object.entries(PROVIDERS).flatMap(([name, words]) => words.map((word) => [word, name] as const)),
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

/** What a company called providers and statuses in ways of its own, from its mapping file; folded words. */
export interface OwnWords {
  readonly providers: ReadonlyMap<string, string>;
  readonly statuses: ReadonlyMap<string, CanonicalStatus>;
}

/** @returns the canonical name; null for a word that nobody knows */
export function normaliseProvider(word: string, own?: OwnWords): string | null {
  const folded = fold(word);
  return own?.providers.get(folded) ?? PROVIDER_OF.get(folded) ?? null;
}

/** @returns null for a word that nobody knows, or that does not say how much came ("underpaid") */
export function normaliseStatus(word: string, own?: OwnWords): CanonicalStatus | null {
  const folded = fold(word);
  return own?.statuses.get(folded) ?? STATUS_OF.get(folded) ?? null;
}

function adapterWords(
  words: Iterable<readonly [string, CanonicalStatus | null]>,
): (readonly [string, CanonicalStatus])[] {
  return [...words].flatMap(([word, status]) => (status === null ? [] : [[fold(word), status] as const]));
}
