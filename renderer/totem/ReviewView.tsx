import type { Service } from '../../domain/protocol/catalog.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { useCommand } from '../shell/use-command.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { maskCpfInput } from './customer-input.ts';
import { awayFromCard, awayFromPix, type ChosenPayment, type IdentifyField } from './navigation.ts';
import { PayActions } from './PayActions.tsx';
import { PrinterNotice } from './PrinterNotice.tsx';
import { goTo, navigationStore, totemStore } from './stores.ts';

/** What is bought and, if the customer wants it, for whom. Not wanting it costs no touch at all. */
export function ReviewView({ service }: { readonly service: Service }) {
  const { snapshot, link } = totemStore();
  const { name, cpf } = navigationStore();
  const { busy, refusal, send } = useCommand();
  const free = service.amountCents === 0;
  const away = snapshot === null ? 'host' : awayFromPix(snapshot, link);
  const cardAway = snapshot === null ? 'host' : awayFromCard(snapshot, link);
  // What the service does not need cannot be missed.
  const missing = away === 'host' || (!free && service.pix) ? away : free ? null : cardAway;

  // Without a payment here nobody needs to know who takes the ticket; what was typed before stays in sight.
  const asksWho = !free && service.pix && (away === null || name !== '' || cpf !== '');

  const start = async (payment: ChosenPayment): Promise<void> => {
    const result = await send({
      kind: 'checkout.start',
      serviceId: service.serviceId,
      ...(payment === 'at_counter' || payment === 'card' ? { payment } : {}),
      ...(name === '' ? {} : { customerName: name }),
      ...(cpf === '' ? {} : { customerCpf: cpf }),
    });
    if (result?.ok) goTo({ at: 'starting', payment });
  };

  return (
    <section className="view">
      <ViewTitle>{free ? text.totem.review.titleFree : text.totem.review.title}</ViewTitle>
      <div className="panel-box review-summary">
        <div>
          <p className="caption">{text.totem.review.service}</p>
          <p className="review-service">{service.name}</p>
          {service.description !== '' && <p className="soft">{service.description}</p>}
        </div>
        <div className="review-total">
          <p className="caption">{text.totem.review.total}</p>
          <p className="price-large tabular">{free ? text.common.free : formatMoney(service.amountCents)}</p>
          {service.card !== null && (
            <p className="soft tabular">
              {text.totem.review.cardPrice(formatMoney(service.card.amountCents, service.card.currency))}
            </p>
          )}
        </div>
      </div>
      {asksWho && (
        <div className="panel-box">
          <h2 className="box-title">{text.totem.review.identify}</h2>
          <p className="soft">{text.totem.review.identifyDetail}</p>
          <div className="identify-rows">
            <IdentifyRow field="name" label={text.totem.review.name} value={name} />
            <IdentifyRow field="cpf" label={text.totem.review.cpf} value={maskCpfInput(cpf)} />
          </div>
        </div>
      )}
      <div className="view-fill view-notices">
        {refusal !== null && (
          <Notice icon="warning" tone="danger" urgent>
            {text.refusal[refusal.code]}
          </Notice>
        )}
        {missing !== null && (
          <Notice icon="offline" tone="warning" id="cannot-pay">
            {text.totem.noPix[missing]}
          </Notice>
        )}
        {/* Where there are three ways the button has to say enough: their rows need the room. */}
        {service.payAtCounter && !free && service.card === null && (
          <Notice icon="info" tone="calm">
            {text.totem.review.atCounterDetail}
          </Notice>
        )}
        <PrinterNotice />
      </div>
      <div className="view-actions">
        <Button variant="secondary" onPress={() => goTo({ at: 'services' })}>
          <Icon name="arrowLeft" />
          {text.common.back}
        </Button>
        <PayActions
          service={service}
          away={away}
          awayFromCard={cardAway}
          busy={busy !== null}
          onStart={start}
        />
      </div>
    </section>
  );
}

interface RowProps {
  readonly field: IdentifyField;
  readonly label: string;
  readonly value: string;
}

function IdentifyRow({ field, label, value }: RowProps) {
  const action = value === '' ? text.totem.review.add : text.totem.review.change;
  return (
    <div className="identify-row">
      <div>
        <p className="caption">{label}</p>
        <p className={value === '' ? 'soft' : 'identify-value'}>
          {value === '' ? text.totem.review.notGiven : value}
        </p>
      </div>
      <Button
        variant="secondary"
        label={text.totem.review.changeField(action, label)}
        onPress={() => goTo({ at: 'identify', field })}
      >
        {action}
      </Button>
    </div>
  );
}
