import { secondsLeft } from '../../i18n/format.ts';
import { text } from '../../i18n/text.ts';
import { useCommand } from '../../shell/use-command.ts';
import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { CLOSE_WARNING_MS } from '../timing.ts';
import { useDeadline } from '../use-deadline.ts';

interface Props {
  readonly sessionId: string;
  readonly label: string;
  readonly closesAfterMs: number;
}

/** Leaves the last screen of a session: by the customer's touch, or by itself with a warning and more time on offer. */
export function ClosingActions({ sessionId, label, closesAfterMs }: Props) {
  const { busy, refusal, send } = useCommand();
  const dismiss = (): void => void send({ kind: 'checkout.dismiss', sessionId });
  const { remainingMs, extend } = useDeadline(closesAfterMs, dismiss);
  const closing = remainingMs <= CLOSE_WARNING_MS;
  return (
    <>
      {refusal !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.refusal[refusal.code]}
        </Notice>
      )}
      <div className="view-actions closing-actions">
        {/* Its place is kept before the warning, so that nothing jumps under a finger. */}
        <p className="soft tabular closing-words">
          {closing && text.totem.closing.in(secondsLeft(remainingMs))}
        </p>
        {closing && (
          <Button variant="secondary" onPress={extend}>
            {text.totem.closing.moreTime}
          </Button>
        )}
        <Button size="large" busy={busy !== null} onPress={dismiss}>
          {label}
        </Button>
      </div>
    </>
  );
}
