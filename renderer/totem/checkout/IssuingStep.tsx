import { formatCountdown } from '../../i18n/format.ts';
import { text } from '../../i18n/text.ts';
import { useCommand } from '../../shell/use-command.ts';
import { useHostNow } from '../../shell/use-now.ts';
import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Spinner } from '../../ui/Spinner.tsx';
import { ViewTitle } from '../../ui/ViewTitle.tsx';
import { totemStore } from '../stores.ts';
import { OrderLine } from './OrderLine.tsx';
import type { StepProps } from './step.ts';
import { TicketLabel } from './TicketLabel.tsx';

/**
 * The money has come, which the server has confirmed; the ticket is being asked for. Its number is told, as what it is:
 * what to say at a counter, no ticket yet. The kiosk ends the step by itself, so that nobody has to stay for it.
 */
export function IssuingStep({ checkout }: StepProps<'issuing'>) {
  const words = text.totem.issuing;
  const now = useHostNow(totemStore) ?? checkout.leavesAt;
  const { busy, refusal, send } = useCommand();
  return (
    <section className="view">
      <OrderLine service={checkout.service} amountCents={checkout.amountCents} currency={checkout.currency} />
      <div className="view-fill" aria-busy="true">
        <ViewTitle>{words.title}</ViewTitle>
        <div className="inline-wait">
          <Spinner />
          <p className="lead">{words.detail}</p>
        </div>
        <TicketLabel label={checkout.ticketLabel} caption={words.label} />
        <Notice icon="info" tone="calm">
          {words.advice}
        </Notice>
        {refusal !== null && (
          <Notice icon="warning" tone="danger" urgent>
            {text.refusal[refusal.code]}
          </Notice>
        )}
      </div>
      <div className="view-actions closing-actions">
        <p className="soft tabular closing-words">
          {words.leavesIn(formatCountdown(checkout.leavesAt - now))}
        </p>
        <Button
          variant="secondary"
          size="large"
          busy={busy !== null}
          onPress={() => send({ kind: 'checkout.dismiss', sessionId: checkout.sessionId })}
        >
          {words.done}
        </Button>
      </div>
    </section>
  );
}
