import type { ServerResponse } from 'node:http';
import type { Clock } from '../../domain/clock.ts';
import type { Kiosk } from '../kiosk.ts';
import type { KioskScreen } from '../snapshots.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Proxies and browsers drop a line that is silent for a minute; a page tells a dead host within two of these. */
const HEARTBEAT_MS = 10_000;

/**
 * Writes a screen's snapshots as server-sent events until the reader goes away. A reader that is slower than the
 * changes gets the newest snapshot when it is ready again, not all those between.
 * @returns ends the stream
 */
export function streamSnapshots(
  kiosk: Kiosk,
  clock: Clock,
  screen: KioskScreen,
  response: ServerResponse,
): () => void {
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    // nginx would gather snapshots otherwise.
    'x-accel-buffering': 'no',
  });

  let ready = true;
  let waiting: string | null = null;
  const send = (text: string): void => {
    if (ready) ready = response.write(text);
    else waiting = text;
  };
  response.on('drain', () => {
    ready = true;
    const next = waiting;
    waiting = null;
    if (next !== null) send(next);
  });

  const unsubscribe = kiosk.subscribe(screen, (snapshot) => {
    send(`event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`);
  });
  let cancelBeat = beat();
  function beat(): () => void {
    return clock.schedule(HEARTBEAT_MS, () => {
      // A line that still owes us its last snapshot needs no sign of life.
      if (ready) send(': alive\n\n');
      cancelBeat = beat();
    });
  }

  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    unsubscribe();
    cancelBeat();
    response.end();
  };
  response.on('close', end);
  response.on('error', end);
  return end;
}
