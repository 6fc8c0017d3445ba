import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { isDue, type MoneyAction, SHORTCUTS } from './queue-view.ts';
import { TicketDue } from './TicketDue.tsx';

type Act = (kind: MoneyAction, ticketId: string) => void;

interface TakePaymentProps {
  readonly ticket: TicketView;
  readonly busy: boolean;
  /** The key works on the ticket at the counter alone. */
  readonly shortcut?: boolean;
  readonly onAct: Act;
}

/** Marks the ticket's money as received, or takes that back. */
export function TakePayment({ ticket, busy, shortcut = false, onAct }: TakePaymentProps) {
  const words = text.queue.money;
  const kind = isDue(ticket) ? 'queue.take_payment' : 'queue.undo_payment';
  const key = shortcut && kind === 'queue.take_payment' ? SHORTCUTS[kind] : undefined;
  const price = formatMoney(ticket.amountDueCents);
  return (
    <Button
      variant="secondary"
      busy={busy}
      label={kind === 'queue.take_payment' ? words.takeOf(price, ticket.label) : words.undoOf(ticket.label)}
      {...(key === undefined ? {} : { keyShortcut: key })}
      onPress={() => onAct(kind, ticket.ticketId)}
    >
      {kind === 'queue.take_payment' ? words.take(price) : words.undo}
      {key !== undefined && <kbd>{key}</kbd>}
    </Button>
  );
}

interface CounterMoneyProps {
  readonly atCounter: QueueSnapshot['atCounter'];
  readonly busy: boolean;
  readonly onAct: Act;
}

/** What the counters have taken today, what was forgotten, and what may have been marked by mistake. */
export function CounterMoney({ atCounter, busy, onAct }: CounterMoneyProps) {
  const { receivedCents, receivedCount, unpaid, received } = atCounter;
  if (receivedCount === 0 && unpaid.length === 0) return null;
  const words = text.queue.money;
  return (
    <section className="card" aria-labelledby="money-title">
      <h2 id="money-title">{words.title}</h2>
      <p className="tabular">{words.today(formatMoney(receivedCents), receivedCount)}</p>
      {unpaid.length > 0 && <p className="soft">{words.unpaidDetail}</p>}
      <ul>
        {[...unpaid, ...received].map((ticket) => (
          <li key={ticket.ticketId} className="ticket-row">
            <span className="table-label tabular">{ticket.label}</span>
            <span className="ticket-row-service">
              {ticket.serviceName} <TicketDue ticket={ticket} />
            </span>
            <TakePayment ticket={ticket} busy={busy} onAct={onAct} />
          </li>
        ))}
      </ul>
    </section>
  );
}
