import { beforeEach, expect, test, vi } from 'vitest';
import type { WindowScreen } from './app-origin.ts';
import type { EngineHost } from './engine-host.ts';
import type { WindowSnapshot } from './engine-messages.ts';
import { CHANNELS } from './ipc-channels.ts';
import { createScreenRelay, type Page, type ScreenRelay } from './screen-relay.ts';

const snapshot: WindowSnapshot = { screen: 'totem', at: 1 };
let wanted: WindowScreen[];
let newest: WindowSnapshot | undefined;
let relay: ScreenRelay;
let sent: unknown[][];

function page(id: number, destroyed = false): Page {
  return { id, isDestroyed: () => destroyed, send: (...message) => sent.push([id, ...message]) };
}

beforeEach(() => {
  wanted = [];
  newest = undefined;
  sent = [];
  const engine: EngineHost = {
    link: 'connected',
    execute: vi.fn(),
    stop: vi.fn(),
    newest: () => newest,
    setScreens: (screens) => {
      wanted = [...screens];
    },
  };
  relay = createScreenRelay(() => engine);
});

test('a page that subscribes is told the link and the newest snapshot at once, then each change', () => {
  newest = snapshot;
  relay.subscribe(page(1), 'totem');
  relay.sendSnapshot({ ...snapshot, at: 2 });
  relay.sendLink('lost');
  expect(sent).toEqual([
    [1, CHANNELS.link, 'connected'],
    [1, CHANNELS.snapshot, snapshot],
    [1, CHANNELS.snapshot, { screen: 'totem', at: 2 }],
    [1, CHANNELS.link, 'lost'],
  ]);
});

test('a page hears of its own screens only', () => {
  relay.subscribe(page(1), 'technician');
  sent = [];
  relay.sendSnapshot(snapshot);
  expect(sent).toEqual([]);
});

test('the engine is asked for what any page wants, until the last one is gone', () => {
  const [first, second] = [page(1), page(2)];
  relay.subscribe(first, 'totem');
  relay.subscribe(second, 'totem');
  relay.subscribe(second, 'technician');
  expect(wanted).toEqual(['totem', 'technician']);
  relay.unsubscribe(second, 'technician');
  relay.forget(second);
  expect(wanted).toEqual(['totem']);
  relay.forget(first);
  expect(wanted).toEqual([]);
});

test('nothing is sent to a page that is gone', () => {
  relay.subscribe(page(1, true), 'totem');
  relay.sendSnapshot(snapshot);
  expect(sent).toEqual([]);
});
