import type { TicketView } from '../../domain/protocol/tickets.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';

/** What the operator has to know of the ticket's money: what is due, or what went back of what was paid. */
export function TicketDue({ ticket }: { readonly ticket: TicketView }) {
  if (ticket.moneyBack !== null)
    return <span className="badge tone-warning">{text.queue.moneyBack[ticket.moneyBack]}</span>;
  switch (ticket.payment) {
    case 'pix':
      return null;
    case 'free':
      return <span className="badge">{text.common.free}</span>;
    case 'at_counter':
      return ticket.receivedAt === null ? (
        <span className="badge tone-warning tabular">
          {text.queue.due(formatMoney(ticket.amountDueCents))}
        </span>
      ) : (
        <span className="badge tone-good tabular">
          {text.queue.money.received(formatMoney(ticket.receivedCents))}
        </span>
      );
  }
}
