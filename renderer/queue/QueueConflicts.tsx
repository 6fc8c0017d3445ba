import { useState } from 'react';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';

interface Props {
  readonly snapshot: QueueSnapshot;
  readonly counter: string;
  /** Whether the counter has no ticket now: it has to be said, as the operator believed to have one. */
  readonly isFree: boolean;
}

/** Calls of this counter that were made without the server, and lost: who has the ticket now. */
export function QueueConflicts({ snapshot, counter, isFree }: Props) {
  const [seen, setSeen] = useState<readonly string[]>([]);
  const lost = snapshot.conflicts.filter(
    (conflict) => conflict.yourCounter === counter && !seen.includes(keyOf(conflict)),
  );
  return lost.map((conflict) => (
    <Notice key={keyOf(conflict)} icon="warning" tone="warning" urgent>
      <div className="lost-call">
        <p>
          <strong>
            {conflict.winner === null
              ? text.queue.lostNoOne(conflict.label)
              : text.queue.lostTo(conflict.label, conflict.winner)}
          </strong>
        </p>
        <p>
          {conflict.winner === null ? text.queue.lostBack : text.queue.lostDetail(counter)}
          {isFree && ` ${text.queue.lostFree}`}
        </p>
        <Button
          variant="secondary"
          label={text.queue.lostSeenTicket(conflict.label)}
          onPress={() => setSeen([...seen, keyOf(conflict)])}
        >
          {text.queue.lostSeen}
        </Button>
      </div>
    </Notice>
  ));
}

function keyOf({ ticketId, at }: QueueSnapshot['conflicts'][number]): string {
  return `${ticketId} ${at}`;
}
