import { EventEmitter } from 'node:events';
import { beforeEach, expect, test } from 'vitest';
import { silentLog } from '../platform/log.ts';
import { createEngineHost, type EngineHost, type EngineProcess } from './engine-host.ts';
import type { ToEngine } from './engine-messages.ts';
import { ManualClock } from './testing/manual-clock.ts';

const cancel = { kind: 'checkout.cancel', sessionId: '0198c0de-0000-7000-8000-000000000001' } as const;

class FakeEngine extends EventEmitter implements EngineProcess {
  readonly received: ToEngine[] = [];
  killed = false;
  postMessage(message: ToEngine): void {
    this.received.push(message);
  }
  kill(): void {
    this.killed = true;
  }
  onMessage(listener: (message: unknown) => void): void {
    this.on('message', listener);
  }
  onceExit(listener: (code: number) => void): void {
    this.once('exit', listener);
  }
  ready(): void {
    this.emit('message', { kind: 'ready', addresses: { totem: 'http://127.0.0.1:1/totem' } });
  }
  snapshot(at: number): void {
    this.emit('message', { kind: 'snapshot', snapshot: { screen: 'totem', at } });
  }
}

let clock: ManualClock;
let engines: FakeEngine[];
let told: unknown[];
let host: EngineHost;
const engine = (): FakeEngine => engines.at(-1) ?? new FakeEngine();

beforeEach(() => {
  clock = new ManualClock();
  engines = [];
  told = [];
  host = createEngineHost(
    () => {
      engines.push(new FakeEngine());
      return engine();
    },
    {
      onReady: (addresses) => told.push({ ready: addresses }),
      onStartupFailed: (message) => told.push({ failed: message }),
      onSnapshot: (snapshot) => told.push(snapshot),
      onLink: (link) => told.push(link),
    },
    clock,
    silentLog,
  );
});

test('a command is answered by its own id, whatever the order', async () => {
  engine().ready();
  const [first, second] = [host.execute(cancel), host.execute(cancel)];
  const [one, two] = engine().received as { id: number }[];
  engine().emit('message', {
    kind: 'result',
    id: two?.id,
    result: { ok: false, code: 'too_late_to_cancel' },
  });
  engine().emit('message', { kind: 'result', id: one?.id, result: { ok: true } });
  expect([await first, await second]).toEqual([{ ok: true }, { ok: false, code: 'too_late_to_cancel' }]);
});

test('without an engine a command is refused at once; one under way is refused when the engine dies', async () => {
  expect(await host.execute(cancel)).toEqual({ ok: false, code: 'internal_error' });
  engine().ready();
  const underWay = host.execute(cancel);
  engine().emit('exit', 1);
  expect(await underWay).toEqual({ ok: false, code: 'internal_error' });
});

test('a command that is never answered ends after its time, and so does a page gone wild', async () => {
  engine().ready();
  const commands = Array.from({ length: 33 }, () => host.execute(cancel));
  expect(await commands[32]).toEqual({ ok: false, code: 'internal_error' });
  expect(engine().received).toHaveLength(32);
  clock.advance(15_000);
  expect(await commands[0]).toEqual({ ok: false, code: 'internal_error' });
});

test('a dead engine is started again after the backoff, and told again what the screens want', () => {
  engine().ready();
  host.setScreens(new Set(['totem']));
  engine().snapshot(1);
  expect(host.newest('totem')).toEqual({ screen: 'totem', at: 1 });

  engine().emit('exit', 139);
  expect([host.link, host.newest('totem'), engines.length]).toEqual(['lost', undefined, 1]);
  clock.advance(249);
  expect(engines).toHaveLength(1);
  clock.advance(1);
  expect(engines).toHaveLength(2);
  engine().ready();
  expect(engine().received).toEqual([{ kind: 'subscribe', screen: 'totem' }]);
  engine().snapshot(2);
  expect(told.slice(2)).toEqual([
    { screen: 'totem', at: 1 },
    'lost',
    'connected',
    { ready: { totem: 'http://127.0.0.1:1/totem' } },
    { screen: 'totem', at: 2 },
  ]);
});

test('deaths in a row slow the restart down; a healthy minute makes it quick again', () => {
  engine().emit('exit', 1);
  clock.advance(250);
  engine().emit('exit', 1);
  clock.advance(250);
  expect(engines).toHaveLength(2);
  clock.advance(250);
  expect(engines).toHaveLength(3);
  clock.advance(60_001);
  engine().emit('exit', 1);
  clock.advance(250);
  expect(engines).toHaveLength(4);
});

test('a first start that fails is told, and not tried again; a later one is', () => {
  engine().emit('message', { kind: 'startup_failed', message: 'port 7400 is in use' });
  engine().emit('exit', 1);
  clock.advance(60_000);
  expect(told).toEqual([{ failed: 'port 7400 is in use' }]);
  expect(engines).toHaveLength(1);
});

test('a restart that fails is tried again', () => {
  engine().ready();
  engine().emit('exit', 1);
  clock.advance(250);
  engine().emit('message', { kind: 'startup_failed', message: 'port 7400 is in use' });
  engine().emit('exit', 1);
  clock.advance(500);
  expect(engines).toHaveLength(3);
});

test('what the engine says is parsed: nonsense changes nothing', () => {
  engine().ready();
  engine().emit('message', { kind: 'snapshot', snapshot: { screen: 'admin' } });
  engine().emit('message', 'nonsense');
  expect(told).toHaveLength(2);
});

test('an engine that hangs is killed and started again; one that answers is left alone', () => {
  engine().ready();
  for (let pings = 1; pings <= 10; pings++) {
    clock.advance(5_000);
    expect(engine().received).toHaveLength(pings);
    engine().emit('message', { kind: 'pong' });
  }
  expect(engine().killed).toBe(false);
  for (let silences = 1; silences <= 5; silences++) clock.advance(5_000);
  expect(engine().killed).toBe(true);
  engine().emit('exit', 137);
  clock.advance(250);
  expect(engines).toHaveLength(2);
});

test('a clock that is set forward, or a machine that slept, is no engine that hangs', () => {
  engine().ready();
  clock.advance(5_000);
  engine().emit('message', { kind: 'pong' });
  // One ping falls due, and the clock says that the last answer is an hour old.
  clock.advance(3_600_000);
  expect(engine().killed).toBe(false);
});

test('stopping waits for the engine, and kills it when it hangs', async () => {
  engine().ready();
  const orderly = host.stop();
  expect(engine().received.at(-1)).toEqual({ kind: 'stop' });
  engine().emit('exit', 0);
  await orderly;
  clock.advance(60_000);
  expect([engines.length, engine().killed]).toEqual([1, false]);
});

test('an engine that hangs is killed after its time', async () => {
  engine().ready();
  const hanging = host.stop();
  clock.advance(8_000);
  await hanging;
  expect(engine().killed).toBe(true);
});
