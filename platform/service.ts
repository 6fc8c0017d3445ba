import process from 'node:process';

/** A failure that its reader can mend: printed as one line, without a stack. */
export class StartupFailure extends Error {
  override name = 'StartupFailure';
}

export interface RunningService {
  /** What the supervisor is told when the service is ready: its addresses. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Stops taking work, lets what is under way finish, closes files and sockets. Called once. */
  close(): Promise<void>;
}

/** What a service sends over the process channel to the program that forked it. */
export type ServiceMessage =
  | { readonly kind: 'ready'; readonly name: string; readonly addresses: Readonly<Record<string, string>> }
  | { readonly kind: 'startup_failed'; readonly name: string; readonly message: string };

/** After this long a close that hangs is cut short, so that Ctrl-C always ends. */
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Runs one service as a process of its own: reports readiness, stops on SIGTERM, on SIGINT, and when the supervisor
 * that forked it is gone (its channel closes), so that no orphan holds a port or a database.
 */
export async function runService(name: string, start: () => Promise<RunningService>): Promise<void> {
  const supervised = process.send !== undefined;
  let service: RunningService | undefined;
  let stopping = false;

  const stop = (exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    const cut = setTimeout(() => {
      console.error(`${name}: did not stop within ${CLOSE_TIMEOUT_MS} ms, leaving`);
      process.exit(1);
    }, CLOSE_TIMEOUT_MS);
    Promise.resolve(service?.close())
      .catch((error: unknown) => console.error(`${name}: error while stopping`, error))
      .finally(() => {
        clearTimeout(cut);
        process.exit(exitCode);
      });
  };

  // Ctrl-C reaches the whole process group; under a supervisor it is the supervisor that says when to stop.
  process.on('SIGINT', () => {
    if (!supervised) stop(0);
  });
  process.on('SIGTERM', () => stop(0));
  process.on('disconnect', () => stop(0));
  process.on('unhandledRejection', (reason) => {
    console.error(`${name}: unhandled rejection`, reason);
    stop(1);
  });
  process.on('uncaughtException', (error) => {
    console.error(`${name}: uncaught exception`, error);
    stop(1);
  });

  try {
    service = await start();
  } catch (error) {
    const message = startupMessage(error);
    console.error(`${name}: ${message}`);
    await tell({ kind: 'startup_failed', name, message });
    process.exit(1);
  }
  if (stopping) return;
  await tell({ kind: 'ready', name, addresses: service.addresses });
  if (!supervised) console.log(`${name}: ready ${JSON.stringify(service.addresses)}`);
}

function tell(message: ServiceMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send(message, undefined, undefined, () => resolve());
  });
}

/** Turns what start-up threw into one line that says what to do. */
export function startupMessage(error: unknown): string {
  if (error instanceof StartupFailure) return error.message;
  const failure = error as NodeJS.ErrnoException & { port?: number };
  if (failure.code === 'EADDRINUSE') {
    return `port ${failure.port} is in use: stop the program that holds it, or choose other ports with --port-base`;
  }
  if (failure.code === 'EACCES') return `no permission: ${failure.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
