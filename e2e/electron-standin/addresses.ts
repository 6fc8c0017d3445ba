/**
 * Chromium itself knows no custom scheme. A document of app://kiosk/totem lives at
 * https://kiosk.app.electron-standin.invalid/totem, and all of its requests are answered by the app's own handler.
 */
const ALIAS_HOST = 'electron-standin.invalid';

export const schemes = new Map<string, object>();

export function toBrowserUrl(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url);
  const [, scheme = '', host = '', rest = ''] = match ?? [];
  return schemes.has(scheme) ? `https://${host || '_'}.${scheme}.${ALIAS_HOST}${rest || '/'}` : url;
}

export function fromBrowserUrl(url: string): string {
  const match = /^https:\/\/([^/?#]*)\.([a-z0-9+-]+)\.electron-standin\.invalid(?::\d+)?(.*)$/i.exec(url);
  if (match === null) return url;
  const [, host, scheme, rest] = match;
  return `${scheme}://${host === '_' ? '' : host}${rest}`;
}

export function isAliasHost(hostname: string): boolean {
  return hostname.endsWith(`.${ALIAS_HOST}`);
}
