import { extname, isAbsolute, relative, resolve, sep } from 'node:path';
import { isAppUrl, WINDOW_SCREENS } from './app-origin.ts';

/** What the built pages are made of. A file of any other kind is not served: nothing is left to be guessed. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.mp3': 'audio/mpeg',
  '.wav': 'audio/wav',
};

const SCREEN_PATHS: ReadonlySet<string> = new Set(['/', ...WINDOW_SCREENS.map((screen) => `/${screen}`)]);

export type AssetRequest =
  | { readonly ok: true; readonly file: string; readonly mediaType: string }
  | { readonly ok: false; readonly status: 400 | 403 | 404 | 405 };

/**
 * Which file of `rootDir` answers a request to `app://kiosk/…`, decided without touching the disk.
 * The screens' own paths (`/totem`) answer the single page, which reads its screen from the address.
 */
export function resolveAsset(rootDir: string, method: string, address: string): AssetRequest {
  if (method !== 'GET') return { ok: false, status: 405 };
  if (!isAppUrl(address)) return { ok: false, status: 403 };
  const path = decodedPath(new URL(address).pathname);
  if (path === null) return { ok: false, status: 400 };
  const name = SCREEN_PATHS.has(path) ? 'index.html' : path.slice(1);
  // path.resolve() would throw rootDir away if the name still began with a slash.
  const file = resolve(rootDir, name.replace(/^\/+/, ''));
  if (!isInside(rootDir, file)) return { ok: false, status: 403 };
  const mediaType = MEDIA_TYPES[extname(file).toLowerCase()];
  return mediaType === undefined ? { ok: false, status: 404 } : { ok: true, file, mediaType };
}

function decodedPath(pathname: string): string | null {
  try {
    const path = decodeURIComponent(pathname);
    // A backslash is a separator on Windows, a NUL ends a name in C: neither occurs in a built file's name.
    return /[\\\0]/.test(path) ? null : path;
  } catch {
    return null; // a malformed percent sequence
  }
}

/** By path.relative: `startsWith` would take `/dist/renderer-old` for a part of `/dist/renderer`. */
function isInside(rootDir: string, file: string): boolean {
  const way = relative(rootDir, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
