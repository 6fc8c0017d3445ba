import { randomUUID } from 'node:crypto';
import type { Deed, Dice } from './dice.ts';
import type { EventHouse } from './event-house.ts';
import type { Asked, ToldLine } from './expected-balances.ts';
import { MERCHANTS, managerOf, OTHER_MERCHANT_ID } from './other-shop.ts';
import type { TrueMoney } from './provider-truth.ts';
import { statementCsv } from './statement-csv.ts';

export interface MoneyOfSale {
  readonly money: TrueMoney;
  readonly sale: Asked;
}

/** Providers' statements: the same file again, at both servers at once, and others that overlap with it. */
export function randomStatements(
  house: EventHouse,
  { below, pick, chance }: Dice,
  lines: ToldLine[],
  moneyAt: (provider: string) => readonly MoneyOfSale[],
): readonly Deed[] {
  const files: { readonly path: string; readonly csv: string; readonly token: string }[] = [];

  async function importStatement(): Promise<void> {
    const { path, csv, token } = files.length > 0 && chance(40) ? pick(files) : newFile();
    for (const { status, body } of await Promise.all([0, 1].map((at) => house.upload(at, path, csv, token))))
      if (status !== 200) throw new Error(`a statement: ${status} ${JSON.stringify(body)}`);
  }

  function newFile(): (typeof files)[number] {
    const merchantId = pick(MERCHANTS);
    const provider = pick(['bacen-pix', 'pagarme', 'appmax', 'stripe'] as const);
    const isOwn = (line: ToldLine): boolean => line.merchantId === merchantId && line.provider === provider;
    const card = merchantId === OTHER_MERCHANT_ID ? 'JPY' : 'USD';
    const currency = provider === 'stripe' ? card : 'BRL';
    const again = lines.filter((line) => isOwn(line) && chance(60));
    const fresh = Array.from({ length: 1 + below(3) }, (): ToldLine => {
      const kind = pick(['fee', 'payout'] as const);
      const named = { reference: randomUUID(), atMs: house.clock.nowMs() };
      return { merchantId, provider, kind, currency, cents: 1 + below(9_999), ...named };
    });
    lines.push(...fresh);
    // One line for each payment: of several a company's own total says no more than their sum.
    const money = moneyAt(provider)
      .filter(({ sale }) => sale.merchantId === merchantId)
      .filter(({ sale, money: { cents } }) => provider === 'bacen-pix' || cents === sale.amountCents)
      .filter(() => chance(60))
      .map(({ money: each, sale }) => ({ ...each, txid: sale.txid }));
    const file = {
      path: `/v1/reconciliation/statements?provider=${provider}`,
      csv: statementCsv([...again, ...fresh], money, house.clock.nowMs()),
      token: managerOf(merchantId),
    };
    files.push(file);
    return file;
  }

  return [[4, importStatement]];
}
