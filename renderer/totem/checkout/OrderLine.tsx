import type { Service } from '../../../domain/protocol/catalog.ts';
import { formatMoney } from '../../i18n/format.ts';

interface Props {
  readonly service: Service;
  readonly amountCents: number;
}

/** What is being bought, small, above every step. */
export function OrderLine({ service, amountCents }: Props) {
  return (
    <p className="order-line">
      <span>{service.name}</span>
      <span className="tabular">{formatMoney(amountCents)}</span>
    </p>
  );
}
