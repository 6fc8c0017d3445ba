import type { TicketView } from '../../domain/protocol/tickets.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';

/** What the operator has to take for the ticket; nothing where it is paid. */
export function TicketDue({ ticket }: { readonly ticket: TicketView }) {
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
