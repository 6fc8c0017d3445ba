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
        <p className="confirmed">
          <Icon name="check" />
          {checkout.late ? words.late : words.confirmed}
        </p>
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

/** Empty where the printer has no complaint any more, or none that helps a customer. */
function noPaperReason(status: StepProps<'ticket'>['checkout']['printer']): string {
  const reasons: Partial<Record<typeof status, string>> = text.totem.ticket.noPaperReason;
  return reasons[status] ?? '';
}
