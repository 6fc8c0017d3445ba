import type { CdpConnection } from './cdp.ts';

const [width = 1920, height = 1080] = (process.env['STANDIN_SCREEN'] ?? '1920x1080').split('x').map(Number);
/** In pixels; a headless browser has no screen of its own. */
export const screenSize = { width, height };

let connection: CdpConnection | undefined;

export function setConnection(value: CdpConnection): void {
  connection = value;
}

export function browserConnection(): CdpConnection {
  if (connection === undefined) throw new Error('electron stand-in: the browser has not started');
  return connection;
}
