import { text } from '../../i18n/text.ts';
import { Notice } from '../../ui/Notice.tsx';
import { Spinner } from '../../ui/Spinner.tsx';
import { ViewTitle } from '../../ui/ViewTitle.tsx';
import { OrderLine } from './OrderLine.tsx';
import type { StepProps } from './step.ts';

/** The money has come, which the server has confirmed; the ticket is being asked for. No number is promised yet. */
export function IssuingStep({ checkout }: StepProps<'issuing'>) {
  const words = text.totem.issuing;
  return (
    <section className="view" aria-busy="true">
      <OrderLine service={checkout.service} amountCents={checkout.amountCents} />
      <div className="view-fill">
        <ViewTitle>{words.title}</ViewTitle>
        <div className="inline-wait">
          <Spinner />
          <p className="lead">{words.detail}</p>
        </div>
        <Notice icon="info" tone="calm">
          {words.advice}
        </Notice>
      </div>
    </section>
  );
}
