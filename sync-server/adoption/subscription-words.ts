import { fold } from './fold.ts';

export const SUBSCRIPTION_STATUSES = [
  'incomplete',
  'trialing',
  'active',
  'past_due',
  'paused',
  'canceled',
  'expired',
] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

/** How a subscription stands, in the words of providers and of old systems. */
const WORDS: Readonly<Record<SubscriptionStatus, readonly string[]>> = {
  incomplete: [
    'incomplete',
    'incompleta',
    'pending',
    'pendente',
    'created',
    'criada',
    'criado',
    'future',
    'futura',
  ],
  trialing: [
    'trialing',
    'trial',
    'in_trial',
    'em_teste',
    'teste',
    'periodo_de_teste',
    'avaliacao',
    'degustacao',
  ],
  active: ['active', 'ativa', 'ativo', 'approved', 'aprovada', 'vigente', 'em_dia', 'paid', 'paga'],
  past_due: [
    'past_due',
    'unpaid',
    'overdue',
    'inadimplente',
    'atrasada',
    'atrasado',
    'em_atraso',
    'vencida',
    'nao_paga',
    'pending_payment',
  ],
  paused: ['paused', 'pausada', 'pausado', 'suspended', 'suspensa', 'suspenso', 'on_hold'],
  canceled: [
    'canceled',
    'cancelled',
    'cancelada',
    'cancelado',
    'inactive',
    'inativa',
    'inativo',
    'terminated',
  ],
  expired: [
    'expired',
    'expirada',
    'expirado',
    'ended',
    'encerrada',
    'encerrado',
    'finished',
    'finalizada',
    'completed',
    'concluida',
    'incomplete_expired',
  ],
};

const STATUS_OF: ReadonlyMap<string, SubscriptionStatus> = new Map(
  SUBSCRIPTION_STATUSES.flatMap((status) => WORDS[status].map((word) => [fold(word), status] as const)),
);

/** @param own a company's own words, folded. @returns null for a word that nobody knows */
export function readSubscriptionStatus(
  word: string,
  own: ReadonlyMap<string, SubscriptionStatus>,
): SubscriptionStatus | null {
  return own.get(fold(word)) ?? STATUS_OF.get(fold(word)) ?? null;
}
