import process from 'node:process';
import type { ParentPort } from 'electron';
import type { CommandResult, ScreenCommand } from '../domain/protocol/screen-commands.ts';
import type { SnapshotOf } from '../domain/protocol/screens.ts';
import type { RunningService } from '../platform/service.ts';
import type { WindowScreen } from './app-origin.ts';
import { type FromEngine, ToEngine } from './engine-messages.ts';

/** What the shell needs of the kiosk's engine. */
export interface KioskEngine extends RunningService {
  execute(command: ScreenCommand): Promise<CommandResult>;
  /** The listener gets the newest snapshot at once, then each change. */
  subscribe<S extends WindowScreen>(screen: S, listener: (snapshot: SnapshotOf<S>) => void): () => void;
}

/** A close that hangs is cut short a moment before the shell would kill the process. */
const CLOSE_TIMEOUT_MS = 7_000;

/** Runs one engine behind the parent port until it is told to stop, by message or by SIGTERM. */
export async function serveEngine(
  port: ParentPort,
  start: () => Promise<KioskEngine>,
  describeFailure: (error: unknown) => string,
): Promise<void> {
  const tell = (message: FromEngine): void => port.postMessage(message);
  const subscriptions = new Map<WindowScreen, () => void>();
  let engine: KioskEngine | undefined;
  let stopping = false;

  const stop = (exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS);
    Promise.resolve(engine?.close())
      .catch((error: unknown) => console.error('engine: error while stopping', error))
      .finally(() => process.exit(exitCode));
  };
  process.on('SIGTERM', () => stop(0));
  // Ctrl-C reaches the whole process group; it is the shell that says when to stop.
  process.on('SIGINT', () => {});
  // In a utility process an unhandled rejection only warns; the engine must not go on half done.
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error: unknown) => {
      console.error(`engine: ${event}`, error);
      stop(1);
    });
  }

  port.on('message', ({ data }) => {
    const parsed = ToEngine.safeParse(data);
    if (!parsed.success) {
      console.error('engine: a message that it does not understand', parsed.error.issues);
      return;
    }
    const message = parsed.data;
    if (message.kind === 'stop') return stop(0);
    if (message.kind === 'ping') return tell({ kind: 'pong' });
    if (engine === undefined) return; // the shell talks only after `ready`
    if (message.kind === 'execute') {
      const { id, command } = message;
      engine.execute(command).then(
        (result) => tell({ kind: 'result', id, result }),
        (error: unknown) => {
          console.error('engine: a command failed', error);
          tell({ kind: 'result', id, result: { ok: false, code: 'internal_error' } });
        },
      );
      return;
    }
    subscriptions.get(message.screen)?.();
    subscriptions.delete(message.screen);
    if (message.kind === 'subscribe') {
      subscriptions.set(
        message.screen,
        engine.subscribe(message.screen, (snapshot) => tell({ kind: 'snapshot', snapshot })),
      );
    }
  });

  try {
    engine = await start();
  } catch (error) {
    tell({ kind: 'startup_failed', message: describeFailure(error) });
    // The message must be out before the process is.
    setTimeout(() => process.exit(1), 100);
    return;
  }
  tell({ kind: 'ready', addresses: engine.addresses });
}
