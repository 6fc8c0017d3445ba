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

/** The page of the payment as a QR code: the card is typed on the customer's own phone. In Portuguese and English. */
export function CardStep({ checkout }: StepProps<'awaiting_card'>) {
  const words = text.totem.card;
  const [dialog, setDialog] = useState<'code' | 'cancel' | null>(null);
  const { busy, refusal, send } = useCommand();
  const close = (): void => setDialog(null);
  const cancel = (): void => {
    close();
    void send({ kind: 'checkout.cancel', sessionId: checkout.sessionId });
  };
  return (
    <section className="view paying paying-card">
      <div className="paying-code">
        <QrCode text={checkout.checkoutUrl} label={words.qrLabel} />
      </div>
      <div className="paying-words">
        <div className="paying-head">
          <div>
            <ViewTitle>{words.title}</ViewTitle>
            <p className="caption">{checkout.service.name}</p>
          </div>
          <p className="price-large tabular">{formatMoney(checkout.amountCents, checkout.currency)}</p>
        </div>
        <ol className="numbered">
          {words.steps.map(([here, english]) => (
            <li key={here}>
              <span className="two-languages">
                <span>{here}</span>
                <span lang="en">{english}</span>
              </span>
            </li>
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
          {text.totem.paying.cancel} <span lang="en">/ {words.cancelEnglish}</span>
        </Button>
        <Button variant="secondary" onPress={() => setDialog('code')}>
          {words.showCode} <span lang="en">/ {words.showCodeEnglish}</span>
        </Button>
      </div>
      {dialog === 'code' && <CodeDialog code={checkout.checkoutUrl} words={words} onClose={close} />}
      {dialog === 'cancel' && <CancelDialog onKeep={close} onCancel={cancel} />}
    </section>
  );
}
