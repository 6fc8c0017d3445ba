import { useState } from 'react';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { keepToken, tokenStore } from './token-store.ts';

export function TokenForm() {
  const refused = tokenStore((state) => state.refused);
  const [token, setToken] = useState('');
  const given = token.trim();
  const enter = (): void => {
    if (given !== '') keepToken(given);
  };
  return (
    <main className="staff" data-view="token">
      <form
        className="staff-form"
        onSubmit={(event) => {
          event.preventDefault();
          enter();
        }}
      >
        <ViewTitle>{text.admin.tokenTitle}</ViewTitle>
        <div>
          <label className="field-label" htmlFor="token">
            {text.admin.tokenLabel}
          </label>
          <input
            id="token"
            className="field"
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={token}
            aria-describedby="token-hint"
            onChange={(event) => setToken(event.target.value)}
          />
          <p id="token-hint" className="field-hint">
            {text.admin.tokenDetail}
          </p>
        </div>
        {refused && (
          <Notice icon="warning" tone="danger" urgent>
            {text.admin.tokenRefused}
          </Notice>
        )}
        <Button disabled={given === ''} onPress={enter}>
          {text.admin.enter}
        </Button>
      </form>
    </main>
  );
}
