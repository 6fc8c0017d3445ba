import type { Service } from '../../../domain/protocol/catalog.ts';
import { formatMoney } from '../../i18n/format.ts';
import { text } from '../../i18n/text.ts';

interface Props {
  readonly service: Service;
  readonly amountCents: number;
  readonly currency?: string | undefined;
}

/** What is being bought, small, above every step. */
export function OrderLine({ service, amountCents, currency }: Props) {
  return (
    <p className="order-line">
      <span>{service.name}</span>
      <span className="tabular">
        {amountCents === 0 ? text.common.free : formatMoney(amountCents, currency)}
      </span>
    </p>
  );
}
