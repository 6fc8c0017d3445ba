import { text } from '../../i18n/text.ts';

/** The number, as large as the screen allows, in the shape of a ticket. */
export function TicketLabel({ label }: { readonly label: string }) {
  return (
    <p className="ticket-paper">
      <span className="caption">{text.totem.ticket.label}</span>
      <span className="ticket-label tabular" data-testid="ticket-label">
        {label}
      </span>
    </p>
  );
}
