import type { ReactNode } from 'react';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { formatDuration } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { useHostNow } from '../shell/use-now.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';
import { CounterMoney } from './CounterMoney.tsx';
import { queueStore } from './queue-store.ts';
import type { MoneyAction } from './queue-view.ts';
import { RescueList } from './RescueList.tsx';
import { TicketDue } from './TicketDue.tsx';

interface Props {
  readonly snapshot: QueueSnapshot;
  readonly others: readonly TicketView[];
  readonly busy: boolean;
  readonly onAct: (kind: MoneyAction | 'queue.return', ticketId: string) => void;
  readonly onRescue: (sessionId: string) => void;
}

export function QueueLists({ snapshot, others, busy, onAct, onRescue }: Props) {
  return (
    <div className="lists">
      <RescueList
        rescuable={snapshot.rescuable}
        papers={snapshot.rescuePapers}
        busy={busy}
        onRescue={onRescue}
      />
      <WaitingList tickets={snapshot.waiting} />
      <CounterMoney atCounter={snapshot.atCounter} busy={busy} onAct={onAct} />
      {snapshot.arriving.length > 0 && (
        <TicketList
          title={text.queue.arriving}
          detail={text.queue.arrivingDetail}
          tickets={snapshot.arriving}
        >
          {(ticket) => <span className="badge">{text.queue.status[ticket.status]}</span>}
        </TicketList>
      )}
      {others.length > 0 && (
        <TicketList title={text.queue.others} tickets={others}>
          {(ticket) => (
            <span className="soft">
              {ticket.counter} · {text.queue.status[ticket.status]}
            </span>
          )}
        </TicketList>
      )}
      {snapshot.noShows.length > 0 && (
        <TicketList title={text.queue.noShows} tickets={snapshot.noShows}>
          {(ticket) => (
            <Button
              variant="secondary"
              busy={busy}
              label={text.queue.returnTicket(ticket.label)}
              onPress={() => onAct('queue.return', ticket.ticketId)}
            >
              {text.queue.returnToQueue}
            </Button>
          )}
        </TicketList>
      )}
      {snapshot.voided.length > 0 && (
        <TicketList title={text.queue.voided} detail={text.queue.voidedDetail} tickets={snapshot.voided}>
          {() => null}
        </TicketList>
      )}
    </div>
  );
}

function WaitingList({ tickets }: { readonly tickets: readonly TicketView[] }) {
  const now = useHostNow(queueStore);
  return (
    <section className="card" aria-labelledby="waiting-title">
      <h2 id="waiting-title">
        {text.queue.waiting} <span className="count tabular">{tickets.length}</span>
      </h2>
      {tickets.length === 0 ? (
        <Message icon="person" title={text.queue.nobodyWaiting}>
          <p>{text.queue.nobodyWaitingDetail}</p>
        </Message>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{text.queue.ticket}</th>
              <th scope="col">{text.queue.service}</th>
              <th scope="col">{text.queue.waitingFor}</th>
            </tr>
          </thead>
          <tbody>
            {tickets.map((ticket) => (
              <tr key={ticket.ticketId}>
                <td className="table-label">{ticket.label}</td>
                <td>
                  {ticket.serviceName} <TicketDue ticket={ticket} />
                </td>
                <td className="waited">
                  {now === null ? '' : formatDuration(now - (ticket.queuedAt ?? ticket.issuedAt))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface TicketListProps {
  readonly title: string;
  readonly detail?: string;
  readonly tickets: readonly TicketView[];
  readonly children: (ticket: TicketView) => ReactNode;
}

function TicketList({ title, detail, tickets, children }: TicketListProps) {
  return (
    <section className="card" aria-label={title}>
      <h2>
        {title} <span className="count tabular">{tickets.length}</span>
      </h2>
      {detail !== undefined && <p className="soft">{detail}</p>}
      <ul>
        {tickets.map((ticket) => (
          <li key={ticket.ticketId} className="ticket-row">
            <span className="table-label tabular">{ticket.label}</span>
            <span className="ticket-row-service">
              {ticket.serviceName} <TicketDue ticket={ticket} />
            </span>
            {children(ticket)}
          </li>
        ))}
      </ul>
    </section>
  );
}
