import type { TrueMoney } from './provider-truth.ts';

/** What the test itself asked for: a sale of a merchant's. */
export interface Asked {
  readonly merchantId: string;
  readonly txid: string;
  readonly amountCents: number;
  readonly currency: string;
  /** Of each sale, what belongs to the platform. */
  readonly partCents: number;
}

/** A line of a statement that was imported, as the test wrote it. */
export interface ToldLine {
  readonly merchantId: string;
  readonly provider: string;
  readonly kind: 'fee' | 'payout';
  readonly currency: string;
  readonly cents: number;
  readonly atMs: number;
  /** The provider's own name of the line. */
  readonly reference: string;
}

export interface Circumstances {
  readonly sales: readonly Asked[];
  readonly lines: readonly ToldLine[];
  /** The txid by which a provider's own name of a charge goes here, where the provider keeps no txid. */
  readonly txidOf: ReadonlyMap<string, string>;
  /** The receipts that bought a ticket, by txid. */
  readonly settledBy: ReadonlyMap<string, string>;
  /** Who has a Pix key, and whose a charge of an agreement is. */
  readonly merchantOfKey: ReadonlyMap<string, string>;
  readonly merchantOfRecurring: ReadonlyMap<string, string>;
}

/** `merchant account currency` → cents, debit positive. Accounts at zero are left out. */
export type Balances = ReadonlyMap<string, number>;

/**
 * Every account's balance, computed from what the providers hold and from what was asked for, by the rules of
 * docs/ledger.md and docs/payments.md. Of the ledger nothing is read.
 */
export function expectedBalances(truth: readonly TrueMoney[], known: Circumstances): Balances {
  const cents = new Map<string, number>();
  const post = (
    merchantId: string,
    currency: string,
    debit: string,
    credit: string,
    amount: number,
  ): void => {
    for (const [account, signed] of [
      [debit, amount],
      [credit, -amount],
    ] as const) {
      const key = `${merchantId} ${account} ${currency}`;
      cents.set(key, (cents.get(key) ?? 0) + signed);
    }
  };
  for (const money of truth) {
    const { provider, currency, returnedCents, disputedCents, lostCents } = money;
    const receivable = `receivable:${provider}`;
    const txid = txidOf(money, known);
    const sale = known.sales.find((each) => each.txid === txid);
    if (sale === undefined) {
      const recurring = known.merchantOfRecurring.get(money.charge);
      const owner = recurring ?? known.merchantOfKey.get(money.pixKey ?? '');
      if (owner === undefined) continue;
      const income = recurring === undefined ? 'suspense' : 'recurring_income';
      post(owner, currency, receivable, income, money.cents);
      post(owner, currency, 'recurring_returns', receivable, returnedCents);
      post(owner, currency, 'disputed', receivable, disputedCents);
      post(owner, currency, 'recurring_returns', receivable, lostCents);
      continue;
    }
    const { merchantId } = sale;
    const isSettling = isSettledBy(money, known);
    const soldCents = isSettling ? sale.amountCents : 0;
    const surplusCents = money.cents - soldCents;
    post(merchantId, currency, receivable, 'sales', soldCents);
    post(merchantId, currency, receivable, 'refunds_payable', surplusCents);
    // What bought nothing goes back first; where a provider tells totals alone, nobody could say otherwise.
    const owedBackCents = Math.min(surplusCents, returnedCents);
    post(merchantId, currency, 'refunds_payable', receivable, owedBackCents);
    post(merchantId, currency, 'sales_returns', receivable, returnedCents - owedBackCents);
    post(merchantId, currency, 'disputed', receivable, disputedCents);
    post(merchantId, currency, isSettling ? 'sales_returns' : 'refunds_payable', receivable, lostCents);
    if (!isSettling) continue;
    const backCents = Math.min(soldCents, returnedCents - owedBackCents + lostCents);
    const partBackCents = Math.floor((sale.partCents * backCents) / soldCents);
    post(merchantId, currency, 'sales', 'payable:plataforma', sale.partCents);
    post(merchantId, currency, 'payable:plataforma', 'sales_returns', partBackCents);
  }
  for (const { merchantId, provider, kind, currency, cents: amount } of known.lines)
    post(merchantId, currency, kind === 'fee' ? 'fees' : 'settlement', `receivable:${provider}`, amount);
  return new Map([...cents].filter(([, amount]) => amount !== 0));
}

export function txidOf({ provider, charge }: TrueMoney, { txidOf: names }: Circumstances): string {
  return names.get(`${provider} ${charge}`) ?? charge;
}

/** A company's one total holds what settled the sale, and what came beside it. */
export function isSettledBy(money: TrueMoney, known: Circumstances): boolean {
  return known.settledBy.get(txidOf(money, known))?.endsWith(money.id) === true;
}
