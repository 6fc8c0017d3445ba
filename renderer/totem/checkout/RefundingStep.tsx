import { formatMoney } from '../../i18n/format.ts';
import { text } from '../../i18n/text.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { ViewTitle } from '../../ui/ViewTitle.tsx';
import { CLOSE_SCREEN_ONLY_MS } from '../timing.ts';
import { ClosingActions } from './ClosingActions.tsx';
import type { StepProps } from './step.ts';

/** Money came that cannot buy the ticket. The two figures and the way back; the word "paid" does not occur. */
export function RefundingStep({ checkout }: StepProps<'refunding'>) {
  const words = text.totem.refunding;
  const { receivedCurrency } = checkout;
  return (
    <section className="view">
      <div className="view-fill">
        <span className="big-mark tone-warning">
          <Icon name="money" />
        </span>
        <ViewTitle>
          {receivedCurrency === null ? words.title[checkout.reason] : words.otherCurrency}
        </ViewTitle>
        <dl className="panel-box amounts tabular">
          <div>
            <dt>{words.due}</dt>
            <dd>{formatMoney(checkout.amountCents, checkout.currency)}</dd>
          </div>
          <div>
            <dt>{words.received}</dt>
            <dd>{formatMoney(checkout.receivedCents, receivedCurrency ?? checkout.currency)}</dd>
          </div>
        </dl>
        <p className="lead">{words.detail}</p>
        <Notice
          icon={checkout.status === 'failed' ? 'warning' : 'info'}
          tone={checkout.status === 'failed' ? 'warning' : 'calm'}
        >
          {words.status[checkout.status]}
        </Notice>
      </div>
      <ClosingActions
        sessionId={checkout.sessionId}
        label={words.done}
        closesAfterMs={CLOSE_SCREEN_ONLY_MS}
      />
    </section>
  );
}
