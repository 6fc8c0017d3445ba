import { minorDigitsOf } from '../../../domain/money.ts';
import type { ToldLine } from './expected-balances.ts';
import type { TrueMoney } from './provider-truth.ts';

/** A provider's statement as a file: fees and payouts, and money that the provider has, by txid and endToEndId. */
export function statementCsv(
  lines: readonly ToldLine[],
  money: readonly (TrueMoney & { readonly txid: string })[],
  nowMs: number,
): string {
  const rows = [
    'at;kind;amount;currency;reference;endToEndId;txid',
    ...lines.map(({ atMs, kind, cents, currency, reference }) =>
      [new Date(atMs).toISOString(), kind, `-${decimal(cents, currency)}`, currency, reference, '', ''].join(
        ';',
      ),
    ),
    ...money.map(({ cents, currency, id, txid, provider }) =>
      [
        new Date(nowMs).toISOString(),
        'receipt',
        decimal(cents, currency),
        currency,
        `${txid}-${cents}`,
        provider === 'bacen-pix' ? id : '',
        txid,
      ].join(';'),
    ),
  ];
  return `${rows.join('\n')}\n`;
}

/** As people write it in that currency: "24.00" dollars, "3700" yen. */
function decimal(amount: number, currency: string): string {
  const digits = minorDigitsOf(currency);
  return digits === 0 ? String(amount) : (amount / 10 ** digits).toFixed(digits);
}
