import { useState } from 'react';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import { formatDuration } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { useHostNow } from '../shell/use-now.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Notice } from '../ui/Notice.tsx';
import { queueStore } from './queue-store.ts';

type Rescuable = QueueSnapshot['rescuable'][number];

const PAPER_TONE = { printing: 'calm', printed: 'good', failed: 'warning' } as const;

interface Props {
  readonly rescuable: readonly Rescuable[];
  readonly papers: QueueSnapshot['rescuePapers'];
  readonly busy: boolean;
  readonly onRescue: (sessionId: string) => void;
}

/** What totems that are gone have left undone, and what became of the papers printed in their place. */
export function RescueList({ rescuable, papers, busy, onRescue }: Props) {
  const [asked, setAsked] = useState<Rescuable | null>(null);
  const now = useHostNow(queueStore);
  const words = text.queue.rescue;
  if (rescuable.length === 0 && papers.length === 0) return null;
  return (
    <section className="card rescue" aria-labelledby="rescue-title">
      <h2 id="rescue-title">
        {words.title} <span className="count tabular">{rescuable.length}</span>
      </h2>
      {rescuable.length > 0 && <p className="soft">{words.detail}</p>}
      <ul>
        {rescuable.map((each) => (
          <li key={each.sessionId} className="ticket-row">
            <span className="table-label tabular">{each.label}</span>
            <span className="ticket-row-service">
              {each.serviceName}
              <span className="soft rescue-where">
                {words.where[each.lacks](each.kioskId, now === null ? '' : formatDuration(now - each.since))}
              </span>
            </span>
            <Button
              busy={busy}
              label={words.issueTicket[each.lacks](each.label)}
              onPress={() => setAsked(each)}
            >
              {words.issue[each.lacks]}
            </Button>
          </li>
        ))}
      </ul>
      <div aria-live="polite" className="rescue-papers">
        {papers.map(({ ticketId, label, status }) => (
          <Notice key={ticketId} icon="printer" tone={PAPER_TONE[status]}>
            {words.paper[status](label)}
          </Notice>
        ))}
      </div>
      {asked !== null && (
        <Dialog title={`${words.issueTicket[asked.lacks](asked.label)}?`} onDismiss={() => setAsked(null)}>
          <p>{words.askDetail(asked.label)}</p>
          <p>{words.askPaper}</p>
          <div className="dialog-actions">
            <Button variant="secondary" onPress={() => setAsked(null)}>
              {text.common.cancel}
            </Button>
            <Button
              onPress={() => {
                setAsked(null);
                onRescue(asked.sessionId);
              }}
            >
              {words.issue[asked.lacks]}
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
