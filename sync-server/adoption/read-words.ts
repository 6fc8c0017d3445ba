import { type CanonicalStatus, isSettled, STATUS_RANK } from '../../domain/payment-status.ts';
import { fold } from './fold.ts';
import type { PayloadFacts } from './read-payload.ts';
import type { Reading, TransactionFacts } from './row-facts.ts';
import { normaliseProvider, normaliseStatus } from './words.ts';

/** The word of the newer column first, where there are two. */
export function providerOf({ get, mapping, note, stop }: Reading): string | null {
  const words = [get('providerV2'), get('provider'), get('routedProvider')].filter((word) => word !== null);
  const names = words.map((word) => normaliseProvider(word, mapping.words)).filter((name) => name !== null);
  // `*`: a gateway's own list does not name it. A word that nobody knows is another one.
  const [name = words.length === 0 ? mapping.words.providers.get('') : undefined] = names;
  if (name === undefined) {
    stop(words.length === 0 ? 'provider_missing' : 'unknown_provider');
    return null;
  }
  const [v2, v1] = [get('providerV2'), get('provider')].map((word) =>
    word === null ? null : normaliseProvider(word, mapping.words),
  );
  if (v2 && v1 && v2 !== v1) note('provider_words_disagree');
  if (names.length < words.length) note('unknown_provider_beside_known');
  return name;
}

/**
 * Of two words the one of higher authority: the newer column was rarely written at the end of a payment. Columns of the
 * same age that do not agree whether money came are for a person to judge.
 */
export function statusOf(
  { all, mapping, note, stop }: Reading,
  payload: PayloadFacts | null,
): CanonicalStatus | null {
  const words = [...all('statusV2'), ...all('status')];
  const read = (word: string): CanonicalStatus | null => normaliseStatus(word, mapping.words);
  const known = words.map(read).filter((status) => status !== null);
  const [status] = known.toSorted((a, b) => STATUS_RANK[b] - STATUS_RANK[a]);
  if (status === undefined) {
    const told = words.length === 0 && payload?.statusWord ? read(payload.statusWord) : null;
    if (told === null) stop(words.length === 0 ? 'status_missing' : 'unknown_status');
    else note('status_from_payload');
    return told;
  }
  if (known.length < words.length) note('unknown_status_beside_known');
  if (new Set(known).size > 1) note('status_words_disagree');
  const ofOneAge = all('status').flatMap((word) => read(word) ?? []);
  if (new Set(ofOneAge.map(isSettled)).size > 1) stop('status_columns_disagree');
  return status;
}

export function methodOf({ get, note }: Reading): TransactionFacts['method'] {
  const word = get('method');
  if (word === null) return null;
  const folded = fold(word);
  if (folded.includes('pix')) return 'pix';
  if (/card|cartao|credit|debit/.test(folded)) return 'card';
  if (/boleto|slip/.test(folded)) return 'boleto';
  note('unknown_method');
  return 'other';
}

/** `12`, `12x`; none is one. */
export function installmentsOf({ get, note }: Reading): number | null {
  const text = get('installments');
  if (text === null) return null;
  const [, digits] = /^(\d{1,2})(?:[.,]0+)?\s*x?$/i.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) === 0 ? null : Number(digits);
  note('installments_unreadable');
  return null;
}

/** Of words that are in a column of types, folded. */
const MONEY_BACK = /refund|estorn|reembols|devolu|chargeback|contesta|reversal|reversao/;
const NO_SALE =
  /payout|repasse|saque|withdraw|antecipa|anticipation|^(?:transfer|transferencia|fee|fees|taxa|tarifa|comissao|commission|ajuste|adjustment|adjust|dispute|disputa|void|cancel|cancelamento|cancellation|verification|verificacao|split|tax|imposto|balance|saldo|topup|recarga)$/;
const SALE =
  /^(?:payment|pagamento|sale|sales|venda|charge|cobranca|capture|captura|purchase|compra|receita|recebimento|entrada|income|order|pedido|paymentintent|checkout|onetime|single|avulso|avulsa|unico|unica|subscription|assinatura|recorrente|recorrencia|recurring|installment|parcelado|avista|pix|boleto|card|cartao|creditcard|cartaodecredito|cartaocredito|debitcard|cartaodedebito|cartaodebito|transaction|transacao|normal|online|service|servico|consulta|appointment|agendamento|procedimento|exame)$/;

/** Whether the row is a sale; a refund in a row of its own leaves its sale without it, and that is told. */
export function judgeType({ get, mapping, note, stop }: Reading): void {
  const word = get('type');
  const folded = fold(word ?? '');
  const told = word === null ? undefined : mapping.types.get(folded);
  const isSale = told === 'sale' || (told === undefined && SALE.test(folded));
  const isBack = MONEY_BACK.test(folded);
  if (word !== null && !isSale) {
    if (told === 'no_sale' || isBack || NO_SALE.test(folded)) {
      stop('not_a_sale');
      if (isBack) note('refund_not_applied');
    } else note('unknown_type');
  }
  if (get('parentKey') !== null && told !== 'sale') note('parent_not_used');
}

const YES = new Set(['true', 't', '1', 'yes', 'y', 'sim', 's', 'verdadeiro', 'test', 'teste', 'sandbox']);
const NO = new Set(['false', 'f', '0', 'no', 'n', 'nao', 'falso', 'test', 'teste', 'sandbox']);
const TEST_PLACES =
  /^(?:sandbox|test|teste|testing|testes|staging|stage|dev|development|desenvolvimento|homologacao|homolog|hml|hmg|qa)$/;

/** Whether it is a test, and no money; or was taken back by who wrote it. */
export function judgeMode({ get, mapping, note, stop }: Reading, payload: PayloadFacts | null): void {
  const says = (value: string | null, words: ReadonlySet<string>): boolean =>
    value !== null && words.has(fold(value));
  const isTest =
    says(get('live'), NO) ||
    says(get('test'), YES) ||
    TEST_PLACES.test(fold(get('environment') ?? '')) ||
    // Stripe's test sessions name themselves.
    [get('orderId'), get('chargeId'), get('sessionKey')].some((id) => id?.startsWith('cs_test_')) ||
    payload?.isTest === true;
  if (isTest && mapping.tests === 'leave') stop('is_test');
  else if (isTest) note('test_adopted');
  const deleted = get('deletedAt');
  if (deleted !== null && !says(deleted, NO)) stop('row_was_deleted');
}
