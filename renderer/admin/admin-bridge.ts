import { createParser } from 'eventsource-parser';
import type { ScreenBridge } from '../../domain/protocol/screens.ts';
import { readSnapshot } from '../shell/http-bridge.ts';

const RECONNECT_MS = 3_000;
const SNAPSHOTS_PATH = '/api/screens/admin/snapshots';

/**
 * The manager's line to the sync server, which served this page. By fetch, because an EventSource cannot carry a bearer
 * token, and an address must not.
 * @param onRefused the server does not accept the token; nothing more comes then
 */
export function createAdminBridge(token: string, onRefused: () => void): Pick<ScreenBridge, 'subscribe'> {
  return {
    subscribe(_screen, onSnapshot, onLink) {
      const stop = new AbortController();
      const run = async (): Promise<void> => {
        while (!stop.signal.aborted) {
          const outcome = await listen(token, stop.signal, (data) => onSnapshot(readSnapshot(data)), onLink);
          if (stop.signal.aborted) return;
          if (outcome === 'refused') return onRefused();
          onLink('lost');
          await wait(RECONNECT_MS, stop.signal);
        }
      };
      void run();
      return () => stop.abort();
    },
  };
}

/** Reads one connection to its end. */
async function listen(
  token: string,
  signal: AbortSignal,
  onData: (data: string) => void,
  onLink: (link: 'connected') => void,
): Promise<'refused' | 'ended'> {
  try {
    const response = await fetch(SNAPSHOTS_PATH, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      signal,
    });
    if (response.status === 401 || response.status === 403) return 'refused';
    if (!response.ok || response.body === null) return 'ended';
    onLink('connected');
    const parser = createParser({ onEvent: (event) => event.event === 'snapshot' && onData(event.data) });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) parser.feed(part.value);
  } catch (error) {
    if (!signal.aborted) console.warn('the line to the sync server broke', error);
  }
  return 'ended';
}

function wait(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, durationMs);
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer);
      resolve();
    });
  });
}
