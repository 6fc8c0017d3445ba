import { useState } from 'react';
import { text } from '../i18n/text.ts';
import { useCommand } from '../shell/use-command.ts';
import { goToScreen } from '../shell/use-screen.ts';
import { Button } from '../ui/Button.tsx';
import { NumberPad } from '../ui/Keyboard.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { pinStore } from './technician-store.ts';

const PIN_MIN = 4;
const PIN_MAX = 8;

export function PinPad() {
  const [pin, setPin] = useState('');
  const { busy, refusal, send, clearRefusal } = useCommand();
  const ready = pin.length >= PIN_MIN;

  const type = (typed: string): void => {
    clearRefusal();
    setPin(typed.replace(/\D/g, '').slice(0, PIN_MAX));
  };
  const enter = async (): Promise<void> => {
    if (!ready) return;
    const result = await send({ kind: 'technician.unlock', pin });
    if (result === null) return;
    if (result.ok) pinStore.setState({ pin });
    else setPin('');
  };

  return (
    <main className="staff" data-view="pin">
      <form
        className="staff-form pin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        <ViewTitle>{text.technician.pinTitle}</ViewTitle>
        <div>
          <label className="field-label" htmlFor="pin">
            {text.technician.pinLabel}
          </label>
          <input
            id="pin"
            className="field pin-field"
            type="password"
            inputMode="none"
            autoComplete="off"
            value={pin}
            aria-describedby="pin-hint"
            onChange={(event) => type(event.target.value)}
          />
          <p id="pin-hint" className="field-hint">
            {text.technician.pinDetail}
          </p>
        </div>
        {refusal !== null && (
          <Notice icon="warning" tone="danger" urgent>
            {text.refusal[refusal.code]}
          </Notice>
        )}
        <NumberPad
          onKey={(key) => type(pin + key)}
          onErase={() => type(pin.slice(0, -1))}
          onEraseAll={() => type('')}
        />
        <div className="staff-form-actions">
          <Button variant="secondary" onPress={() => goToScreen('totem')}>
            {text.technician.toTotem}
          </Button>
          <Button disabled={!ready} busy={busy !== null} onPress={enter}>
            {text.technician.enter}
          </Button>
        </div>
      </form>
    </main>
  );
}
