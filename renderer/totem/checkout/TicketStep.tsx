import { formatMoney } from '../../i18n/format.ts';
import { text } from '../../i18n/text.ts';
import { Icon } from '../../ui/Icon.tsx';
import { ViewTitle } from '../../ui/ViewTitle.tsx';
import { CLOSE_PRINTED_MS, CLOSE_SCREEN_ONLY_MS } from '../timing.ts';
import { ClosingActions } from './ClosingActions.tsx';
import type { StepProps } from './step.ts';
import { TicketLabel } from './TicketLabel.tsx';

export function TicketStep({ checkout }: StepProps<'ticket'>) {
  const words = text.totem.ticket;
  const { delivery } = checkout;
  return (
    <section className="view" data-delivery={delivery}>
      <div className="view-fill">
        <PaymentLine checkout={checkout} />
        <ViewTitle>{words.title[delivery]}</ViewTitle>
        <TicketLabel label={checkout.ticketLabel} />
        <p className="lead">
          {delivery === 'screen' && `${noPaperReason(checkout.printer)} `}
          {words.detail[delivery]}
        </p>
        <p className="ticket-ahead">{words.ahead(checkout.waitingAhead)}</p>
        <p className="soft">{words.watchPanel}</p>
      </div>
      <ClosingActions
        sessionId={checkout.sessionId}
        label={words.done}
        closesAfterMs={delivery === 'printed' ? CLOSE_PRINTED_MS : CLOSE_SCREEN_ONLY_MS}
      />
    </section>
  );
}

/** Only money that came is called paid; what is due is said as large, and looks like something still to do. */
function PaymentLine({ checkout }: StepProps<'ticket'>) {
  const words = text.totem.ticket;
  switch (checkout.payment) {
    case 'pix':
      return (
        <p className="confirmed">
          <Icon name="check" />
          {checkout.late ? words.late : words.confirmed}
        </p>
      );
    case 'free':
      return <p className="confirmed">{words.free}</p>;
    case 'at_counter':
      return (
        <p className="confirmed due tabular">
          <Icon name="money" />
          {words.due(formatMoney(checkout.amountCents))}
        </p>
      );
  }
}

/** Empty where the printer has no complaint any more, or none that helps a customer. */
function noPaperReason(status: StepProps<'ticket'>['checkout']['printer']): string {
  const reasons: Partial<Record<typeof status, string>> = text.totem.ticket.noPaperReason;
  return reasons[status] ?? '';
}
