import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createHttpBridge } from './http-bridge.ts';

/** A line that opens, and then says what the test says, or nothing at all: a pulled cable raises no error. */
class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2;
  static opened: FakeEventSource[] = [];
  readyState = 1;
  constructor() {
    super();
    FakeEventSource.opened.push(this);
  }
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent('snapshot', { data: JSON.stringify(data) }));
  }
  breakOff(): void {
    this.readyState = FakeEventSource.CLOSED;
    this.dispatchEvent(new Event('error'));
  }
  close(): void {
    this.readyState = FakeEventSource.CLOSED;
  }
}

const lines = FakeEventSource.opened;
let snapshots: unknown[];
let links: string[];
let end: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('EventSource', FakeEventSource);
  lines.length = 0;
  snapshots = [];
  links = [];
  end = createHttpBridge().subscribe(
    'panel',
    (snapshot) => snapshots.push(snapshot),
    (link) => links.push(link),
  );
});
afterEach(() => {
  end();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('takes a line that falls silent for lost, and opens another', () => {
  lines[0]?.say(1);
  vi.advanceTimersByTime(39_999);
  expect([lines.length, links]).toEqual([1, []]);
  vi.advanceTimersByTime(1);
  expect(links).toEqual(['lost']);
  expect(lines.map((line) => line.readyState)).toEqual([FakeEventSource.CLOSED, 1]);
  lines[1]?.say(2);
  expect(snapshots).toEqual([1, 2]);
});

it('leaves a line alone that speaks every 15 seconds', () => {
  for (let at = 1; at <= 10; at += 1) {
    vi.advanceTimersByTime(15_000);
    lines[0]?.say(at);
  }
  expect([lines.length, links, snapshots.length]).toEqual([1, [], 10]);
});

it('knocks again after two seconds where the browser has given up, once', () => {
  lines[0]?.breakOff();
  vi.advanceTimersByTime(2_000);
  vi.advanceTimersByTime(30_000);
  expect([lines.length, links]).toEqual([2, ['lost']]);
});

it('opens nothing any more after its end', () => {
  lines[0]?.breakOff();
  end();
  vi.advanceTimersByTime(120_000);
  expect(lines).toHaveLength(1);
});
