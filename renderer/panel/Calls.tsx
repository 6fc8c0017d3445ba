import type { PanelSnapshot } from '../../domain/protocol/screens.ts';
import { text } from '../i18n/text.ts';
import { Message } from '../ui/Message.tsx';

type Call = PanelSnapshot['calls'][number];

/** A television shows this many earlier calls large enough to be read. */
const LAST_CALLS = 5;

interface CalledTicketProps {
  readonly call: Call | undefined;
  /** Whether new calls may not come here: then nobody is asked to wait for one. */
  readonly cutOff: boolean;
  /** Whether the panel hears nothing at all: then nobody is being called by it now. */
  readonly isLost: boolean;
}

export function CalledTicket({ call, cutOff, isLost }: CalledTicketProps) {
  return (
    <section className="called" aria-live="assertive" aria-atomic="true">
      {call === undefined ? (
        <Message icon="ticket" title={text.panel.noneYet}>
          {!cutOff && <p>{text.panel.noneYetDetail}</p>}
        </Message>
      ) : (
        // The key restarts the animation at every call and recall.
        <div key={`${call.ticketId}/${call.callCount}`} className="called-ticket">
          <h2>{isLost ? text.panel.lostLast : text.panel.nowCalling}</h2>
          <p className="called-label tabular">{call.label}</p>
          <p className="called-where">{text.panel.counter}</p>
          <p className="called-counter">{call.counter}</p>
          <p className="called-service">{call.serviceName}</p>
        </div>
      )}
    </section>
  );
}

/** Instead of calls: nobody may wait before a panel that nothing reaches any more. */
export function DarkPanel({ title }: { readonly title: string }) {
  return (
    <section className="called" aria-live="polite">
      <Message icon="offline" tone="warning" title={title}>
        <p>{text.panel.noIdentityDetail}</p>
      </Message>
    </section>
  );
}

export function LastCalls({ calls }: { readonly calls: readonly Call[] }) {
  if (calls.length === 0) return null;
  return (
    <section className="last" aria-labelledby="last-title">
      <h2 id="last-title">{text.panel.last}</h2>
      <ul>
        {calls.slice(0, LAST_CALLS).map((call) => (
          <li key={call.ticketId}>
            <span className="last-label tabular">{call.label}</span>
            <span className="last-counter">{call.counter}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
