import { Fragment } from 'react';
import { formatMoney } from '../i18n/format.ts';

interface Props {
  readonly sums: readonly { readonly currency: string; readonly cents: number }[];
}

/** One amount of each currency; a line may end between them, and never within one. */
export function Amounts({ sums }: Props) {
  if (sums.length === 0) return '—';
  return sums.map(({ currency, cents }, index) => (
    <Fragment key={currency}>
      {index > 0 && ' + '}
      <span className="no-wrap">{formatMoney(cents, currency)}</span>
    </Fragment>
  ));
}
