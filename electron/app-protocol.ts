import { readFile } from 'node:fs/promises';
import { resolveAsset } from './asset-path.ts';

/**
 * Nothing but the kiosk's own files. `data:` images are the QR code; `connect-src 'self'` reaches no network, since
 * 'self' is the app:// scheme itself.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "media-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** Answers `app://kiosk/…` from the folder of built pages, every answer with the security headers. */
export function createAppProtocol(rootDir: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const asset = resolveAsset(rootDir, request.method, request.url);
    if (!asset.ok) return refusal(asset.status);
    try {
      const body = await readFile(asset.file);
      return new Response(new Uint8Array(body), {
        headers: { ...SECURITY_HEADERS, 'content-type': asset.mediaType },
      });
    } catch (error) {
      if (isMissing(error)) return refusal(404);
      throw error;
    }
  };
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: SECURITY_HEADERS });
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR';
}
