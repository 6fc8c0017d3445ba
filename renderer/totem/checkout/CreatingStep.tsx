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

export function CreatingStep({ checkout }: StepProps<'creating_charge'>) {
  const now = useHostNow(totemStore) ?? checkout.openedAt;
  const { busy, refusal, send } = useCommand();
  return (
    <section className="view">
      <OrderLine service={checkout.service} amountCents={checkout.amountCents} currency={checkout.currency} />
      <div className="view-fill">
        <Spinner />
        <ViewTitle>
          {checkout.method === 'card' ? text.totem.card.creating : text.totem.creating.title}
        </ViewTitle>
        {checkout.problem === null ? (
          <p className="lead">{text.totem.creating.detail}</p>
        ) : (
          <>
            <Notice icon="offline" tone="warning">
              {checkout.method === 'card' && checkout.problem === 'provider_unavailable'
                ? text.totem.card.providerUnavailable
                : text.totem.creating[checkout.problem]}
            </Notice>
            <p className="soft tabular">
              {text.totem.creating.givesUpIn(formatCountdown(checkout.givesUpAt - now))}
            </p>
          </>
        )}
        {refusal !== null && (
          <Notice icon="warning" tone="danger" urgent>
            {text.refusal[refusal.code]}
          </Notice>
        )}
      </div>
      <div className="view-actions">
        <Button
          variant="secondary"
          size="large"
          busy={busy !== null}
          onPress={() => send({ kind: 'checkout.cancel', sessionId: checkout.sessionId })}
        >
          {text.totem.creating.cancel}
        </Button>
      </div>
    </section>
  );
}
