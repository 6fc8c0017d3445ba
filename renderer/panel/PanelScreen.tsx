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
import { CalledTicket, DarkPanel, LastCalls } from './Calls.tsx';
import { createCallMemory } from './new-calls.ts';
import { useChime } from './use-chime.ts';

const panelStore = createScreenStore<'panel'>();

/** A host that is there speaks every 15 s at the latest. A customer who was called walks no longer than this. */
const LOST_CALLS_STAY_MS = 120_000;

/** The waiting room's television: who is called, and where. */
export function PanelScreen() {
  useSubscription(panelStore, 'panel', bridge);
  const { snapshot, link, unreadable } = panelStore();
  const now = useHostNow(panelStore);
  const chime = useChime();
  useRingOnCalls(snapshot, chime.ring);

  if (snapshot === null && !unreadable && link !== 'lost') return <Loading>{text.common.loading}</Loading>;
  const isLost = link === 'lost' || unreadable;
  const hasIdentity = snapshot === null || snapshot.enrolment === 'enrolled';
  // What a panel without a line shows gets older than what happens at the counters: soon it is worse than nothing.
  const isOutdated = snapshot !== null && now !== null && now - snapshot.at > LOST_CALLS_STAY_MS;
  const calls = hasIdentity && !isOutdated ? (snapshot?.calls ?? []) : [];
  const [latest, ...earlier] = calls;
  const isDark = !hasIdentity || isOutdated;
  const cutOff = isLost || (snapshot !== null && snapshot.server !== 'online');
  return (
    <div className="panel" data-view={isDark ? 'dark' : latest === undefined ? 'empty' : 'calling'}>
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
      {cutOff && !isDark && (
        <Notice icon="offline" tone="warning">
          {isLost ? `${text.panel.lost}. ${text.panel.noIdentityDetail}` : text.panel.offline}
        </Notice>
      )}
      <main className={isLost ? 'panel-main fading' : 'panel-main'}>
        {isDark ? (
          <DarkPanel title={hasIdentity ? text.panel.lost : text.panel.noIdentity} />
        ) : (
          <CalledTicket call={latest} cutOff={cutOff} isLost={isLost} />
        )}
        <LastCalls calls={earlier} />
      </main>
      {!isDark && (
        <footer className="panel-footer">
          <Icon name="person" />
          {snapshot === null || snapshot.waitingCount === 0
            ? text.panel.nobodyWaiting
            : text.panel.waiting(snapshot.waitingCount)}
        </footer>
      )}
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
