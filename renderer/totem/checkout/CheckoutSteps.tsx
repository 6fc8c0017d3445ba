import { text } from '../../i18n/text.ts';
import type { RunningCheckout } from '../navigation.ts';
import { CardStep } from './CardStep.tsx';
import { CreatingStep } from './CreatingStep.tsx';
import { EndedStep } from './EndedStep.tsx';
import { IssuingStep } from './IssuingStep.tsx';
import { PayingStep } from './PayingStep.tsx';
import { PrintingStep } from './PrintingStep.tsx';
import { RefundingStep } from './RefundingStep.tsx';
import { TicketStep } from './TicketStep.tsx';

/** The session's views. The key makes each step and each session begin with fresh timers. */
export function CheckoutSteps({ checkout }: { readonly checkout: RunningCheckout }) {
  const byCard = checkout.method === 'card';
  const key = `${checkout.sessionId}/${checkout.step}`;
  switch (checkout.step) {
    case 'creating_charge':
      return <CreatingStep key={key} checkout={checkout} />;
    case 'awaiting_payment':
    case 'awaiting_authorisation':
      return <PayingStep key={key} checkout={checkout} />;
    case 'awaiting_card':
      return <CardStep key={key} checkout={checkout} />;
    case 'issuing':
      return <IssuingStep key={key} checkout={checkout} />;
    case 'refunding':
      return <RefundingStep key={key} checkout={checkout} />;
    case 'printing':
      return <PrintingStep key={key} checkout={checkout} />;
    case 'ticket':
      return <TicketStep key={key} checkout={checkout} />;
    case 'expired':
      return (
        <EndedStep
          key={key}
          sessionId={checkout.sessionId}
          icon="clock"
          words={byCard ? text.totem.card.expired : text.totem.expired}
        />
      );
    case 'cancelled':
      return (
        <EndedStep
          key={key}
          sessionId={checkout.sessionId}
          icon="info"
          words={byCard ? text.totem.card.cancelled : text.totem.cancelled}
        />
      );
    case 'failed':
      return (
        <EndedStep
          key={key}
          sessionId={checkout.sessionId}
          icon="warning"
          words={{
            title: text.totem.failed.title,
            detail: (byCard ? text.totem.card.reason : text.totem.failed.reason)[checkout.reason],
            ifPaid: text.totem.failed.advice[checkout.reason],
            again: text.totem.failed.again,
          }}
        />
      );
  }
}
