import { useEffect, useState } from 'react';
import { formatForeign } from '../pay/format-foreign.ts';
import { type Language, TEXTS } from '../pay/texts.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { ReceiptForm } from './ReceiptForm.tsx';
import { type PageAnswer, readReceiptPage } from './receipt-page-api.ts';
import { RECEIPT_TEXTS } from './texts.ts';

interface Props {
  readonly token: string;
  readonly language: Language;
}

/** The page that the code on the ticket's paper opens, on the customer's phone. */
export function ReceiptPage({ token, language }: Props) {
  const text = RECEIPT_TEXTS[language];
  const [answer, setAnswer] = useState<PageAnswer | null>(null);

  useEffect(() => {
    let running = true;
    void readReceiptPage(token).then((told) => running && setAnswer(told));
    return () => {
      running = false;
    };
  }, [token]);
  const tryAgain = (): void => {
    setAnswer(null);
    void readReceiptPage(token).then(setAnswer);
  };

  if (answer === null)
    return (
      <main className="pay" data-view="loading">
        <h1>{text.title}</h1>
        <p className="pay-wait" role="status">
          <Spinner /> {text.loading}
        </p>
      </main>
    );
  if (!answer.ok) {
    const isUnknown = answer.problem === 'unknown';
    return (
      <main className="pay" data-view={answer.problem}>
        <h1>{text.title}</h1>
        <section className="pay-result pay-unknown" role="status">
          <Icon name={isUnknown ? 'warning' : 'offline'} />
          {isUnknown && <h2>{text.unknown.title}</h2>}
          <p>
            {isUnknown ? text.unknown.detail : text[answer.problem === 'tooFast' ? 'tooFast' : 'offline']}
          </p>
        </section>
        {!isUnknown && (
          <Button variant="secondary" onPress={tryAgain}>
            {TEXTS[language].tryAgain}
          </Button>
        )}
      </main>
    );
  }
  const { merchantName, serviceName, ticketLabel, amountCents, currency, requested } = answer.state;
  return (
    <main className="pay" data-view="form">
      <h1>{merchantName}</h1>
      <p className="pay-order">
        <span>
          {serviceName} · {text.ticket(ticketLabel)}
        </span>
        <strong className="tabular">{formatForeign(amountCents, currency, language)}</strong>
      </p>
      <ReceiptForm token={token} language={language} requested={requested} />
    </main>
  );
}
