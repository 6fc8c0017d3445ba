/**
 * What can be written of a payment, part by part: `+` a row that comes, `~` columns that change, and the ledger's entries
 * as `kind: debit > credit`. Left out are the workers' plans (when something is looked at again, how often, by whom), and
 * what an answer says of the provider alone (provider-writes.ts).
 */
export const WRITES = {
  step: { rows: ['+ payment_transitions', '~ payment_transactions: status'], postings: [] },
  'session ends': { rows: ['~ checkout_sessions: ended_at, status'], postings: [] },
  'closing is told': { rows: ['+ feed', '~ units: feed_head'], postings: [] },
  sale: {
    rows: [
      '+ feed',
      '+ fulfilments',
      '+ payment_transitions',
      '+ receipts',
      '+ ticket_counters',
      '~ checkout_sessions: ended_at, status',
      '~ payment_transactions: captured_at, paid_at, settled_receipt_id, status, ticket_business_day, ticket_number',
      '~ units: feed_head',
    ],
    postings: ['sale: receivable > sales'],
  },
  late: { rows: ['~ payment_transactions: late'], postings: [] },
  'unexpected money': {
    rows: ['+ feed', '+ receipts', '+ refunds', '~ units: feed_head'],
    postings: ['unexpected_money: receivable > refunds_payable'],
  },
  'refund noted': { rows: ['+ refunds'], postings: [] },
  refund: {
    rows: ['+ refunds', '~ payment_transactions: refunded_at, refunded_cents'],
    postings: ['refund: sales_returns > receivable'],
  },
  'refund of what was owed': { rows: ['+ refunds'], postings: ['refund: refunds_payable > receivable'] },
  'our refund arrives': {
    rows: [
      '~ payment_transactions: refunded_at, refunded_cents',
      '~ refunds: provider_status, settled_at, status',
    ],
    postings: ['refund: sales_returns > receivable'],
  },
  'our refund is refused': {
    rows: ['~ refunds: last_error, provider_status, refused, status'],
    postings: [],
  },
  dispute: {
    rows: ['+ disputes', '~ payment_transactions: disputed_at'],
    postings: ['dispute: disputed > receivable'],
  },
  'dispute of what was owed': { rows: ['+ disputes'], postings: ['dispute: disputed > receivable'] },
  'dispute ends': { rows: ['~ disputes: closed_at, status'], postings: [] },
  won: { rows: [], postings: ['dispute_won: receivable > disputed'] },
  lost: { rows: [], postings: ['dispute_lost: sales_returns > disputed'] },
  'lost what was owed': { rows: [], postings: ['dispute_lost: refunds_payable > disputed'] },
} as const satisfies Record<
  string,
  { readonly rows: readonly string[]; readonly postings: readonly string[] }
>;

export type Write = keyof typeof WRITES;

export interface Written {
  /** As in `WRITES`, rows of one kind once for each of them; sorted. */
  readonly rows: readonly string[];
  readonly postings: readonly string[];
}

/** All that these parts write together: rows add up, and columns of one row come into one line. */
export function writtenBy(parts: readonly Write[]): Written {
  const rows = parts.flatMap((part): readonly string[] => WRITES[part].rows);
  const columns = new Map<string, Set<string>>();
  for (const row of rows.filter((each) => each.startsWith('~'))) {
    const [table = '', names = ''] = row.split(': ');
    columns.set(table, new Set([...(columns.get(table) ?? []), ...names.split(', ')]));
  }
  return {
    rows: [
      ...rows.filter((each) => each.startsWith('+')),
      ...[...columns].map(([table, names]) => `${table}: ${[...names].sort().join(', ')}`),
    ].sort(),
    postings: parts.flatMap((part): readonly string[] => WRITES[part].postings).sort(),
  };
}
