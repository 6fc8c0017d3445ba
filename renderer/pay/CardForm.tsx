import { useEffect, useRef, useState } from 'react';
import type { CheckoutState } from '../../domain/protocol/checkouts.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { loadStripe, type StripeElements, type StripeJs } from './stripe-js.ts';
import type { Language, PayText } from './texts.ts';

interface Props {
  readonly form: NonNullable<CheckoutState['form']>;
  readonly amount: string;
  readonly language: Language;
  readonly text: PayText;
  /** The provider has taken the card. What came of it is for the server to say. */
  readonly onSubmitted: () => void;
}

interface Mounted {
  readonly stripe: StripeJs;
  readonly elements: StripeElements;
}

/** The provider's own form, in its frame: the card's number never touches this page. */
export function CardForm({ form, amount, language, text, onSubmitted }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [mounted, setMounted] = useState<Mounted | null>(null);
  const [attempt, setAttempt] = useState(1);
  const [isAway, setAway] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { scriptUrl, publishableKey, clientSecret } = form;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` begins it anew
  useEffect(() => {
    let destroy: (() => void) | null = null;
    let running = true;
    const fail = (): void => {
      if (running) setAway(true);
    };
    const mount = async (): Promise<void> => {
      const stripe = await loadStripe(scriptUrl, publishableKey);
      if (!running || place.current === null) return;
      const elements = stripe.elements({ clientSecret, locale: language });
      const element = elements.create('payment');
      destroy = () => element.destroy();
      element.on('ready', () => running && setMounted({ stripe, elements })).on('loaderror', fail);
      element.mount(place.current);
    };
    setAway(false);
    mount().catch((error: unknown) => {
      console.warn('no card form', error);
      fail();
    });
    return () => {
      running = false;
      destroy?.();
      setMounted(null);
    };
  }, [scriptUrl, publishableKey, clientSecret, language, attempt]);

  const pay = async ({ stripe, elements }: Mounted): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      const { error } = await stripe.confirmPayment({
        elements,
        redirect: 'if_required',
        confirmParams: { return_url: location.href },
      });
      if (error === undefined) onSubmitted();
      else if (error.type !== 'validation_error') setProblem(error.message ?? text.declined);
    } catch (error) {
      console.warn('the card was not sent', error);
      setProblem(text.formAway);
    } finally {
      setBusy(false);
    }
  };

  if (isAway)
    return (
      <>
        <Notice icon="offline" tone="warning" urgent>
          {text.formAway}
        </Notice>
        <Button size="large" onPress={() => setAttempt(attempt + 1)}>
          {text.tryAgain}
        </Button>
      </>
    );
  return (
    <>
      <h2>{text.card}</h2>
      <div className="pay-card" ref={place} />
      {mounted === null && (
        <p className="pay-wait" role="status">
          <Spinner /> {text.loading}
        </p>
      )}
      {problem !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {problem}
        </Notice>
      )}
      {mounted !== null && (
        <Button size="large" busy={busy} onPress={() => void pay(mounted)}>
          {busy ? text.paying : text.pay(amount)}
        </Button>
      )}
    </>
  );
}
