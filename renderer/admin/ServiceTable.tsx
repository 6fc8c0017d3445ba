import type { ServiceView } from '../../domain/protocol/catalog-changes.ts';
import { formatDateTime, formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';

interface Props {
  readonly services: readonly ServiceView[];
  readonly busy: boolean;
  readonly onEdit: (service: ServiceView) => void;
}

export function ServiceTable({ services, busy, onEdit }: Props) {
  const words = text.admin.catalog;
  if (services.length === 0) {
    return (
      <Message icon="scan" title={words.none}>
        <p>{words.noneDetail}</p>
      </Message>
    );
  }
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.prefix}</th>
            <th scope="col">{words.name}</th>
            <th scope="col">{words.price}</th>
            <th scope="col">{words.state}</th>
            <th scope="col">{words.actions}</th>
          </tr>
        </thead>
        <tbody>
          {services.map((service) => (
            <tr key={service.serviceId}>
              <td className="table-label">{service.prefix}</td>
              <td>{service.name}</td>
              <td>
                <Prices service={service} />
              </td>
              <td>
                <span className={`badge tone-${service.active ? 'good' : 'warning'}`}>
                  {service.active ? words.onSale : words.offSale}
                </span>
              </td>
              <td>
                <Button
                  variant="secondary"
                  busy={busy}
                  label={words.editOf(service.name)}
                  onPress={() => onEdit(service)}
                >
                  {words.edit}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Prices({ service }: { readonly service: ServiceView }) {
  const words = text.admin.catalog;
  const priceOf = (amountCents: number, currency: string): string =>
    amountCents === 0 ? words.free : formatMoney(amountCents, currency);
  const { card } = service;
  return (
    <>
      {priceOf(service.amountCents, service.currency)}
      {card !== null && <div className="soft">{words.card(priceOf(card.amountCents, card.currency))}</div>}
      {service.planned.map((plan) => (
        <div key={plan.planId} className="soft">
          {words.planned(priceOf(plan.amountCents, plan.currency), formatDateTime(plan.takesEffectAt))}
        </div>
      ))}
    </>
  );
}
