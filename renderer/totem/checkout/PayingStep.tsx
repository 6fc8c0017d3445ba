import { useState } from 'react';
import { formatMoney } from '../../i18n/format.ts';
import { text } from '../../i18n/text.ts';
import { useCommand } from '../../shell/use-command.ts';
import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { QrCode } from '../../ui/QrCode.tsx';
import { ViewTitle } from '../../ui/ViewTitle.tsx';
import { CancelDialog, CodeDialog } from './PayingDialogs.tsx';
import { PaymentCountdown } from './PaymentCountdown.tsx';
import type { StepProps } from './step.ts';

/** What the customer's phone reads: the PIX itself, or the page on which the customer's bank asks for consent. */
export function PayingStep({ checkout }: StepProps<'awaiting_payment' | 'awaiting_authorisation'>) {
  const [code, words] =
    checkout.step === 'awaiting_payment'
      ? [checkout.brCode, text.totem.paying]
      : [checkout.authorisationUrl, text.totem.authorising];
  const [dialog, setDialog] = useState<'code' | 'cancel' | null>(null);
  const { busy, refusal, send } = useCommand();
  const close = (): void => setDialog(null);
  const cancel = (): void => {
    close();
    void send({ kind: 'checkout.cancel', sessionId: checkout.sessionId });
  };
  return (
    <section className="view paying">
      <div className="paying-code">
        <QrCode text={code} label={words.qrLabel} />
      </div>
      <div className="paying-words">
        <div className="paying-head">
          <div>
            <ViewTitle>{words.title}</ViewTitle>
            <p className="caption">{checkout.service.name}</p>
          </div>
          <p className="price-large tabular">{formatMoney(checkout.amountCents)}</p>
        </div>
        <ol className="numbered">
          {words.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <PaymentCountdown expiresAt={checkout.expiresAt} />
        {refusal !== null && (
          <Notice icon="warning" tone="danger" urgent>
            {text.refusal[refusal.code]}
          </Notice>
        )}
      </div>
      <div className="view-actions">
        <Button variant="danger" busy={busy !== null} onPress={() => setDialog('cancel')}>
          {words.cancel}
        </Button>
        <Button variant="secondary" onPress={() => setDialog('code')}>
          {words.showCode}
        </Button>
      </div>
      {dialog === 'code' && <CodeDialog code={code} words={words} onClose={close} />}
      {dialog === 'cancel' && <CancelDialog onKeep={close} onCancel={cancel} />}
    </section>
  );
}
