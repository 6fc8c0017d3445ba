// Bundled to one CommonJS file: a sandboxed preload can load nothing but Electron's own subset.
import { contextBridge, ipcRenderer } from 'electron';
import type { CommandResult } from '../domain/protocol/screen-commands.ts';
import type { ScreenBridge, ScreenName, SnapshotOf } from '../domain/protocol/screens.ts';
import { CHANNELS, type LinkState } from './ipc-channels.ts';

interface Subscriber {
  readonly screen: ScreenName;
  readonly onSnapshot: (snapshot: never) => void;
  readonly onLink: (link: LinkState) => void;
}

const subscribers = new Set<Subscriber>();
/** A second listener of one screen is answered from here: the main process tells each page only once. */
const newestByScreen = new Map<ScreenName, unknown>();
let link: LinkState | undefined;

// The event object never reaches the page: it would hand over `sender`, and with it all of ipcRenderer.
ipcRenderer.on(CHANNELS.snapshot, (_event, snapshot: { readonly screen: ScreenName }) => {
  newestByScreen.set(snapshot.screen, snapshot);
  for (const subscriber of subscribers) {
    if (subscriber.screen === snapshot.screen) subscriber.onSnapshot(snapshot as never);
  }
});

ipcRenderer.on(CHANNELS.link, (_event, state: LinkState) => {
  link = state;
  for (const subscriber of subscribers) subscriber.onLink(state);
});

const bridge: ScreenBridge = {
  execute: (command) => ipcRenderer.invoke(CHANNELS.execute, command) as Promise<CommandResult>,

  subscribe<S extends ScreenName>(
    screen: S,
    onSnapshot: (snapshot: SnapshotOf<S>) => void,
    onLink: (link: LinkState) => void,
  ) {
    const subscriber: Subscriber = { screen, onSnapshot, onLink };
    const first = !isSubscribed(screen);
    subscribers.add(subscriber);
    if (first) void ipcRenderer.invoke(CHANNELS.subscribe, { screen });
    else {
      const newest = newestByScreen.get(screen);
      if (newest !== undefined) onSnapshot(newest as SnapshotOf<S>);
      if (link !== undefined) onLink(link);
    }
    return () => {
      if (!subscribers.delete(subscriber) || isSubscribed(screen)) return;
      newestByScreen.delete(screen);
      void ipcRenderer.invoke(CHANNELS.unsubscribe, { screen });
    };
  },
};

function isSubscribed(screen: ScreenName): boolean {
  return [...subscribers].some((subscriber) => subscriber.screen === screen);
}

contextBridge.exposeInMainWorld('totemBridge', bridge);
