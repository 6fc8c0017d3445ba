import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { chooseCounter } from './counter-choice.ts';

export function CounterPicker({ counters }: { readonly counters: readonly string[] }) {
  return (
    <main className="counter-picker" data-view="pick-counter">
      <ViewTitle>{text.queue.pickTitle}</ViewTitle>
      {counters.length === 0 ? (
        <Message icon="list" title={text.queue.noCounters}>
          <p>{text.queue.noCountersDetail}</p>
        </Message>
      ) : (
        <>
          <p className="soft">{text.queue.pickDetail}</p>
          <div className="counter-grid">
            {counters.map((counter) => (
              <Button key={counter} variant="secondary" size="large" onPress={() => chooseCounter(counter)}>
                {counter}
              </Button>
            ))}
          </div>
        </>
      )}
    </main>
  );
}
