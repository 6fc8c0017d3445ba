import { type FormEvent, useState } from 'react';
import type { Language } from '../pay/texts.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Notice } from '../ui/Notice.tsx';
import { leaveAddress, type PageProblem } from './receipt-page-api.ts';
import { RECEIPT_TEXTS } from './texts.ts';

interface Props {
  /** Of the receipt page. */
  readonly token: string;
  readonly language: Language;
  /** An address was left before. */
  readonly requested: boolean;
}

/** Takes the address to which confirmation and receipt go; one that was mistyped is mended the same way. */
export function ReceiptForm({ token, language, requested }: Props) {
  const text = RECEIPT_TEXTS[language];
  const [email, setEmail] = useState('');
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [isOpen, setOpen] = useState(!requested);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<PageProblem | null>(null);

  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const answer = await leaveAddress(token, email);
    setBusy(false);
    setProblem(answer.ok ? null : answer.problem);
    if (!answer.ok) return;
    setSentTo(email.trim());
    setOpen(false);
  };

  if (!isOpen)
    return (
      <section className="receipt-ask">
        <div role="status" className="receipt-sent">
          <h2>
            <Icon name="check" /> {text.sent.title}
          </h2>
          {sentTo !== null && <p className="receipt-address">{text.sentTo(sentTo)}</p>}
          <p>{text.sent.detail}</p>
        </div>
        <Button variant="secondary" onPress={() => setOpen(true)}>
          {text.again}
        </Button>
      </section>
    );
  return (
    <form className="receipt-ask" noValidate onSubmit={(event) => void send(event)}>
      <h2>{text.ask}</h2>
      <div>
        <label className="field-label" htmlFor="receipt-email">
          {text.label}
        </label>
        <input
          id="receipt-email"
          className="field"
          type="email"
          inputMode="email"
          autoComplete="email"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          value={email}
          aria-invalid={problem === 'invalid' || undefined}
          aria-describedby={problem === 'invalid' ? 'receipt-problem receipt-why' : 'receipt-why'}
          onChange={(event) => setEmail(event.target.value)}
        />
        <p id="receipt-why" className="field-hint">
          {text.why}
        </p>
      </div>
      {problem !== null && (
        <Notice id="receipt-problem" icon="warning" tone="danger" urgent>
          {problem === 'unknown' ? text.unknown.detail : text[problem]}
        </Notice>
      )}
      <Button size="large" busy={busy}>
        {busy ? text.sending : text.send}
      </Button>
    </form>
  );
}
