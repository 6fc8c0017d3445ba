import '../ui/staff.css';
import './queue.css';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import { bridge } from '../bridge.ts';
import { text } from '../i18n/text.ts';
import { useSubscription } from '../shell/screen-store.ts';
import { LinkBanner } from '../ui/LinkBanner.tsx';
import { Loading } from '../ui/Loading.tsx';
import { Message } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
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
  const hasIdentity = snapshot !== null && snapshot.enrolment === 'enrolled';
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
        {hasIdentity && link !== 'lost' && snapshot.server !== 'online' && !isLocal(snapshot) && (
          <Notice icon="offline" tone="warning">
            {text.server[snapshot.server]}
          </Notice>
        )}
      </div>
      {snapshot === null && <Loading>{text.common.loading}</Loading>}
      {snapshot !== null && snapshot.enrolment !== 'enrolled' && (
        <NoIdentity enrolment={snapshot.enrolment} />
      )}
      {hasIdentity && counter === null && <CounterPicker counters={snapshot.counters} />}
      {hasIdentity && counter !== null && <CounterDesk key={counter} snapshot={snapshot} counter={counter} />}
    </div>
  );
}

/** A desk whose every press would be refused is not shown: why that is, and where the work goes on, is. */
function NoIdentity({ enrolment }: { readonly enrolment: 'not_enrolled' | 'revoked' }) {
  const words = text.queue.noIdentity[enrolment];
  return (
    <main className="counter-picker" data-view="no-identity">
      <ViewTitle>{text.screenTitle.queue}</ViewTitle>
      <Message icon="lock" tone="danger" title={words.title}>
        <p>{words.why}</p>
        <p>{words.what}</p>
      </Message>
    </main>
  );
}

/** Cut off, and known to the server: what is called here will count there. */
function isLocal({ mode, enrolment }: QueueSnapshot): boolean {
  return mode === 'local' && enrolment === 'enrolled';
}
