import { useState, useSyncExternalStore } from 'react';
import type { Service } from '../../domain/protocol/catalog.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Message } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { type AwayLayer, awayFromPix, isOnOffer } from './navigation.ts';
import { Pager } from './Pager.tsx';
import { PAGE_SIZE, pageOf } from './page-of.ts';
import { goTo, startOver, totemStore } from './stores.ts';

export function ServicesView() {
  const { snapshot, link } = totemStore();
  const services = snapshot?.services ?? [];
  const away = snapshot === null ? null : awayFromPix(snapshot, link);
  const [wanted, setWanted] = useState(0);
  const { items, page, pages } = pageOf(services, wanted, usePageSize());
  return (
    <section className="view">
      <ViewTitle>{text.totem.services.title}</ViewTitle>
      {away !== null && services.length > 0 && (
        <Notice icon="offline" tone="warning">
          {text.totem.noPix[away]}
        </Notice>
      )}
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
              <ServiceCard service={service} away={away} />
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

/** Where six cards of three lines do not fit at the smallest type. */
const SMALL_SCREEN = window.matchMedia(
  '(orientation: portrait) and (max-height: 1300px), (orientation: landscape) and (max-width: 1199px)',
);

function usePageSize(): number {
  const isSmall = useSyncExternalStore(
    (onChange) => {
      SMALL_SCREEN.addEventListener('change', onChange);
      return () => SMALL_SCREEN.removeEventListener('change', onChange);
    },
    () => SMALL_SCREEN.matches,
  );
  return isSmall ? PAGE_SIZE.small : PAGE_SIZE.usual;
}

function ServiceCard({ service, away }: { readonly service: Service; readonly away: AwayLayer | null }) {
  const price = service.amountCents === 0 ? text.common.free : formatMoney(service.amountCents);
  const offered = isOnOffer(service, away);
  const words = text.totem.services.choose(service.name, price);
  return (
    <button
      type="button"
      className="service-card"
      aria-label={offered ? words : `${words}. ${text.totem.services.pixOnly}`}
      // It stays in its place and can be reached: a service that vanishes looks as if it were not sold here.
      aria-disabled={!offered || undefined}
      onClick={offered ? () => goTo({ at: 'review', serviceId: service.serviceId }) : undefined}
    >
      <span className="service-words">
        <span className="service-name">{service.name}</span>
        {offered && service.description !== '' && (
          <span className="service-description">{service.description}</span>
        )}
        {!offered && <span className="service-unavailable">{text.totem.services.pixOnly}</span>}
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
      <Icon name={offered ? 'arrowRight' : 'offline'} />
    </button>
  );
}
