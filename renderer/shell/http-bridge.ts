import { CommandResult, type ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import type { ScreenBridge, ScreenName, SnapshotOf } from '../../domain/protocol/screens.ts';

/** Longer than the engine's own wait for the sync server, so that the engine's answer comes first. */
const COMMAND_TIMEOUT_MS = 20_000;
/** EventSource gives up for good on an HTTP error; then we knock again this often. */
const RECONNECT_MS = 2_000;
/**
 * The host sends a snapshot every 15 s at the latest. A line that a pulled cable or a hung host has cut tells nobody:
 * two and a half of that without one is a lost host, and a panel must not show old calls as if they were new.
 */
const SILENCE_MS = 40_000;

/** The bridge over the kiosk's own HTTP host, for pages without Electron's preload. */
export function createHttpBridge(): ScreenBridge {
  return { execute, subscribe };
}

async function execute(command: ScreenCommand): Promise<CommandResult> {
  try {
    const response = await fetch('/api/commands', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(command),
      signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS),
    });
    const result = CommandResult.safeParse(await response.json());
    return result.success ? result.data : { ok: false, code: 'internal_error' };
  } catch (error) {
    console.warn(`command ${command.kind} was not answered`, error);
    return { ok: false, code: 'server_unreachable' };
  }
}

function subscribe<S extends ScreenName>(
  screen: S,
  onSnapshot: (snapshot: SnapshotOf<S>) => void,
  onLink: (link: 'connected' | 'lost') => void,
): () => void {
  let source: EventSource | undefined;
  let retry: number | undefined;
  let silence: number | undefined;
  const connect = (): void => {
    source = new EventSource(`/api/screens/${screen}/snapshots`);
    source.addEventListener('open', () => onLink('connected'));
    source.addEventListener('snapshot', (event) => {
      watch();
      onSnapshot(readSnapshot(event.data));
    });
    source.addEventListener('error', () => {
      onLink('lost');
      if (source?.readyState === EventSource.CLOSED) retry = window.setTimeout(reconnect, RECONNECT_MS);
    });
    watch();
  };
  const close = (): void => {
    window.clearTimeout(retry);
    window.clearTimeout(silence);
    source?.close();
  };
  const reconnect = (): void => {
    close();
    connect();
  };
  const watch = (): void => {
    window.clearTimeout(silence);
    silence = window.setTimeout(() => {
      onLink('lost');
      reconnect();
    }, SILENCE_MS);
  };
  connect();
  return close;
}

/**
 * The text as the snapshot that it claims to be. Whoever receives it checks it against its schema (screen-store.ts
 * does, for every transport alike), so text that is not JSON may pass as `undefined` and is refused there.
 */
export function readSnapshot<S extends ScreenName>(data: string): SnapshotOf<S> {
  try {
    return JSON.parse(data);
  } catch {
    return undefined as unknown as SnapshotOf<S>;
  }
}
