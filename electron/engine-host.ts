import type { Clock } from '../domain/clock.ts';
import type { CommandResult, TechnicianCommand, TotemCommand } from '../domain/protocol/screen-commands.ts';
import type { Log } from '../platform/log.ts';
import type { WindowScreen } from './app-origin.ts';
import { FromEngine, type ToEngine, type WindowSnapshot } from './engine-messages.ts';
import type { LinkState } from './ipc-channels.ts';
import { ENGINE_HEALTHY_AFTER_MS, engineRestartDelayMs } from './restart-policy.ts';

/** Electron's UtilityProcess, as far as it is used. */
export interface EngineProcess {
  postMessage(message: ToEngine): void;
  /** At once (SIGKILL): a process that hangs hears nothing milder. */
  kill(): void;
  onMessage(listener: (message: unknown) => void): void;
  onceExit(listener: (code: number) => void): void;
}

export interface EngineHostEvents {
  /** The engine serves; again after each restart. */
  onReady(addresses: Readonly<Record<string, string>>): void;
  /** The very first start failed for a reason that its reader can mend: there is no use in trying again. */
  onStartupFailed(message: string): void;
  onSnapshot(snapshot: WindowSnapshot): void;
  onLink(link: LinkState): void;
}

export interface EngineHost {
  readonly link: LinkState;
  execute(command: TotemCommand | TechnicianCommand): Promise<CommandResult>;
  /** Asks for a screen's snapshots; told again to every engine that takes over. */
  setScreens(screens: ReadonlySet<WindowScreen>): void;
  /** The newest snapshot of a screen that is subscribed to, from the engine that is running now. */
  newest(screen: WindowScreen): WindowSnapshot | undefined;
  stop(): Promise<void>;
}

/** A command waits at most this long; the engine answers in milliseconds, a queue command in seconds. */
const COMMAND_TIMEOUT_MS = 15_000;
/** One person at one screen: more open commands than this is a page gone wild. */
const PENDING_MAX = 32;
/** Closing the database and letting a print finish takes a moment; then the process is ended. */
const STOP_TIMEOUT_MS = 8_000;

/**
 * How often the engine is asked whether it is there, and how many questions in a row it may leave open: 20 s, and its
 * longest work is a picture. Counted, not measured: a clock that was set or a machine that slept is no silence.
 */
const PING_INTERVAL_MS = 5_000;
const UNANSWERED_MAX = 4;

const UNAVAILABLE: CommandResult = { ok: false, code: 'internal_error' };

/** Keeps the engine's process running, and carries commands to it and snapshots from it. */
export function createEngineHost(
  fork: () => EngineProcess,
  events: EngineHostEvents,
  clock: Clock,
  log: Log,
): EngineHost {
  let engine: EngineProcess | undefined;
  let link: LinkState = 'lost';
  let everReady = false;
  let deaths = 0;
  let stopping = false;
  let nextId = 1;
  let unansweredPings = 0;
  let cancelRestart = (): void => {};
  let cancelPing = (): void => {};
  let screens: ReadonlySet<WindowScreen> = new Set();
  const pendingById = new Map<number, (result: CommandResult) => void>();
  const newestByScreen = new Map<WindowScreen, WindowSnapshot>();

  const start = (): void => {
    const startedAt = clock.nowMs();
    const started = fork();
    engine = started;
    started.onMessage((message) => receive(message));
    started.onceExit((code) => {
      engine = undefined;
      cancelPing();
      setLink('lost');
      newestByScreen.clear();
      for (const settle of pendingById.values()) settle(UNAVAILABLE);
      if (stopping) return;
      if (clock.nowMs() - startedAt > ENGINE_HEALTHY_AFTER_MS) deaths = 0;
      deaths += 1;
      const delayMs = engineRestartDelayMs(deaths);
      log.error({ code, deaths, delayMs }, 'the engine died; it is started again');
      cancelRestart = clock.schedule(delayMs, start);
    });
  };

  const ping = (): void => {
    if (unansweredPings >= UNANSWERED_MAX) {
      log.error({ unansweredPings }, 'the engine hangs; it is killed');
      engine?.kill();
      return;
    }
    unansweredPings += 1;
    engine?.postMessage({ kind: 'ping' });
    cancelPing = clock.schedule(PING_INTERVAL_MS, ping);
  };

  const setLink = (state: LinkState): void => {
    if (link === state) return;
    link = state;
    events.onLink(state);
  };

  const receive = (raw: unknown): void => {
    const parsed = FromEngine.safeParse(raw);
    if (!parsed.success) {
      log.error({ issues: parsed.error.issues }, 'the engine sent what the shell does not understand');
      return;
    }
    unansweredPings = 0;
    const message = parsed.data;
    switch (message.kind) {
      case 'pong':
        return;
      case 'ready':
        everReady = true;
        for (const screen of screens) engine?.postMessage({ kind: 'subscribe', screen });
        setLink('connected');
        events.onReady(message.addresses);
        cancelPing = clock.schedule(PING_INTERVAL_MS, ping);
        return;
      case 'startup_failed':
        if (!everReady) {
          stopping = true;
          events.onStartupFailed(message.message);
        } else log.error({ message: message.message }, 'the engine could not start again');
        return;
      case 'result':
        pendingById.get(message.id)?.(message.result);
        return;
      case 'snapshot':
        if (!screens.has(message.snapshot.screen)) return;
        newestByScreen.set(message.snapshot.screen, message.snapshot);
        events.onSnapshot(message.snapshot);
        return;
    }
  };

  start();
  return {
    get link() {
      return link;
    },

    execute(command) {
      const running = engine;
      if (running === undefined || link === 'lost' || pendingById.size >= PENDING_MAX) {
        return Promise.resolve(UNAVAILABLE);
      }
      const id = nextId++;
      return new Promise((resolve) => {
        const settle = (result: CommandResult): void => {
          cancelTimeout();
          pendingById.delete(id);
          resolve(result);
        };
        const cancelTimeout = clock.schedule(COMMAND_TIMEOUT_MS, () => {
          log.error({ kind: command.kind }, 'the engine did not answer a command');
          settle(UNAVAILABLE);
        });
        pendingById.set(id, settle);
        running.postMessage({ kind: 'execute', id, command });
      });
    },

    setScreens(wanted) {
      for (const screen of wanted) {
        if (!screens.has(screen) && link === 'connected') engine?.postMessage({ kind: 'subscribe', screen });
      }
      for (const screen of screens) {
        if (wanted.has(screen)) continue;
        newestByScreen.delete(screen);
        if (link === 'connected') engine?.postMessage({ kind: 'unsubscribe', screen });
      }
      screens = new Set(wanted);
    },

    newest: (screen) => newestByScreen.get(screen),

    async stop() {
      stopping = true;
      cancelRestart();
      cancelPing();
      const running = engine;
      if (running === undefined) return;
      await new Promise<void>((resolve) => {
        const cancelKill = clock.schedule(STOP_TIMEOUT_MS, () => {
          log.error('the engine did not stop in time');
          running.kill();
          resolve();
        });
        running.onceExit(() => {
          cancelKill();
          resolve();
        });
        running.postMessage({ kind: 'stop' });
      });
    },
  };
}
