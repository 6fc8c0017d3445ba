import { useState } from 'react';
import type { Service } from '../../domain/protocol/catalog.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Message } from '../ui/Message.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { Pager } from './Pager.tsx';
import { pageOf } from './page-of.ts';
import { goTo, startOver, totemStore } from './stores.ts';

export function ServicesView() {
  const services = totemStore((state) => state.snapshot?.services) ?? [];
  const [wanted, setWanted] = useState(0);
  const { items, page, pages } = pageOf(services, wanted);
  return (
    <section className="view">
      <ViewTitle>{text.totem.services.title}</ViewTitle>
      {services.length === 0 ? (
        <div className="view-fill">
          <Message icon="list" title={text.totem.services.empty}>
            <p>{text.totem.services.emptyDetail}</p>
          </Message>
        </div>
      ) : (
        <ul className="service-list">
          {items.map((service) => (
            <li key={service.serviceId}>
              <ServiceCard service={service} />
            </li>
          ))}
        </ul>
      )}
      <div className="view-actions">
        <Button variant="secondary" onPress={startOver}>
          <Icon name="arrowLeft" />
          {text.common.back}
        </Button>
        {pages > 1 && <Pager page={page} pages={pages} onPage={setWanted} />}
      </div>
    </section>
  );
}

function ServiceCard({ service }: { readonly service: Service }) {
  const price = formatMoney(service.amountCents);
  return (
    <button
      type="button"
      className="service-card"
      aria-label={text.totem.services.choose(service.name, price)}
      onClick={() => goTo({ at: 'review', serviceId: service.serviceId })}
    >
      <span className="service-words">
        <span className="service-name">{service.name}</span>
        {service.description !== '' && <span className="service-description">{service.description}</span>}
      </span>
      <span className="service-figures tabular">
        <span className="service-price">{price}</span>
        {service.estimatedMinutes !== null && (
          <span className="service-minutes">
            <Icon name="clock" />
            {text.common.minutes(service.estimatedMinutes)}
          </span>
        )}
      </span>
      <Icon name="arrowRight" />
    </button>
  );
}
