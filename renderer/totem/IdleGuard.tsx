import { useEffect, useState } from 'react';
import { secondsLeft } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { IDLE_MS, IDLE_WARNING_MS } from './timing.ts';
import { useDeadline } from './use-deadline.ts';

const SIGNS_OF_LIFE = ['pointerdown', 'keydown'] as const;

/** Asks after a silence whether somebody is still there, and lets the next customer find a clean start. */
export function IdleGuard({ onLeft }: { readonly onLeft: () => void }) {
  const [asking, setAsking] = useState(false);
  const silence = useDeadline(IDLE_MS, () => setAsking(true));
  const { extend } = silence;
  useEffect(() => {
    for (const sign of SIGNS_OF_LIFE) window.addEventListener(sign, extend);
    return () => {
      for (const sign of SIGNS_OF_LIFE) window.removeEventListener(sign, extend);
    };
  }, [extend]);

  if (!asking) return null;
  const stay = (): void => {
    setAsking(false);
    extend();
  };
  return <StillThere onStay={stay} onLeft={onLeft} />;
}

function StillThere({ onStay, onLeft }: { readonly onStay: () => void; readonly onLeft: () => void }) {
  const { remainingMs } = useDeadline(IDLE_WARNING_MS, onLeft);
  return (
    <Dialog title={text.totem.idle.title} onDismiss={onStay}>
      <p className="tabular">{text.totem.idle.detail(secondsLeft(remainingMs))}</p>
      <div className="dialog-actions">
        <Button onPress={onStay} autoFocus>
          {text.totem.idle.moreTime}
        </Button>
        <Button variant="secondary" onPress={onLeft}>
          {text.totem.idle.leave}
        </Button>
      </div>
    </Dialog>
  );
}
