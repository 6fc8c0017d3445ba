import type { QueueCommand } from '../../domain/protocol/queue.ts';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import { text } from '../i18n/text.ts';
import { newCommandId } from '../shell/new-command-id.ts';
import { useCommand } from '../shell/use-command.ts';
import { Button } from '../ui/Button.tsx';
import { CurrentTicket } from './CurrentTicket.tsx';
import { forgetCounter } from './counter-choice.ts';
import { QueueConflicts } from './QueueConflicts.tsx';
import { QueueLists } from './QueueLists.tsx';
import { QueueRefusal } from './QueueRefusal.tsx';
import {
  actionsFor,
  counterView,
  isDue,
  type MoneyAction,
  SHORTCUTS,
  type TicketAction,
} from './queue-view.ts';
import { useShortcuts } from './use-shortcuts.ts';

interface Props {
  readonly snapshot: QueueSnapshot;
  readonly counter: string;
}

export function CounterDesk({ snapshot, counter }: Props) {
  const { busy, refusal, send } = useCommand();
  const { current, others, canCallNext, blockedBy } = counterView(snapshot, counter);

  const callNext = (): void => {
    if (canCallNext) void send({ kind: 'queue.call_next', commandId: newCommandId(), counter });
  };
  const act = (kind: TicketAction | MoneyAction | 'queue.return', ticketId: string): void => {
    const command: QueueCommand = { kind, commandId: newCommandId(), counter, ticketId };
    void send(command);
  };
  useShortcuts({
    [SHORTCUTS['queue.call_next']]: callNext,
    ...Object.fromEntries(
      current === null
        ? []
        : actionsFor(current).map((kind) => [SHORTCUTS[kind], () => act(kind, current.ticketId)]),
    ),
    ...(current !== null && isDue(current)
      ? { [SHORTCUTS['queue.take_payment']]: () => act('queue.take_payment', current.ticketId) }
      : {}),
  });

  return (
    <main className="desk" data-view="desk">
      <header className="desk-header">
        <div>
          <h1>{counter}</h1>
          <p className="soft">{snapshot.unitName}</p>
        </div>
        <p className="soft tabular desk-done">{text.queue.completedToday(snapshot.completedToday)}</p>
        <Button variant="secondary" onPress={forgetCounter}>
          {text.queue.changeCounter}
        </Button>
      </header>
      <div className="desk-work">
        <div className="desk-refusal" aria-live="assertive">
          {refusal !== null && <QueueRefusal refusal={refusal} counter={counter} />}
          <QueueConflicts snapshot={snapshot} counter={counter} isFree={current === null} />
        </div>
        <CurrentTicket ticket={current} busy={busy} onAct={act} />
        <div className="call-next">
          <Button
            size="large"
            disabled={!canCallNext}
            busy={busy !== null}
            onPress={callNext}
            keyShortcut={SHORTCUTS['queue.call_next']}
            describedBy="call-next-hint"
          >
            {busy === 'queue.call_next' ? text.queue.calling : text.queue.callNext}
            <kbd>{SHORTCUTS['queue.call_next']}</kbd>
          </Button>
          <p id="call-next-hint" className="soft">
            {blockedBy === 'current' && text.queue.finishFirst}
            {blockedBy === 'nobody' && text.queue.nobodyWaiting}
          </p>
        </div>
      </div>
      <QueueLists
        snapshot={snapshot}
        others={others}
        busy={busy !== null}
        onAct={act}
        onRescue={(sessionId) =>
          void send({ kind: 'queue.rescue', commandId: newCommandId(), counter, sessionId })
        }
      />
    </main>
  );
}
