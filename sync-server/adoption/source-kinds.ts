import { columnsOf, type RowKind } from './columns.ts';
import { fold } from './fold.ts';

/** What tables of old systems are called, folded. */
const TABLES: Readonly<Record<RowKind, readonly string[]>> = {
  transaction: [
    'paymenttransactions',
    'paymenttransaction',
    'transactions',
    'transaction',
    'payments',
    'payment',
    'pagamentos',
    'pagamento',
    'transacoes',
    'transacao',
    'vendas',
    'sales',
    'orders',
    'pedidos',
    'cobrancas',
    'charges',
  ],
  session: [
    'checkoutsessions',
    'checkoutsession',
    'paymentsessions',
    'sessions',
    'session',
    'sessoes',
    'sessao',
  ],
  customer: ['customers', 'customer', 'unifiedcustomers', 'clientes', 'cliente', 'pacientes', 'patients'],
  subscription: ['customersubscriptions', 'subscriptions', 'subscription', 'assinaturas', 'assinatura'],
  payment_method: ['customerpaymentmethods', 'paymentmethods', 'savedcards', 'cartoes', 'metodospagamento'],
  customer_provider: ['customerproviders', 'providercustomers', 'gatewaycustomers'],
};
/** What stands around a table's name in the name of its export. */
const AROUND = new Set([
  'rows',
  'export',
  'exports',
  'exportacao',
  'dump',
  'backup',
  'table',
  'tabela',
  'part',
  'parte',
  'copy',
  'copia',
]);
/** Lists that speak of payments and are none: their rows would be the same money again. */
const NO_LIST =
  /^(?:refund|estorn|reembols|devolu|chargeback|disput|contesta|payout|repasse|saque|antecipa|intent|event|webhook|attempt|tentativa|routing|audit|histor|config|setting|(?:fee|taxa|tarifa|log|rule|regra|item|split)s?$)/;

/** A table's name, of `public.payment_transactions_rows (1).csv`. */
export function tableOf(fileName: string): string {
  return wordsOf(fileName)
    .filter((word) => !AROUND.has(word))
    .join('');
}

/** Without schema and ending; `paymentRefunds` has two. */
function wordsOf(fileName: string): string[] {
  return fileName
    .replace(/\.[^.]*$/, '')
    .replace(/^.*\./, '')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .split(/[^\p{L}]+/u)
    .map(fold)
    .filter((word) => word !== '');
}

/** Of a file in a folder: only what is called as a table whole. */
export function kindOfTable(table: string): RowKind | null {
  const found = Object.entries(TABLES).find(([, names]) => names.includes(table));
  return found === undefined ? null : (found[0] as RowKind);
}

/** Of a file that somebody named: by what its name speaks of; of one whose name does not tell, by its columns. */
export function kindOf(fileName: string, header: readonly string[]): RowKind | null {
  const known = kindOfTable(tableOf(fileName));
  if (known !== null) return known;
  const name = fold(fileName.replace(/\.[^.]*$/, ''));
  if (wordsOf(fileName).some((word) => NO_LIST.test(word))) return null;
  if (/session|sessao|sessoes/.test(name)) return 'session';
  if (/paymentmethod|metodos?(de)?pagamento|formas?(de)?pagamento|cartao|cartoes|savedcard/.test(name))
    return 'payment_method';
  if (/customerprovider|providercustomer|gatewaycustomer|clientes?(do)?provedor/.test(name))
    return 'customer_provider';
  // Payments of subscriptions are payments.
  if (/subscription|assinatura/.test(name) && !/payment|pagamento|transac|charge|cobranca/.test(name))
    return 'subscription';
  if (/transaction|transac|payment|pagamento/.test(name)) return 'transaction';
  if (/customer|cliente/.test(name)) return 'customer';
  const columns = columnsOf('transaction', header);
  if (columns.status !== undefined && (columns.amount ?? columns.amountCents) !== undefined)
    return 'transaction';
  // What has amounts or a gateway is no list of people.
  if (columns.amount !== undefined || columns.amountCents !== undefined || columns.provider !== undefined)
    return null;
  if (columns.email !== undefined || columns.document !== undefined)
    return columns.status === undefined ? 'customer' : 'session';
  return null;
}
