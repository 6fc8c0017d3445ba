import { useState } from 'react';
import type { CheckoutState } from '../../domain/protocol/checkouts.ts';
import { formatCountdown } from '../i18n/format.ts';
import { ReceiptForm } from '../receipt/ReceiptForm.tsx';
import { Icon, type IconName } from '../ui/Icon.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { CardForm } from './CardForm.tsx';
import { formatForeign } from './format-foreign.ts';
import { type PayView, payView } from './pay-view.ts';
import { type Language, type PayText, TEXTS } from './texts.ts';
import { useCheckout } from './use-checkout.ts';

interface Props {
  readonly token: string;
  readonly language: Language;
  /** The customer comes back from a page of the bank's, where the card was taken. */
  readonly submitted: boolean;
}

/** The customer's page of a card payment, on a phone. */
export function PayPage({ token, language, submitted: submittedBefore }: Props) {
  const text = TEXTS[language];
  const [submitted, setSubmitted] = useState(submittedBefore);
  const { state, isUnknown, isOffline, remainingMs } = useCheckout(token);
  const view = payView({ state, isUnknown, submitted, remainingMs });
  const receiptToken = view.name === 'paid' ? (state?.receiptToken ?? null) : null;
  return (
    <main className="pay" data-view={view.name}>
      <h1>{state === null ? text.title : state.merchantName}</h1>
      {state !== null && <Order state={state} language={language} />}
      {isOffline && (
        <Notice icon="offline" tone="warning">
          {text.offline}
        </Notice>
      )}
      {view.name === 'form' && state !== null ? (
        <>
          <p className="pay-time tabular">
            <Icon name="clock" /> {text.timeLeft(formatCountdown(remainingMs))}
          </p>
          <CardForm
            form={view.form}
            amount={formatForeign(state.amountCents, state.currency, language)}
            language={language}
            text={text}
            onSubmitted={() => setSubmitted(true)}
          />
        </>
      ) : (
        <Result view={view} text={text} />
      )}
      {receiptToken !== null && <ReceiptForm token={receiptToken} language={language} requested={false} />}
    </main>
  );
}

function Order({ state, language }: { readonly state: CheckoutState; readonly language: Language }) {
  return (
    <p className="pay-order">
      <span>{state.serviceName}</span>
      <strong className="tabular">{formatForeign(state.amountCents, state.currency, language)}</strong>
    </p>
  );
}

type Ending = Exclude<PayView['name'], 'form' | 'loading' | 'processing'>;
const ICONS: Readonly<Record<Ending, IconName>> = {
  paid: 'check',
  expired: 'clock',
  closed: 'info',
  unknown: 'warning',
};

function Result({ view, text }: { readonly view: PayView; readonly text: PayText }) {
  if (view.name === 'form' || view.name === 'loading')
    return (
      <p className="pay-wait" role="status">
        <Spinner /> {text.loading}
      </p>
    );
  const words = text[view.name];
  return (
    <section className={`pay-result pay-${view.name}`} role="status">
      {view.name === 'processing' ? <Spinner /> : <Icon name={ICONS[view.name]} />}
      <h2>{words.title}</h2>
      <p>{words.detail}</p>
    </section>
  );
}
