import '../ui/staff.css';
import './queue.css';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import { bridge } from '../bridge.ts';
import { text } from '../i18n/text.ts';
import { useSubscription } from '../shell/screen-store.ts';
import { LinkBanner } from '../ui/LinkBanner.tsx';
import { Loading } from '../ui/Loading.tsx';
import { Notice } from '../ui/Notice.tsx';
import { CounterDesk } from './CounterDesk.tsx';
import { CounterPicker } from './CounterPicker.tsx';
import { counterStore } from './counter-choice.ts';
import { queueStore } from './queue-store.ts';
import { knownCounter } from './queue-view.ts';

/** The operator's screen: first which counter, then its desk. */
export function QueueScreen() {
  useSubscription(queueStore, 'queue', bridge);
  const { snapshot, link, unreadable } = queueStore();
  const remembered = counterStore((state) => state.counter);

  if (snapshot === null && !unreadable && link !== 'lost') return <Loading>{text.common.loading}</Loading>;
  const counter = snapshot === null ? null : knownCounter(snapshot.counters, remembered);
  return (
    <div className="staff">
      <div className="staff-notices">
        <LinkBanner link={link} unreadable={unreadable} />
        {snapshot !== null && link !== 'lost' && isLocal(snapshot) && (
          <Notice icon="offline" tone="warning">
            <p>
              <strong>{text.queue.localTitle}</strong> {text.queue.localDetail}
            </p>
          </Notice>
        )}
        {snapshot !== null && link !== 'lost' && snapshot.server !== 'online' && !isLocal(snapshot) && (
          <Notice icon="offline" tone="warning">
            {snapshot.enrolment === 'enrolled'
              ? text.server[snapshot.server]
              : text.server[snapshot.enrolment]}
          </Notice>
        )}
      </div>
      {snapshot === null && <Loading>{text.common.loading}</Loading>}
      {snapshot !== null && counter === null && <CounterPicker counters={snapshot.counters} />}
      {snapshot !== null && counter !== null && (
        <CounterDesk key={counter} snapshot={snapshot} counter={counter} />
      )}
    </div>
  );
}

/** Cut off, and known to the server: what is called here will count there. */
function isLocal({ mode, enrolment }: QueueSnapshot): boolean {
  return mode === 'local' && enrolment === 'enrolled';
}
