import { text } from '../../i18n/text.ts';
import { Spinner } from '../../ui/Spinner.tsx';
import { ViewTitle } from '../../ui/ViewTitle.tsx';
import { OrderLine } from './OrderLine.tsx';
import type { StepProps } from './step.ts';
import { TicketLabel } from './TicketLabel.tsx';

export function PrintingStep({ checkout }: StepProps<'printing'>) {
  return (
    <section className="view" aria-busy="true">
      <OrderLine service={checkout.service} amountCents={checkout.amountCents} currency={checkout.currency} />
      <div className="view-fill">
        <ViewTitle>
          {checkout.payment === 'pix' ? text.totem.printing.title : text.totem.printing.localTitle}
        </ViewTitle>
        <TicketLabel label={checkout.ticketLabel} />
        <div className="inline-wait">
          <Spinner />
          <p className="lead">{text.totem.printing.detail}</p>
        </div>
      </div>
    </section>
  );
}
