import { useState } from 'react';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { CodeKeyboard } from '../ui/Keyboard.tsx';
import { cleanCode, isWholeCode, shownCode } from './enrolment-code-input.ts';

interface Props {
  readonly busy: boolean;
  readonly onEnrol: (code: string) => void;
  /** Null where there is nothing to go back to. */
  readonly onCancel: (() => void) | null;
}

/** Takes the code of a note, by keys on the page or a real keyboard. */
export function EnrolForm({ busy, onEnrol, onCancel }: Props) {
  const words = text.technician.identity;
  const [code, setCode] = useState('');
  const ready = isWholeCode(code);
  const type = (typed: string): void => setCode(cleanCode(typed));
  const enrol = (): void => {
    if (ready && !busy) onEnrol(code);
  };
  return (
    <form
      className="enrol-form"
      onSubmit={(event) => {
        event.preventDefault();
        enrol();
      }}
    >
      <label className="field-label" htmlFor="enrol-code">
        {words.code}
      </label>
      <input
        id="enrol-code"
        className="field tabular code-field"
        type="text"
        inputMode="none"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        value={shownCode(code)}
        aria-describedby="enrol-hint"
        onChange={(event) => type(event.target.value)}
      />
      <p id="enrol-hint" className="field-hint">
        {words.codeHint}
      </p>
      <CodeKeyboard
        onKey={(key) => type(code + key)}
        onErase={() => type(code.slice(0, -1))}
        onEraseAll={() => type('')}
      />
      <div className="enrol-actions">
        {onCancel !== null && (
          <Button variant="secondary" onPress={onCancel}>
            {text.common.cancel}
          </Button>
        )}
        <Button disabled={!ready} busy={busy} onPress={enrol}>
          {words.enrol}
        </Button>
      </div>
    </form>
  );
}
