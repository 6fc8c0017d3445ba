import type { TechnicianSnapshot } from '../../domain/protocol/screens.ts';
import { formatDuration } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';

interface Props {
  readonly events: TechnicianSnapshot['sync']['setAside'];
  readonly at: number;
  readonly busy: boolean;
  readonly onRetry: () => void;
}

/** Events that are not sent any more, with their age and why. Nothing is shown while there are none. */
export function SetAsideCard({ events, at, busy, onRetry }: Props) {
  if (events.length === 0) return null;
  const words = text.technician;
  return (
    <section className="card stack" aria-labelledby="set-aside-title">
      <h2 id="set-aside-title">{words.setAside}</h2>
      <p className="soft">{words.setAsideDetail}</p>
      <dl className="facts tabular">
        {events.map(({ eventId, kind, at: since, outcome, reason }) => (
          <div key={eventId} className="troubled">
            <dt className="technical">{kind}</dt>
            <dd>
              {words.setAsideOutcome[outcome]} · {words.ago(formatDuration(Math.max(0, at - since)))}
              {reason !== null && <span className="soft technical"> {technicalWords(reason)}</span>}
            </dd>
          </div>
        ))}
      </dl>
      {events.some(({ outcome }) => outcome === 'set_aside') && (
        <Button variant="secondary" busy={busy} onPress={onRetry}>
          {words.setAsideRetry}
        </Button>
      )}
    </section>
  );
}
