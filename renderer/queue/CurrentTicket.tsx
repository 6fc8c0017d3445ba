import type { ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { formatDuration } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { useHostNow } from '../shell/use-now.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';
import { TakePayment } from './CounterMoney.tsx';
import { queueStore } from './queue-store.ts';
import { actionsFor, type MoneyAction, SHORTCUTS, type TicketAction } from './queue-view.ts';
import { TicketDue } from './TicketDue.tsx';

interface Props {
  readonly ticket: TicketView | null;
  readonly busy: ScreenCommand['kind'] | null;
  readonly onAct: (kind: TicketAction | MoneyAction, ticketId: string) => void;
}

const LABELS: Record<TicketAction, string> = {
  'queue.start': text.queue.start,
  'queue.recall': text.queue.recall,
  'queue.no_show': text.queue.noShow,
  'queue.complete': text.queue.complete,
};

export function CurrentTicket({ ticket, busy, onAct }: Props) {
  const now = useHostNow(queueStore);
  return (
    <section className="card current" aria-labelledby="current-title" data-status={ticket?.status ?? 'none'}>
      <h2 id="current-title">{text.queue.current}</h2>
      {ticket === null ? (
        <Message icon="ticket" title={text.queue.noCurrent}>
          <p>{text.queue.noCurrentDetail}</p>
        </Message>
      ) : (
        <>
          <div className="current-words" aria-live="polite">
            <p className="current-label tabular">{ticket.label}</p>
            <div>
              <p className="current-service">{ticket.serviceName}</p>
              <p className="badge tone-good">{text.queue.status[ticket.status]}</p>{' '}
              <TicketDue ticket={ticket} />
            </div>
          </div>
          <p className="soft tabular">
            {text.queue.calledTimes(ticket.callCount)}
            {now !== null && ` · ${text.technician.ago(formatDuration(now - sinceOf(ticket)))}`}
          </p>
          {ticket.payment === 'at_counter' && (
            <TakePayment ticket={ticket} busy={busy !== null} shortcut onAct={onAct} />
          )}
          <div className="current-actions">
            {actionsFor(ticket).map((kind, index) => (
              <Button
                key={kind}
                variant={index === 0 ? 'primary' : 'secondary'}
                busy={busy !== null}
                keyShortcut={SHORTCUTS[kind]}
                onPress={() => onAct(kind, ticket.ticketId)}
              >
                {LABELS[kind]}
                <kbd>{SHORTCUTS[kind]}</kbd>
              </Button>
            ))}
          </div>
        </>
      )}
    </section>
  );
}

/** Since when the ticket is in the state that it is in, epoch ms. */
function sinceOf(ticket: TicketView): number {
  return ticket.startedAt ?? ticket.calledAt ?? ticket.issuedAt;
}
