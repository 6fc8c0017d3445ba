import { text } from '../../i18n/text.ts';

interface Props {
  readonly label: string;
  /** What the number is, where it is not a ticket's yet. */
  readonly caption?: string;
}

/** The number, as large as the screen allows, in the shape of a ticket. */
export function TicketLabel({ label, caption = text.totem.ticket.label }: Props) {
  return (
    <p className="ticket-paper">
      <span className="caption">{caption}</span>
      <span className="ticket-label tabular" data-testid="ticket-label">
        {label}
      </span>
    </p>
  );
}
