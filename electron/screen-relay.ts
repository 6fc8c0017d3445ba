import type { WebContents } from 'electron';
import type { WindowScreen } from './app-origin.ts';
import type { EngineHost } from './engine-host.ts';
import type { WindowSnapshot } from './engine-messages.ts';
import { CHANNELS, type LinkState } from './ipc-channels.ts';

/** The page's side of the relay: which page wants which screens, and what it is sent. */
export type Page = Pick<WebContents, 'id' | 'isDestroyed' | 'send'>;

export interface ScreenRelay {
  subscribe(page: Page, screen: WindowScreen): void;
  unsubscribe(page: Page, screen: WindowScreen): void;
  /** The page is gone, or another document has taken its place: it asks anew. */
  forget(page: Page): void;
  sendSnapshot(snapshot: WindowSnapshot): void;
  sendLink(link: LinkState): void;
}

export function createScreenRelay(engine: () => EngineHost): ScreenRelay {
  const subscriptions = new Map<number, { readonly page: Page; readonly screens: Set<WindowScreen> }>();

  const tellEngine = (): void => {
    const wanted = [...subscriptions.values()].flatMap((subscription) => [...subscription.screens]);
    engine().setScreens(new Set(wanted));
  };
  const send = (page: Page, channel: string, body: unknown): void => {
    if (!page.isDestroyed()) page.send(channel, body);
  };

  return {
    subscribe(page, screen) {
      const subscription = subscriptions.get(page.id) ?? { page, screens: new Set<WindowScreen>() };
      subscription.screens.add(screen);
      subscriptions.set(page.id, subscription);
      tellEngine();
      send(page, CHANNELS.link, engine().link);
      const newest = engine().newest(screen);
      if (newest !== undefined) send(page, CHANNELS.snapshot, newest);
    },
    unsubscribe(page, screen) {
      subscriptions.get(page.id)?.screens.delete(screen);
      tellEngine();
    },
    forget(page) {
      if (subscriptions.delete(page.id)) tellEngine();
    },
    sendSnapshot(snapshot) {
      for (const { page, screens } of subscriptions.values()) {
        if (screens.has(snapshot.screen)) send(page, CHANNELS.snapshot, snapshot);
      }
    },
    sendLink(link) {
      for (const { page } of subscriptions.values()) send(page, CHANNELS.link, link);
    },
  };
}
