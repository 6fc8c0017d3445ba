import { Icon, type IconName } from '../../ui/Icon.tsx';
import { ViewTitle } from '../../ui/ViewTitle.tsx';
import { CLOSE_ENDED_MS } from '../timing.ts';
import { ClosingActions } from './ClosingActions.tsx';

interface Props {
  readonly sessionId: string;
  readonly icon: IconName;
  readonly words: {
    readonly title: string;
    readonly detail: string;
    /** What matters most to somebody who has paid after all. */
    readonly ifPaid: string;
    readonly again: string;
  };
}

/** A session that ended without a ticket: why, what it means for the money, and the way out. */
export function EndedStep({ sessionId, icon, words }: Props) {
  return (
    <section className="view">
      <div className="view-fill">
        <span className="big-mark tone-warning">
          <Icon name={icon} />
        </span>
        <ViewTitle>{words.title}</ViewTitle>
        <p className="lead">{words.detail}</p>
        <p className="panel-box strong-advice">{words.ifPaid}</p>
      </div>
      <ClosingActions sessionId={sessionId} label={words.again} closesAfterMs={CLOSE_ENDED_MS} />
    </section>
  );
}
