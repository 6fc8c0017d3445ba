import { text } from '../i18n/text.ts';
import type { Refusal } from '../shell/use-command.ts';
import { Notice } from '../ui/Notice.tsx';

/** Why a command was refused and, where the server said so, who has the ticket now. */
export function QueueRefusal({ refusal, counter }: { readonly refusal: Refusal; readonly counter: string }) {
  const { ticket } = refusal;
  return (
    <Notice icon="warning" tone="danger" urgent>
      <p>{text.refusal[refusal.code]}</p>
      {ticket !== undefined &&
        (ticket.counter !== null && ticket.counter !== counter ? (
          <p>{text.queue.with(ticket.label, ticket.counter)}</p>
        ) : (
          <p>{text.queue.nowIs(ticket.label, text.queue.status[ticket.status])}</p>
        ))}
    </Notice>
  );
}
