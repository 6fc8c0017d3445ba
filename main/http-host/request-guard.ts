import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * Whether a request comes from a page or program that may talk to this host.
 * - `Host` must be an address or "localhost": a web page that points its own name at us (DNS rebinding) carries a name.
 * - `Origin`, which a browser sends with every POST, must be this host itself: no other site's page may command us.
 */
export function isTrustedRequest(headers: IncomingHttpHeaders): boolean {
  const { host, origin } = headers;
  if (host === undefined || !isAddressOrLocalhost(host)) return false;
  return origin === undefined || origin === `http://${host}`;
}

function isAddressOrLocalhost(host: string): boolean {
  const parsed = URL.parse(`http://${host}`);
  if (parsed === null || parsed.host === '') return false;
  const name = parsed.hostname.replace(/^\[|\]$/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}
