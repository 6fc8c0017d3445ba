import './panel.css';
import { useEffect, useState } from 'react';
import type { PanelSnapshot } from '../../domain/protocol/screens.ts';
import { bridge } from '../bridge.ts';
import { formatDay, formatTime } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { createScreenStore, useSubscription } from '../shell/screen-store.ts';
import { useHostNow } from '../shell/use-now.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Loading } from '../ui/Loading.tsx';
import { Notice } from '../ui/Notice.tsx';
import { CalledTicket, LastCalls } from './Calls.tsx';
import { createCallMemory } from './new-calls.ts';
import { useChime } from './use-chime.ts';

const panelStore = createScreenStore<'panel'>();

/** The waiting room's television: who is called, and where. */
export function PanelScreen() {
  useSubscription(panelStore, 'panel', bridge);
  const { snapshot, link, unreadable } = panelStore();
  const chime = useChime();
  useRingOnCalls(snapshot, chime.ring);

  if (snapshot === null && !unreadable && link !== 'lost') return <Loading>{text.common.loading}</Loading>;
  const [latest, ...earlier] = snapshot?.calls ?? [];
  const cutOff = link === 'lost' || unreadable || (snapshot !== null && snapshot.server !== 'online');
  return (
    <div className="panel" data-view={latest === undefined ? 'empty' : 'calling'}>
      <header className="panel-header">
        <div>
          <h1>{snapshot?.merchantName ?? text.screenTitle.panel}</h1>
          <p>{snapshot?.unitName}</p>
        </div>
        {!chime.audible && (
          <Button variant="secondary" onPress={chime.unlock}>
            <Icon name="sound" />
            {text.panel.enableSound}
          </Button>
        )}
        <PanelClock timeZone={snapshot?.timeZone ?? null} />
      </header>
      {cutOff && (
        <Notice icon="offline" tone="warning">
          {snapshot !== null && snapshot.enrolment !== 'enrolled'
            ? text.panel.noIdentity
            : text.panel.offline}
        </Notice>
      )}
      <main className="panel-main">
        <CalledTicket call={latest} cutOff={cutOff} />
        <LastCalls calls={earlier} />
      </main>
      <footer className="panel-footer">
        <Icon name="person" />
        {snapshot === null || snapshot.waitingCount === 0
          ? text.panel.nobodyWaiting
          : text.panel.waiting(snapshot.waitingCount)}
      </footer>
    </div>
  );
}

function useRingOnCalls(snapshot: PanelSnapshot | null, ring: () => void): void {
  const [callsToAnnounce] = useState(createCallMemory);
  useEffect(() => {
    if (snapshot === null) return;
    if (callsToAnnounce(snapshot.calls).length > 0) ring();
  }, [snapshot, ring, callsToAnnounce]);
}

function PanelClock({ timeZone }: { readonly timeZone: string | null }) {
  const now = useHostNow(panelStore);
  if (now === null) return null;
  return (
    <p className="panel-clock tabular">
      <span className="panel-time">{formatTime(now, timeZone)}</span>
      <span className="panel-day">{formatDay(now, timeZone)}</span>
    </p>
  );
}
